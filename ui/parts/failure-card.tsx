import { type JSX, Show } from "solid-js"
import type { Job } from "#contract/jobs.ts"
import { Code } from "../kit/code.tsx"
import { Notice } from "../kit/notice.tsx"
import { STEP_WORDS } from "./words.ts"

type Shown = NonNullable<Job["failure"]>

/** Why a job failed: one sentence, the next step, the cause in the program's own words, its last lines, and the way on. */
export function FailureCard(props: { failure: Shown; action?: JSX.Element | undefined; brief?: boolean | undefined }): JSX.Element {
  const detail = () => (typeof props.failure["detail"] === "string" ? props.failure["detail"] : null)
  return (
    <Notice tone="bad" title={props.failure.message} action={props.action}>
      <p>{props.failure.advice}</p>
      <Show when={props.failure.step}>{(step) => <p class="small soft">It failed at the step “{STEP_WORDS[step()]}”.</p>}</Show>
      <Show when={!props.brief && detail()}>{(text) => <Code text={text()} label="Cause" wrap />}</Show>
      <Show when={!props.brief && props.failure.lastLines.length > 0}>
        <details>
          <summary class="small">Last {props.failure.lastLines.length} lines</summary>
          <Code text={props.failure.lastLines.join("\n")} label="Last lines" copy wrap />
        </details>
      </Show>
    </Notice>
  )
}
