import { type JSX, onCleanup, onMount, Show } from "solid-js"
import ArrowLeft from "lucide-solid/icons/arrow-left"
import ArrowRight from "lucide-solid/icons/arrow-right"
import ArrowUpRight from "lucide-solid/icons/arrow-up-right"
import type { Ticket } from "#contract/tickets.ts"
import { attachmentUrl } from "../api/attachments.ts"
import { Button, LinkButton } from "../kit/button.tsx"
import { Dialog } from "../kit/dialog.tsx"
import { bytes } from "./bytes.ts"
import { isPicture } from "./chosen-files.ts"
import { RelativeTime } from "./relative-time.tsx"

interface LightboxProps {
  ticket: Ticket
  id: string
  onShow: (id: string) => void
  onClose: () => void
}

/** One of a ticket's files as large as there is room, and the way to its neighbours. */
export default function Lightbox(props: LightboxProps): JSX.Element {
  const all = () => props.ticket.attachments
  const at = () => all().findIndex(({ id }) => id === props.id)
  const shown = () => all()[at()]
  const step = (by: 1 | -1) => {
    const next = all()[(at() + by + all().length) % all().length]
    if (next) props.onShow(next.id)
  }
  const press = (event: KeyboardEvent) => {
    // A video uses the arrows for itself.
    if (event.target instanceof HTMLMediaElement) return
    if (event.key === "ArrowRight") step(1)
    if (event.key === "ArrowLeft") step(-1)
  }
  onMount(() => document.addEventListener("keydown", press))
  onCleanup(() => document.removeEventListener("keydown", press))
  return (
    <Show when={shown()}>
      {(file) => {
        const address = () => attachmentUrl(props.ticket.id, file().id)
        return (
          <Dialog
            open
            size="l"
            title={file().name}
            onClose={props.onClose}
            actions={
              <>
                <Show when={all().length > 1}>
                  <Button icon={ArrowLeft} onClick={() => step(-1)}>
                    Previous
                  </Button>
                  <Button icon={ArrowRight} onClick={() => step(1)}>
                    Next
                  </Button>
                </Show>
                <LinkButton icon={ArrowUpRight} href={address()} external>
                  Open the file
                </LinkButton>
              </>
            }
          >
            <p class="soft small">
              {at() + 1} of {all().length}, {bytes(file().size)}, from {file().author} <RelativeTime at={file().createdAt} />
            </p>
            <div class="lightbox-stage">
              <Show when={isPicture(file())} fallback={<video src={address()} controls preload="metadata" aria-label={file().name} />}>
                <img src={address()} alt={file().name} />
              </Show>
            </div>
          </Dialog>
        )
      }}
    </Show>
  )
}
