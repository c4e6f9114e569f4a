import { useNavigate } from "@solidjs/router"
import { createSignal, type JSX, Show } from "solid-js"
import Archive from "lucide-solid/icons/archive"
import ArchiveRestore from "lucide-solid/icons/archive-restore"
import CircleCheck from "lucide-solid/icons/circle-check"
import Ellipsis from "lucide-solid/icons/ellipsis"
import PencilLine from "lucide-solid/icons/pencil-line"
import Trash from "lucide-solid/icons/trash"
import Undo from "lucide-solid/icons/undo-2"
import type { Ticket } from "#contract/tickets.ts"
import { deleteTicket, editTicket } from "../../api/actions.ts"
import { Button } from "../../kit/button.tsx"
import { Confirm } from "../../kit/confirm.tsx"
import { Menu } from "../../kit/menu.tsx"
import { toast } from "../../kit/toast.tsx"
import { useProjectPermission } from "../../parts/permission.ts"
import { sentenceOf } from "../../parts/problem.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { paths } from "../../paths.ts"
import { EditTicket } from "./edit-ticket.tsx"

interface TicketActionsProps {
  ticket: Ticket
  /** A job of it is not finished. */
  atWork: boolean
}

export function TicketActions(props: TicketActionsProps): JSX.Element {
  const navigate = useNavigate()
  const { writeReason } = useProjectPermission(() => props.ticket.projectId)
  const [open, setOpen] = createSignal<"edit" | "delete" | null>(null)
  const close = () => setOpen(null)
  const resolved = () => props.ticket.status === "resolved"
  const change = createSubmit(() => editTicket(props.ticket.id, { status: resolved() ? "open" : "resolved" }))
  const remove = createSubmit(() => deleteTicket(props.ticket.id))
  const atWork = () => (props.atWork ? "A job is not finished: cancel it or wait for its end." : null)
  const archive = useArchive(() => props.ticket)
  return (
    <>
      <Button icon={PencilLine} disabledReason={writeReason()} onClick={() => setOpen("edit")}>
        Edit
      </Button>
      <Show when={!writeReason()}>
        <Button icon={resolved() ? Undo : CircleCheck} busy={change.busy()} onClick={() => void change.run()}>
          {resolved() ? "Reopen" : "Resolve"}
        </Button>
        <Menu
          label="More about this ticket"
          align="end"
          trigger={<Ellipsis size={16} aria-hidden="true" />}
          items={[
            props.ticket.archivedAt === null
              ? { label: "Archive the ticket", icon: Archive, disabledReason: atWork(), act: archive }
              : { label: "Bring the ticket back", icon: ArchiveRestore, act: archive },
            { label: "Delete the ticket…", icon: Trash, danger: true, disabledReason: atWork(), act: () => setOpen("delete") },
          ]}
        />
      </Show>
      <Show when={open() === "edit"}>
        <EditTicket ticket={props.ticket} onClose={close} />
      </Show>
      <Confirm
        open={open() === "delete"}
        title={`Delete ${props.ticket.key}?`}
        act="Delete the ticket"
        busy={remove.busy()}
        problem={remove.problem()}
        onConfirm={() => void remove.run().then((done) => done && navigate(paths.tickets()))}
        onClose={close}
      >
        <p>
          Its description, its files, its documents with all revisions and comments, and its timeline go for good. Its jobs, its branch and
          its pull request stay.
        </p>
      </Confirm>
    </>
  )
}

/** Into the archive or out of it; what is refused is said, because the menu is gone by then. */
export function useArchive(ticket: () => Ticket): () => void {
  return () => {
    const { id, key, archivedAt } = ticket()
    editTicket(id, { archived: archivedAt === null }).then(
      () => toast(archivedAt === null ? `${key} is archived.` : `${key} is back.`),
      (error: unknown) => toast(sentenceOf(error), "bad"),
    )
  }
}
