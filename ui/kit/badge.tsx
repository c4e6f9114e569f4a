import { type JSX, Show } from "solid-js"
import { Dynamic } from "solid-js/web"
import type { Icon } from "./icon.ts"
import "./badge.css"

export type Tone = "quiet" | "busy" | "waiting" | "good" | "bad" | "merged"

/** A state in a word, with its colour and its icon. `turning` for what is at work right now. */
export function Badge(props: {
  tone: Tone
  icon?: Icon | undefined
  turning?: boolean | undefined
  plain?: boolean | undefined
  children: JSX.Element
}): JSX.Element {
  return (
    <span class="badge" data-tone={props.tone} data-plain={props.plain ? "" : undefined}>
      <Show when={props.icon}>
        {(icon) => <Dynamic component={icon()} size={14} aria-hidden="true" data-turning={props.turning ? "" : undefined} />}
      </Show>
      {props.children}
    </span>
  )
}
