import { createUniqueId, type JSX, Show } from "solid-js"
import "./field.css"

/** What every field must say and may say. A field without a label does not build. */
export interface FieldProps {
  label: string
  hint?: JSX.Element | undefined
  /** What is wrong with the value, as a sentence or the end of one ("must not be empty"). */
  error?: string | null | undefined
  optional?: boolean | undefined
  /** The label is read aloud but not shown: for a search box with an icon, a filter in a bar. */
  labelHidden?: boolean | undefined
}
export interface ControlProps {
  id: string
  "aria-describedby": string | undefined
  "aria-invalid": true | undefined
}

/** The label, the hint and the error of one control, tied to it. */
export function Field(props: FieldProps & { children: (control: ControlProps) => JSX.Element }): JSX.Element {
  const id = createUniqueId()
  const noteId = `${id}-note`
  const control: ControlProps = {
    id,
    get "aria-describedby"() {
      return props.error || props.hint ? noteId : undefined
    },
    get "aria-invalid"() {
      return props.error ? true : undefined
    },
  }
  return (
    <div class="field" data-state={props.error ? "invalid" : undefined}>
      <label for={id} classList={{ "visually-hidden": props.labelHidden === true }}>
        {props.label}
        <Show when={props.optional}>
          <span class="field-optional"> optional</span>
        </Show>
      </label>
      {props.children(control)}
      <Show
        when={props.error}
        fallback={
          <Show when={props.hint}>
            {
              <div id={noteId} class="field-hint">
                {props.hint}
              </div>
            }
          </Show>
        }
      >
        <div id={noteId} class="field-error">
          {asSentence(props.label, props.error ?? "")}
        </div>
      </Show>
    </div>
  )
}

/** The server says "must not be empty"; a person reads "Title must not be empty". */
const asSentence = (label: string, error: string): string => (/^[a-z]/.test(error) ? `${label} ${error}` : error)
