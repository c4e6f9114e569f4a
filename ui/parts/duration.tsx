import { type JSX, Show } from "solid-js"
import { durationOf, now } from "./time.ts"

/** How long something took; ticks while it has no end. Nothing for what has not begun. */
export function Duration(props: { from: string | null; to: string | null }): JSX.Element {
  return (
    <Show when={props.from}>
      {(from) => (
        <span class="numbers" data-ticking={props.to ? undefined : ""}>
          {durationOf((props.to ? Date.parse(props.to) : roundDown(now(), from())) - Date.parse(from()))}
        </span>
      )}
    </Show>
  )
}

/** Whole seconds while it ticks: a digit that changes with every redraw would flicker. */
const roundDown = (at: number, from: string) => Date.parse(from) + Math.max(0, Math.floor((at - Date.parse(from)) / 1000) * 1000)
