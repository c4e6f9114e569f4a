import { For, type JSX } from "solid-js"
import "./skeleton.css"

/** Grey lines where text will be, so that nothing jumps. Shown late: a quick answer shows none at all. */
export function Skeleton(props: { lines?: number | undefined; label?: string | undefined }): JSX.Element {
  return (
    <div class="skeleton" role="status" aria-label={props.label ?? "Loading"}>
      <For each={Array.from({ length: props.lines ?? 3 })}>{() => <span />}</For>
    </div>
  )
}
