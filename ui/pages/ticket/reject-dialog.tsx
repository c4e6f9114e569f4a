import { createSignal, type JSX, Show } from "solid-js"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Notice } from "../../kit/notice.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { createSubmit } from "../../parts/submit.ts"

export function RejectDialog(props: { open: boolean; onClose: () => void; onReject: (comment: string) => Promise<void> }): JSX.Element {
  const [comment, setComment] = createSignal("")
  const submit = createSubmit(() => props.onReject(comment().trim()), ["comment"])
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title="Reject this document"
      actions={
        <Button
          kind="danger"
          busy={submit.busy()}
          disabledReason={comment().trim() ? null : "Say what is wrong first."}
          onClick={() => void submit.run().then((done) => done && props.onClose())}
        >
          Reject
        </Button>
      }
    >
      <TextArea
        label="What is wrong"
        rows={5}
        maxLength={20_000}
        hint="Everybody reads it in the timeline. Ask for a revision, edit the document or run the phase again afterwards."
        value={comment()}
        onInput={setComment}
        error={submit.fieldError("comment")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}
