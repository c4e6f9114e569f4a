import { type JSX, Show } from "solid-js"
import type { Project } from "#contract/projects.ts"
import type { Phase } from "#contract/tickets.ts"
import { Checkbox } from "../../kit/checkbox.tsx"
import { Notice } from "../../kit/notice.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"

interface StartNowProps {
  phase: Phase
  byItself: boolean
  withFiles: boolean
  checked: boolean
  onChange: (checked: boolean) => void
}

export function StartNow(props: StartNowProps): JSX.Element {
  const phase = () => PHASE_WORDS[props.phase]
  return (
    <Show
      when={props.byItself}
      fallback={<Checkbox label={`Start ${phase().toLowerCase()} right away`} checked={props.checked} onChange={props.onChange} />}
    >
      <Notice tone={props.withFiles ? "waiting" : "quiet"}>
        This project starts {phase().toLowerCase()} by itself as soon as the ticket is filed.
        {props.withFiles ? " The files come a moment later: that first run does not have them." : ""}
      </Notice>
    </Show>
  )
}

/** The same rule as the server's: all new tickets, or those with one of some labels. */
export function startsByItself(project: Project | undefined, labels: readonly string[]): boolean {
  if (!project) return false
  const own = labels.map((label) => label.toLowerCase())
  return project.autoStart.onCreate || project.autoStart.labels.some((label) => own.includes(label.toLowerCase()))
}
