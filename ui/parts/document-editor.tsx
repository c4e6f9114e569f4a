import { createSignal, type JSX, lazy, Show, Suspense } from "solid-js"
import type { DocumentPhase, PhaseDocument } from "#contract/tickets.ts"
import { touch, writeDocument } from "../api/actions.ts"
import { ApiError } from "../api/client.ts"
import { documentQuery } from "../api/queries.ts"
import { Button } from "../kit/button.tsx"
import { CopyButton } from "../kit/copy.tsx"
import { Notice } from "../kit/notice.tsx"
import { Skeleton } from "../kit/skeleton.tsx"
import { MarkdownField } from "./markdown-field.tsx"
import { createSubmit } from "./submit.ts"

const DiffView = lazy(async () => ({ default: (await import("./diff-view.tsx")).DiffView }))

interface DocumentEditorProps {
  ticketId: string
  phase: DocumentPhase
  document: PhaseDocument
  onDone: () => void
}

/** Writes the next revision by hand. When somebody else was faster both texts are shown, and the person decides. */
export default function DocumentEditor(props: DocumentEditorProps): JSX.Element {
  const base = { revision: props.document.revision, content: props.document.content }
  const [content, setContent] = createSignal(base.content)
  const moved = () => props.document.revision !== base.revision
  const submit = createSubmit(
    async (baseRevision: number) => {
      const place = { ticketId: props.ticketId, phase: props.phase }
      await writeDocument(place, { content: content(), baseRevision }).catch(async (error: unknown) => {
        if (error instanceof ApiError && error.code === "document.stale") await touch(documentQuery(props.ticketId, props.phase).queryKey)
        throw error
      })
    },
    ["content"],
  )
  const save = async (onTopOf: number) => {
    if (await submit.run(onTopOf)) props.onDone()
  }
  return (
    <div class="document-editor">
      <MarkdownField label="Document" code rows={20} value={content()} onInput={setContent} error={submit.fieldError("content")} />
      <Show when={submit.problem() && !moved()}>
        <Notice tone="bad">{submit.problem()}</Notice>
      </Show>
      <Show when={props.document.approvedRevision === props.document.revision}>
        <Notice tone="waiting">The approval is bound to revision {props.document.approvedRevision}: what you save is a draft again.</Notice>
      </Show>
      <Show
        when={moved()}
        fallback={
          <div class="row">
            <Button
              kind="primary"
              busy={submit.busy()}
              disabledReason={content() === base.content ? "Nothing is changed yet." : null}
              onClick={() => void save(base.revision)}
            >
              Save revision {base.revision + 1}
            </Button>
            <Button onClick={props.onDone}>Discard</Button>
          </div>
        }
      >
        <Notice tone="waiting" title={`Revision ${props.document.revision} came while you were writing`}>
          <p>
            You began with revision {base.revision}. Your text is still above, and nothing of it was saved. Below is what it would change in
            revision {props.document.revision}: take over what should stay, then save.
          </p>
        </Notice>
        <Suspense fallback={<Skeleton />}>
          <DiffView label={`Revision ${props.document.revision} against your text`} before={props.document.content} after={content()} />
        </Suspense>
        <div class="row">
          <Button kind="primary" busy={submit.busy()} onClick={() => void save(props.document.revision)}>
            Save mine as revision {props.document.revision + 1}
          </Button>
          <CopyButton text={content()} what="your text" />
          <Button onClick={props.onDone}>Discard mine</Button>
        </div>
      </Show>
    </div>
  )
}
