import { createSignal, type JSX, Show, splitProps } from "solid-js"
import { Segmented } from "../kit/segmented.tsx"
import { TextArea } from "../kit/text-area.tsx"
import { Markdown } from "./markdown.tsx"
import "./markdown-field.css"

type MarkdownFieldProps = Parameters<typeof TextArea>[0]

/** A text area for Markdown with a look at how it will read. */
export function MarkdownField(props: MarkdownFieldProps): JSX.Element {
  const [view, setView] = createSignal<"write" | "preview">("write")
  const [field] = splitProps(props, ["label", "hint", "error", "optional", "rows", "value", "onInput", "code", "required"])
  return (
    <div class="markdown-field">
      <Show when={view() === "write"} fallback={<Preview label={props.label} text={props.value} />}>
        <TextArea {...field} />
      </Show>
      <div class="markdown-field-view">
        <Segmented
          label={`${props.label}: write or preview`}
          options={[
            { value: "write", label: "Write" },
            { value: "preview", label: "Preview" },
          ]}
          value={view()}
          onChange={setView}
        />
      </div>
    </div>
  )
}

function Preview(props: { label: string; text: string }): JSX.Element {
  return (
    <div class="field">
      <span class="fields-legend">{props.label}</span>
      <div class="markdown-preview">
        <Show when={props.text.trim()} fallback={<p class="faint">Nothing to preview yet.</p>}>
          <Markdown text={props.text} />
        </Show>
      </div>
    </div>
  )
}
