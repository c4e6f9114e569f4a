import { type JSX, Show } from "solid-js"
import { CopyButton } from "./copy.tsx"
import "./code.css"

/** A block of code or output, as it is. Reachable by keyboard, because it may scroll. */
export function Code(props: {
  text: string
  label: string
  copy?: boolean | undefined
  wrap?: boolean | undefined
  tall?: boolean | undefined
}): JSX.Element {
  return (
    <div class="code" data-wrap={props.wrap ? "" : undefined} data-tall={props.tall ? "" : undefined}>
      <pre tabindex="0" role="region" aria-label={props.label}>
        {props.text}
      </pre>
      <Show when={props.copy}>
        <CopyButton text={props.text} what={props.label.toLowerCase()} />
      </Show>
    </div>
  )
}
