import { type JSX, onMount, Show } from "solid-js"
import { COMMENT_LIMITS } from "#contract/tickets.ts"
import { addComment, type DocumentPlace } from "../api/comments.ts"
import { Button } from "../kit/button.tsx"
import { Notice } from "../kit/notice.tsx"
import { TextArea } from "../kit/text-area.tsx"
import type { CommentDraft } from "./document-lines.tsx"
import { createSubmit } from "./submit.ts"

interface CommentFormProps {
  place: DocumentPlace
  draft: CommentDraft
  onBody: (body: string) => void
  onDone: () => void
}

/** The words on one line. What was refused stays here, with the reason. */
export function CommentForm(props: CommentFormProps): JSX.Element {
  let form: HTMLFormElement | undefined
  const submit = createSubmit(async () => {
    const { revision, line, body } = props.draft
    await addComment(props.place, { revision, line, body: body.trim() })
  }, ["body"])
  const send = async (event: Event) => {
    event.preventDefault()
    if (props.draft.body.trim() !== "" && (await submit.run())) props.onDone()
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form?.requestSubmit()
    if (event.key === "Escape" && props.draft.body.trim() === "") props.onDone()
  }
  onMount(() => form?.querySelector("textarea")?.focus())
  return (
    <form
      ref={form}
      class="line-form"
      novalidate
      aria-label={`Line ${props.draft.line}`}
      onSubmit={(event) => void send(event)}
      onKeyDown={press}
    >
      <TextArea
        label={`Comment on line ${props.draft.line}`}
        rows={3}
        maxLength={COMMENT_LIMITS.length}
        value={props.draft.body}
        onInput={props.onBody}
        error={submit.fieldError("body")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
      <div class="row">
        <Button
          kind="primary"
          size="s"
          type="submit"
          busy={submit.busy()}
          disabledReason={props.draft.body.trim() === "" ? "Write something first." : null}
        >
          Comment
        </Button>
        <Button size="s" onClick={props.onDone}>
          Discard
        </Button>
      </div>
    </form>
  )
}
