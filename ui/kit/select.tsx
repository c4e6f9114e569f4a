import { For, type JSX } from "solid-js"
import { Field, type FieldProps } from "./field.tsx"

export interface Option<V extends string = string> {
  value: V
  label: string
  disabled?: boolean | undefined
}
type SelectProps<V extends string> = FieldProps & {
  value: V
  options: readonly Option<V>[]
  onChange: (value: V) => void
  required?: boolean | undefined
}

/** The browser's own list: it is right on every device and for every reader. */
export function Select<V extends string>(props: SelectProps<V>): JSX.Element {
  const choose = (value: string) => {
    const chosen = props.options.find((option) => option.value === value)
    if (chosen) props.onChange(chosen.value)
  }
  return (
    <Field label={props.label} hint={props.hint} error={props.error} optional={props.optional} labelHidden={props.labelHidden}>
      {(control) => (
        <select class="input" {...control} required={props.required} onChange={(event) => choose(event.currentTarget.value)}>
          <For each={props.options}>
            {(option) => (
              <option value={option.value} disabled={option.disabled} selected={option.value === props.value}>
                {option.label}
              </option>
            )}
          </For>
        </select>
      )}
    </Field>
  )
}
