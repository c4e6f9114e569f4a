import type { JSX } from "solid-js"
import type { Ticket } from "#contract/tickets.ts"
import { type Column, type Selection, Table } from "../../kit/table.tsx"
import { RelativeTime } from "../../parts/relative-time.tsx"
import { SeverityBadge, TicketBadge } from "../../parts/status-badge.tsx"
import { PHASE_WORDS } from "../../parts/words.ts"
import { paths } from "../../paths.ts"
import "./table.css"

const COLUMNS: readonly Column<Ticket>[] = [
  {
    header: "Ticket",
    grow: true,
    cell: (ticket) => (
      <span class="ticket-name">
        <span class="ticket-key numbers">{ticket.key}</span>
        <span>{ticket.title}</span>
      </span>
    ),
  },
  { header: "Status", cell: (ticket) => <TicketBadge status={ticket.status} /> },
  { header: "Phase", hideWhen: "narrow", cell: (ticket) => PHASE_WORDS[ticket.phase] },
  { header: "Severity", hideWhen: "narrow", cell: (ticket) => <SeverityBadge severity={ticket.severity} /> },
  {
    header: "Updated",
    align: "end",
    hideWhen: "medium",
    cell: (ticket) => (
      <span class="soft small">
        <RelativeTime at={ticket.updatedAt} />
      </span>
    ),
  },
]

export function TicketTable(props: { tickets: readonly Ticket[]; select: Selection<Ticket> | undefined }): JSX.Element {
  return <Table label="Tickets" columns={COLUMNS} rows={props.tickets} href={({ key }) => paths.ticket(key)} select={props.select} />
}
