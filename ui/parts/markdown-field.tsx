import { createSignal, type JSX, Show, splitProps } from "solid-js"
import { typeInto } from "../kit/caret.ts"
import { Segmented } from "../kit/segmented.tsx"
import { filesOf } from "../kit/take-files.ts"
import { TextArea } from "../kit/text-area.tsx"
import { Markdown } from "./markdown.tsx"
import "./markdown-field.css"

type MarkdownFieldProps = Parameters<typeof TextArea>[0] & {
  /** Takes files that are pasted or dropped into the text; answers what to write where they came in. */
  onFiles?: ((files: File[]) => readonly string[]) | undefined
  /** Addresses of what the text may show by its name. */
  files?: ReadonlyMap<string, string> | undefined
}

/** A text area for Markdown with a look at how it will read. */
export function MarkdownField(props: MarkdownFieldProps): JSX.Element {
  const [view, setView] = createSignal<"write" | "preview">("write")
  const [field] = splitProps(props, ["label", "hint", "error", "optional", "rows", "value", "onInput", "code", "required"])
  const take = (event: ClipboardEvent | DragEvent, data: DataTransfer | null) => {
    const files = filesOf(data)
    if (!props.onFiles || files.length === 0) return
    event.preventDefault()
    const said = props.onFiles(files)
    if (said.length > 0 && event.target instanceof HTMLTextAreaElement) typeInto(event.target, `${said.join("\n")}\n`)
  }
  return (
    <div class="markdown-field">
      <Show when={view() === "write"} fallback={<Preview label={props.label} text={props.value} files={props.files} />}>
        <TextArea {...field} onPaste={(event) => take(event, event.clipboardData)} onDrop={(event) => take(event, event.dataTransfer)} />
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

function Preview(props: { label: string; text: string; files: ReadonlyMap<string, string> | undefined }): JSX.Element {
  return (
    <div class="field">
      <span class="fields-legend">{props.label}</span>
      <div class="markdown-preview">
        <Show when={props.text.trim()} fallback={<p class="faint">Nothing to preview yet.</p>}>
          <Markdown text={props.text} files={props.files} />
        </Show>
      </div>
    </div>
  )
}
