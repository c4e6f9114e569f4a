import { createEffect, createUniqueId, type JSX, Show } from "solid-js"
import X from "lucide-solid/icons/x"
import { IconButton } from "./button.tsx"
import "./dialog.css"

interface DialogProps {
  open: boolean
  onClose: () => void
  title: string
  /** What stands at the foot: the act first in reading order is the last in the row. */
  actions?: JSX.Element | undefined
  size?: "m" | "l" | undefined
  /** The title is read aloud but not shown. */
  bare?: boolean | undefined
  children: JSX.Element
}

/** The browser's modal dialog: it keeps the focus, closes on Escape and gives the focus back. */
export function Dialog(props: DialogProps): JSX.Element {
  const titleId = createUniqueId()
  let dialog: HTMLDialogElement | undefined
  createEffect(() => {
    if (!dialog) return
    if (props.open && !dialog.open) dialog.showModal()
    if (!props.open && dialog.open) dialog.close()
  })
  return (
    <dialog
      ref={dialog}
      class="dialog"
      data-size={props.size ?? "m"}
      data-bare={props.bare ? "" : undefined}
      aria-labelledby={titleId}
      onClose={() => props.open && props.onClose()}
      onClick={(event) => event.target === dialog && props.onClose()}
    >
      <Show when={props.open}>
        <div class="dialog-box">
          <header class="dialog-head" classList={{ "visually-hidden": props.bare === true }}>
            <h2 id={titleId}>{props.title}</h2>
            <Show when={!props.bare}>
              <IconButton icon={X} label="Close" size="s" onClick={() => props.onClose()} />
            </Show>
          </header>
          <div class="dialog-body">{props.children}</div>
          <Show when={props.actions}>
            <footer class="dialog-foot">{props.actions}</footer>
          </Show>
        </div>
      </Show>
    </dialog>
  )
}
