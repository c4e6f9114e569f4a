import { createUniqueId, For, type JSX } from "solid-js"
import "./segmented.css"

/** One of few, all visible: radio buttons side by side. */
export function Segmented<V extends string>(props: {
  label: string
  options: readonly { value: V; label: string }[]
  value: V
  onChange: (value: V) => void
}): JSX.Element {
  const name = createUniqueId()
  return (
    <fieldset class="segmented">
      <legend class="visually-hidden">{props.label}</legend>
      <For each={props.options}>
        {(option) => (
          <label>
            <input
              type="radio"
              class="visually-hidden"
              name={name}
              checked={option.value === props.value}
              onChange={() => props.onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        )}
      </For>
    </fieldset>
  )
}
