import { useQuery } from "../../api/use-query.ts"
import { For, type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import CircleAlert from "lucide-solid/icons/circle-alert"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleQuestionMark from "lucide-solid/icons/circle-question-mark"
import CircleX from "lucide-solid/icons/circle-x"
import TriangleAlert from "lucide-solid/icons/triangle-alert"
import type { ReadinessCheck } from "#contract/projects.ts"
import { readinessQuery } from "../../api/queries.ts"
import { Card } from "../../kit/card.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { dataOf, Loaded } from "../../parts/loaded.tsx"
import { type Look, LookBadge } from "../../parts/status-badge.tsx"
import "./readiness-card.css"

const LOOKS = {
  ready: { word: "Ready", tone: "good", icon: CircleCheck },
  warning: { word: "Nearly spent", tone: "waiting", icon: TriangleAlert },
  missing: { word: "Missing", tone: "bad", icon: CircleX },
  invalid: { word: "Wrong", tone: "bad", icon: CircleAlert },
  unknown: { word: "Not known", tone: "waiting", icon: CircleQuestionMark },
} as const satisfies Record<ReadinessCheck["state"], Look>
const WORDS = {
  repository: "Repository",
  "scm-credential": "SCM credential",
  clanker: "Clanker",
  "agent-secrets": "Agent’s secrets",
  budget: "Budget of this month",
} as const satisfies Record<ReadinessCheck["name"], string>

/** What a run still lacks, each with what to do. */
export function ReadinessCard(props: { projectId: string }): JSX.Element {
  const readiness = useQuery(() => readinessQuery(props.projectId))
  const verdict = (): Look | null => {
    const known = dataOf(readiness)
    if (!known) return null
    if (!known.ready) return { word: "Not ready to run", tone: "bad", icon: CircleX }
    return known.checks.some(({ state }) => state === "invalid" || state === "missing")
      ? { word: "Runs would likely fail", tone: "waiting", icon: CircleQuestionMark }
      : { word: "Ready to run", tone: "good", icon: CircleCheck }
  }
  return (
    <Card title="Readiness" aside={<Verdict look={verdict()} />}>
      <Loaded query={readiness} skeleton={<Skeleton lines={2} />}>
        {(known) => (
          <ul class="checks">
            <For each={known().checks}>{(check) => <Check check={check} />}</For>
          </ul>
        )}
      </Loaded>
    </Card>
  )
}

const Verdict = (props: { look: Look | null }): JSX.Element => <Show when={props.look}>{(look) => <LookBadge look={look()} />}</Show>

function Check(props: { check: ReadinessCheck }): JSX.Element {
  const look = () => LOOKS[props.check.state]
  return (
    <li class="check-row" data-tone={look().tone}>
      <Dynamic component={look().icon} size={18} aria-hidden="true" />
      <div>
        <strong>{WORDS[props.check.name]}</strong> <span class="small check-word">{look().word}</span>
        <p class="small soft">{props.check.action}</p>
      </div>
    </li>
  )
}
