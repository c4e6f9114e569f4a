import { For, type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import type { ClawSchedule } from "#contract/claws.ts"
import { now, relativeTime } from "../../parts/time.ts"
import { EXECUTION_LOOKS } from "./looks.tsx"

/** The newest runs, the newest at the end: a mark for each, and the same in words for who does not see it. */
export function HistoryStrip(props: { schedule: Pick<ClawSchedule, "name" | "recent"> }): JSX.Element {
  return (
    <Show when={props.schedule.recent.length > 0} fallback={<span class="small faint">No run yet</span>}>
      <ol class="strip" aria-label={`Newest runs of ${props.schedule.name}`}>
        <For each={props.schedule.recent.toReversed()}>{(run) => <Mark run={run} />}</For>
      </ol>
    </Show>
  )
}

function Mark(props: { run: ClawSchedule["recent"][number] }): JSX.Element {
  const look = () => EXECUTION_LOOKS[props.run.status]
  const words = () => `${look().word} ${relativeTime(props.run.dueAt, now())}${props.run.reason ? `: ${props.run.reason}` : ""}`
  return (
    <li class="strip-mark" data-tone={look().tone} title={words()}>
      <Dynamic component={look().icon} size={14} aria-hidden="true" data-turning={"turning" in look() ? "" : undefined} />
      <span class="visually-hidden">{words()}</span>
    </li>
  )
}
