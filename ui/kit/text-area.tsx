import { type JSX, splitProps } from "solid-js"
import { Field, type FieldProps } from "./field.tsx"

type Native = Omit<JSX.TextareaHTMLAttributes<HTMLTextAreaElement>, "onInput" | "onChange" | "value" | "id">
type TextAreaProps = FieldProps & Native & { value: string; onInput: (value: string) => void; code?: boolean | undefined }

export function TextArea(props: TextAreaProps): JSX.Element {
  const [field, own, native] = splitProps(props, ["label", "hint", "error", "optional", "labelHidden"], ["value", "onInput", "code"])
  return (
    <Field {...field}>
      {(control) => (
        <textarea
          class="input"
          rows={6}
          {...native}
          {...control}
          data-code={own.code ? "" : undefined}
          value={own.value}
          onInput={(event) => own.onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  )
}
