import { type JSX, Show } from "solid-js"
import "./card.css"

interface CardProps {
  /** A heading of level 2; without one the card is only a frame. */
  title?: JSX.Element | undefined
  /** At the head's end: a badge, a small button. */
  aside?: JSX.Element | undefined
  /** The content reaches the edges: for tables, lists and logs. */
  flush?: boolean | undefined
  children: JSX.Element
}

export function Card(props: CardProps): JSX.Element {
  return (
    <section class="card" data-flush={props.flush ? "" : undefined}>
      <Show when={props.title || props.aside}>
        <header class="card-head">
          <h2>{props.title}</h2>
          <Show when={props.aside}>
            <div class="row">{props.aside}</div>
          </Show>
        </header>
      </Show>
      <div class="card-body">{props.children}</div>
    </section>
  )
}
