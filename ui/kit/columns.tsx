import type { JSX } from "solid-js"
import "./columns.css"

/** A page's matter and what belongs to it beside; under each other where there is no room. */
export function Columns(props: { aside: JSX.Element; children: JSX.Element }): JSX.Element {
  return (
    <div class="columns">
      <div class="stack">{props.children}</div>
      <div class="stack">{props.aside}</div>
    </div>
  )
}
