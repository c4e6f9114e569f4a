import { createUniqueId, type JSX, Show } from "solid-js"
import "./field.css"

interface CheckboxProps {
  label: JSX.Element
  checked: boolean
  onChange: (checked: boolean) => void
  hint?: JSX.Element | undefined
  disabled?: boolean | undefined
}

export function Checkbox(props: CheckboxProps): JSX.Element {
  const id = createUniqueId()
  return (
    <div class="field check">
      <input
        id={id}
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      <Show when={props.hint}>
        <div id={`${id}-hint`} class="field-hint">
          {props.hint}
        </div>
      </Show>
    </div>
  )
}
