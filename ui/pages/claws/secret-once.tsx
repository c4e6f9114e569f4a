import type { JSX } from "solid-js"
import { Button } from "../../kit/button.tsx"
import { Code } from "../../kit/code.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Notice } from "../../kit/notice.tsx"

/** A webhook's signing secret, while it can be seen. */
export function SecretOnce(props: { secret: string | null; onClose: () => void }): JSX.Element {
  return (
    <Dialog
      open={props.secret !== null}
      onClose={props.onClose}
      title="The webhook’s signing secret"
      actions={
        <Button kind="primary" onClick={props.onClose}>
          I have copied it
        </Button>
      }
    >
      <Code label="Signing secret" text={props.secret ?? ""} copy wrap />
      <Notice tone="waiting" title="This is shown once">
        <p>Copy it now: the receiver checks each message with it. To get another one, take the webhook away and add it again.</p>
      </Notice>
    </Dialog>
  )
}
