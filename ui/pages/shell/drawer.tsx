import { createEffect, type JSX, Show } from "solid-js"
import X from "lucide-solid/icons/x"
import { IconButton } from "../../kit/button.tsx"
import "./drawer.css"

/** The sidebar on a narrow screen. */
export function Drawer(props: { open: boolean; onClose: () => void; children: JSX.Element }): JSX.Element {
  let dialog: HTMLDialogElement | undefined
  createEffect(() => {
    if (props.open) dialog?.showModal()
    else dialog?.close()
  })
  return (
    <dialog
      ref={dialog}
      class="drawer"
      aria-label="Navigation"
      onClose={() => props.open && props.onClose()}
      onClick={(event) => event.target === dialog && props.onClose()}
    >
      <Show when={props.open}>
        <div class="drawer-close">
          <IconButton icon={X} label="Close the navigation" onClick={() => props.onClose()} />
        </div>
        {props.children}
      </Show>
    </dialog>
  )
}
