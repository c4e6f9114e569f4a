import type { JSX } from "solid-js"
import { Button } from "./button.tsx"
import { Dialog } from "./dialog.tsx"
import { Notice } from "./notice.tsx"

interface ConfirmProps {
  open: boolean
  title: string
  /** Names what goes, and what stays. */
  children: JSX.Element
  /** The act as a verb: "Delete clanker", never "OK". */
  act: string
  busy?: boolean | undefined
  problem?: string | null | undefined
  /** Why the act cannot be done now; the dialog says so before anybody tries. */
  blocked?: string | null | undefined
  onConfirm: () => void
  onClose: () => void
}

/** A question before an act that cannot be taken back. */
export function Confirm(props: ConfirmProps): JSX.Element {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      title={props.title}
      actions={
        <>
          <Button onClick={props.onClose} autofocus>
            Keep it
          </Button>
          <Button kind="danger" busy={props.busy} disabledReason={props.blocked} onClick={props.onConfirm}>
            {props.act}
          </Button>
        </>
      }
    >
      {props.children}
      {props.problem ? <Notice tone="bad">{props.problem}</Notice> : null}
    </Dialog>
  )
}
