import { createMemo, createResource, type JSX, Show } from "solid-js"
import "./markdown.css"

const load = () => import("./markdown-html.ts")

interface MarkdownProps {
  text: string
  /** For what people type, where a new line means one. */
  breaks?: boolean | undefined
  /** Addresses of files that the text may show or link by their names. */
  files?: ReadonlyMap<string, string> | undefined
}

/** Markdown as it reads. Until its reader is loaded, and if it cannot be, the text as it is. */
export function Markdown(props: MarkdownProps): JSX.Element {
  const [reader] = createResource(load)
  const html = createMemo(() =>
    reader.state === "ready" ? reader().toHtml(props.text, { breaks: props.breaks ?? false, files: props.files }) : null,
  )
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
