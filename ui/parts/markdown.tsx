import { createMemo, createResource, type JSX, Show } from "solid-js"
import "./markdown.css"

const load = () => import("./markdown-html.ts")

/**
 * Markdown as it reads; `breaks` for what people type, where a new line means one. Until its reader is loaded, and if it cannot be, the text as it is.
 */
export function Markdown(props: { text: string; breaks?: boolean | undefined }): JSX.Element {
  const [reader] = createResource(load)
  const html = createMemo(() => (reader.state === "ready" ? reader().toHtml(props.text, { breaks: props.breaks ?? false }) : null))
  return (
    <Show
      when={html()}
      fallback={
        <div class="markdown" data-plain>
          {props.text}
        </div>
      }
    >
      {(clean) => <div class="markdown" innerHTML={clean()} />}
    </Show>
  )
}
