import { createSignal, type JSX, Show } from "solid-js"
import type { DocumentPhase, PhaseDocument } from "#contract/tickets.ts"
import { writeDocument } from "../api/actions.ts"
import { Button } from "../kit/button.tsx"
import { Notice } from "../kit/notice.tsx"
import { MarkdownField } from "./markdown-field.tsx"
import { createSubmit } from "./submit.ts"

interface DocumentEditorProps {
  ticketId: string
  phase: DocumentPhase
  document: PhaseDocument
  onDone: () => void
}

/** Writes the next revision by hand. Refused when somebody else was faster: the text stays here. */
export function DocumentEditor(props: DocumentEditorProps): JSX.Element {
  const base = { revision: props.document.revision, content: props.document.content }
  const [content, setContent] = createSignal(base.content)
  const submit = createSubmit(
    () => writeDocument({ ticketId: props.ticketId, phase: props.phase }, { content: content(), baseRevision: base.revision }),
    ["content"],
  )
  const save = async () => {
    if (await submit.run()) props.onDone()
  }
  return (
    <div class="document-editor">
      <MarkdownField label="Document" code rows={20} value={content()} onInput={setContent} error={submit.fieldError("content")} />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <Show when={props.document.approvedRevision}>
        <Notice tone="waiting">The approval is bound to revision {props.document.approvedRevision}: what you save is a draft again.</Notice>
      </Show>
      <div class="row">
        <Button
          kind="primary"
          busy={submit.busy()}
          disabledReason={content() === base.content ? "Nothing is changed yet." : null}
          onClick={() => void save()}
        >
          Save revision {base.revision + 1}
        </Button>
        <Button onClick={props.onDone}>Discard</Button>
      </div>
    </div>
  )
}
