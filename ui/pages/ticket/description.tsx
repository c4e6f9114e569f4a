import { type JSX, Show } from "solid-js"
import type { Ticket } from "#contract/tickets.ts"
import { attachmentUrl } from "../../api/attachments.ts"
import { Card } from "../../kit/card.tsx"
import { takeFiles } from "../../kit/take-files.ts"
import { AddFiles } from "../../parts/add-files.tsx"
import { Attachments } from "../../parts/attachments.tsx"
import { namesOf } from "../../parts/chosen-files.ts"
import { filesByName } from "../../parts/file-names.ts"
import { Markdown } from "../../parts/markdown.tsx"
import { uploadsOf } from "../../parts/uploads.ts"

/** What the ticket asks for, in words and files. */
export function Description(props: { ticket: Ticket; blocked: string | null }): JSX.Element {
  const uploads = () => uploadsOf(props.ticket)
  const add = (files: File[]) => uploads().add(files, namesOf(props.ticket))
  const { over } = takeFiles({ onFiles: add, active: () => props.blocked === null })
  return (
    <Card>
      <Show
        when={props.ticket.description.trim()}
        fallback={<p class="soft">No description. The title is all the clanker has to go by.</p>}
      >
        <Markdown
          text={props.ticket.description}
          breaks
          files={filesByName(props.ticket.attachments, (id) => attachmentUrl(props.ticket.id, id))}
        />
      </Show>
      <Attachments ticket={props.ticket} uploads={uploads()} blocked={props.blocked} />
      <Show when={!props.blocked}>
        <AddFiles over={over()} brief onFiles={add} />
      </Show>
    </Card>
  )
}
