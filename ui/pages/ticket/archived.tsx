import { type JSX, Show } from "solid-js"
import ArchiveRestore from "lucide-solid/icons/archive-restore"
import type { Ticket } from "#contract/tickets.ts"
import { Button } from "../../kit/button.tsx"
import { Notice } from "../../kit/notice.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { useArchive } from "./actions.tsx"

/** What an archived ticket still lets people do, and the way back. */
export function Archived(props: { ticket: Ticket; mayRestore: boolean }): JSX.Element {
  const restore = useArchive(() => props.ticket)
  return (
    <Show when={props.ticket.archivedAt}>
      {(at) => (
        <Notice
          tone="waiting"
          title="This ticket is archived"
          action={
            props.mayRestore ? (
              <Button size="s" icon={ArchiveRestore} onClick={restore}>
                Bring it back
              </Button>
            ) : undefined
          }
        >
          <p>
            Archived <RelativeTime at={at()} />, it is in the list of archived tickets alone. Nothing can be run, written, commented on or
            approved; title, description, labels, files and status can still be changed.
          </p>
        </Notice>
      )}
    </Show>
  )
}
