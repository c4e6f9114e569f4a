import type { JSX } from "solid-js"
import "./goes.css"

/** What an act that cannot be taken back takes with it, and what it leaves. */
export function Goes(props: { goes: JSX.Element; remains: JSX.Element }): JSX.Element {
  return (
    <dl class="goes">
      <dt>What goes</dt>
      <dd>{props.goes}</dd>
      <dt>What remains</dt>
      <dd>{props.remains}</dd>
    </dl>
  )
}
