import { type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import type { Icon } from "./icon.ts"
import "./empty.css"

/** Nothing here yet: what it would be, and the next step to get there. */
export function Empty(props: { icon: Icon; title: string; children: JSX.Element; action?: JSX.Element | undefined }): JSX.Element {
  return (
    <div class="empty">
      <Dynamic component={props.icon} size={28} aria-hidden="true" />
      <h2>{props.title}</h2>
      <div class="soft">{props.children}</div>
      <Show when={props.action}>
        <div class="row">{props.action}</div>
      </Show>
    </div>
  )
}
