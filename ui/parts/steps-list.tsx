import { For, type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import CircleCheck from "lucide-solid/icons/circle-check"
import CircleDashed from "lucide-solid/icons/circle-dashed"
import CircleSlash from "lucide-solid/icons/circle-slash"
import CircleX from "lucide-solid/icons/circle-x"
import LoaderCircle from "lucide-solid/icons/loader-circle"
import type { Look } from "./status-badge.tsx"
import { Duration } from "./duration.tsx"
import "./steps-list.css"

/** One step of a job or a deployment, as people read it. */
export interface Step {
  word: string
  state: "pending" | "running" | "done" | "failed" | "stopped"
  startedAt: string | null
  endedAt: string | null
  message?: string | undefined
}
const LOOKS = {
  pending: { word: "not started", tone: "quiet", icon: CircleDashed },
  running: { word: "running", tone: "busy", icon: LoaderCircle, turning: true },
  done: { word: "done", tone: "good", icon: CircleCheck },
  failed: { word: "failed", tone: "bad", icon: CircleX },
  stopped: { word: "stopped", tone: "quiet", icon: CircleSlash },
} as const satisfies Record<Step["state"], Look>

export function StepsList(props: { steps: readonly Step[]; label: string }): JSX.Element {
  return (
    <ol class="steps" aria-label={props.label}>
      <For each={props.steps}>
        {(step) => (
          <li
            class="step"
            data-state={step.state}
            data-tone={LOOKS[step.state].tone}
            aria-current={step.state === "running" ? "step" : undefined}
          >
            <Dynamic
              component={LOOKS[step.state].icon}
              size={16}
              aria-hidden="true"
              data-turning={step.state === "running" ? "" : undefined}
            />
            <span class="step-word">
              {step.word}
              <span class="visually-hidden">: {LOOKS[step.state].word}</span>
              <Show when={step.message}>
                <span class="step-message">{step.message}</span>
              </Show>
            </span>
            <span class="step-time">
              <Duration from={step.startedAt} to={step.state === "running" ? null : step.endedAt} />
            </span>
          </li>
        )}
      </For>
    </ol>
  )
}
