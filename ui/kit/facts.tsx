import { For, type JSX } from "solid-js"
import "./facts.css"

export interface Fact {
  term: string
  value: JSX.Element
}

/** Names and values under each other. Leave out what is not known. */
export function Facts(props: { facts: readonly Fact[] }): JSX.Element {
  return (
    <dl class="facts">
      <For each={props.facts}>
        {(fact) => (
          <div>
            <dt>{fact.term}</dt>
            <dd>{fact.value}</dd>
          </div>
        )}
      </For>
    </dl>
  )
}
