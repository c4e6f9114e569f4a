import type { JSX } from "solid-js"
import type { Attachment } from "#contract/attachments.ts"
import type { Ticket } from "#contract/tickets.ts"
import { removeAttachment } from "../api/attachments.ts"
import { Confirm } from "../kit/confirm.tsx"
import { createSubmit } from "./submit.ts"

export function RemoveAttachment(props: { ticket: Ticket; attachment: Attachment | null; onClose: () => void }): JSX.Element {
  const remove = createSubmit(async () => {
    if (props.attachment) await removeAttachment(props.ticket, props.attachment.id)
  })
  const close = () => {
    remove.reset()
    props.onClose()
  }
  return (
    <Confirm
      open={props.attachment !== null}
      title={`Remove ${props.attachment?.name ?? "the file"}?`}
      act="Remove the file"
      busy={remove.busy()}
      problem={remove.problem()}
      onConfirm={() => void remove.run().then((done) => done && close())}
      onClose={close}
    >
      <p>
        The file goes for good. Where the description speaks of it, the words stay. A job that has not fetched it yet goes on without it.
      </p>
    </Confirm>
  )
}
