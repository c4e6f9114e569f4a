import type { Attachment } from "#contract/attachments.ts"
import { type DocumentPhase, type DocumentState, DOCUMENT_PHASES, type Ticket } from "#contract/tickets.ts"
import { type Context, iso, isoOrNull } from "../context.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { type AttachmentRecord, attachmentsOf } from "./attachment-store.ts"
import { documentStates } from "./document-store.ts"
import { type JobFact, statusOf } from "./phases.ts"
import type { TicketRecord } from "./store.ts"

/** Tickets as the API shows them: three queries more, however many tickets. */
export async function showTickets(context: Context, records: readonly TicketRecord[]): Promise<Ticket[]> {
  const ids = records.map(({ id }) => id)
  const [documents, jobs, attachments] = await Promise.all([
    documentStates(context, ids),
    jobsOfTickets(context, ids),
    attachmentsOf(context, ids),
  ])
  const ofTicket = <T extends { ticketId: string | null }>(rows: readonly T[], id: string) => rows.filter(({ ticketId }) => ticketId === id)
  return records.map((record) => {
    const { id } = record
    return toReply(record, { documents: ofTicket(documents, id), jobs: ofTicket(jobs, id), attachments: ofTicket(attachments, id) })
  })
}

export async function showTicket(context: Context, record: TicketRecord): Promise<Ticket> {
  const [shown] = await showTickets(context, [record])
  if (!shown) throw new Error("a ticket was not shown")
  return shown
}

export const toAttachment = ({ id, name, mime, size, author, createdAt }: AttachmentRecord): Attachment => ({
  ...{ id, name, mime, size, author, createdAt: iso(createdAt) },
})

interface Belongings {
  documents: readonly { phase: DocumentPhase; state: DocumentState }[]
  jobs: readonly JobFact[]
  attachments: readonly AttachmentRecord[]
}

function toReply(ticket: TicketRecord, { documents, jobs, attachments }: Belongings): Ticket {
  const {
    id,
    key,
    projectId,
    title,
    description,
    severity,
    category,
    phase,
    source,
    externalId,
    externalUrl,
    labels,
    branch,
    pullRequest,
    override,
  } = ticket
  const summary = (of: Ticket["phase"]) => {
    const job = jobs.find(({ kind }) => kind === of)
    const documentPhase = DOCUMENT_PHASES.find((candidate) => candidate === of)
    const document = documents.find((candidate) => candidate.phase === documentPhase)?.state ?? null
    return { document, ...(job ? { jobId: job.id } : {}) }
  }
  return {
    ...{ id, key, projectId, title, description, severity, category, phase, source, externalId, externalUrl, labels, branch },
    pullRequest: pullRequest && { url: pullRequest.url, number: pullRequest.number, state: pullRequest.state },
    status: statusOf({ ...ticket, jobs, documents: documents.map(({ state }) => state) }),
    override: override && { reason: override.reason, by: override.by, at: override.at },
    phases: { research: summary("research"), planning: summary("planning"), execution: summary("execution") },
    attachments: attachments.map(toAttachment),
    archivedAt: isoOrNull(ticket.archivedAt),
    createdAt: iso(ticket.createdAt),
    updatedAt: iso(ticket.updatedAt),
  }
}
