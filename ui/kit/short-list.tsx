import { For, type JSX } from "solid-js"
import "./short-list.css"

/** A few things under each other: names in a card, users of something. */
export function ShortList<T>(props: { items: readonly T[]; children: (item: T) => JSX.Element }): JSX.Element {
  return (
    <ul class="short-list">
      <For each={props.items}>{(item) => <li>{props.children(item)}</li>}</For>
    </ul>
  )
}
