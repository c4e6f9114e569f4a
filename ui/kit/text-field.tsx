import { type JSX, splitProps } from "solid-js"
import { Field, type FieldProps } from "./field.tsx"

type Native = Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "onInput" | "onChange" | "value" | "type" | "id">
type TextFieldProps = FieldProps &
  Native & {
    value: string
    onInput: (value: string) => void
    type?: "text" | "email" | "password" | "search" | "url" | "number" | "date" | "datetime-local" | undefined
    /** Set in the code typeface: names of secrets, URLs, paths. */
    code?: boolean | undefined
  }

export function TextField(props: TextFieldProps): JSX.Element {
  const [field, own, native] = splitProps(
    props,
    ["label", "hint", "error", "optional", "labelHidden"],
    ["value", "onInput", "type", "code"],
  )
  return (
    <Field {...field}>
      {(control) => (
        <input
          class="input"
          {...native}
          {...control}
          type={own.type ?? "text"}
          data-code={own.code ? "" : undefined}
          value={own.value}
          onInput={(event) => own.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
