import type { Attachment } from "#contract/attachments.ts"
import { isTerminal, type Job } from "#contract/jobs.ts"
import { DOCUMENT_PHASES, type Ticket } from "#contract/tickets.ts"
import { type Context, iso, isoOrNull } from "../context.ts"
import { type Belongings, belongingsOf } from "./belongings-store.ts"
import { isOver } from "./branch-rounds.ts"
import { statusOf } from "./phases.ts"
import type { TicketRecord } from "./store.ts"

/** Tickets as the API shows them: one query more, however many tickets. */
export async function showTickets(context: Context, records: readonly TicketRecord[]): Promise<Ticket[]> {
  if (records.length === 0) return []
  const belongings = await belongingsOf(
    context,
    records.map(({ id }) => id),
  )
  return records.map((ticket) => toReply({ ticket, ...(belongings.get(ticket.id) ?? NOTHING) }))
}
/** Of a ticket that was just made, or deleted since it was read. */
const NOTHING: Belongings = { documents: [], jobs: [], attachments: [] }

/** A ticket that was made by this very request, with the job that began with it. */
export const showNew = (ticket: TicketRecord, job: Job | null): Ticket =>
  toReply({ ticket, ...NOTHING, jobs: job ? [{ id: job.id, kind: job.kind, terminal: isTerminal(job.status) }] : [] })

export const toAttachment = ({ id, name, mime, size, author, createdAt }: Belongings["attachments"][number]): Attachment => ({
  ...{ id, name, mime, size, author, createdAt: iso(createdAt) },
})

export function toReply({ ticket, documents, jobs, attachments }: { ticket: TicketRecord } & Belongings): Ticket {
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
    branchOver: branch !== null && isOver(branch, pullRequest),
    pullRequest: pullRequest && { url: pullRequest.url, number: pullRequest.number, state: pullRequest.state },
    status: statusOf({ ...ticket, jobs, documents: documents.map(({ state }) => state) }),
    override: override && { reason: override.reason, by: override.by, at: override.at, opens: override.opens },
    phases: { research: summary("research"), planning: summary("planning"), execution: summary("execution") },
    attachments: attachments.map(toAttachment),
    archivedAt: isoOrNull(ticket.archivedAt),
    createdAt: iso(ticket.createdAt),
    updatedAt: iso(ticket.updatedAt),
  }
}
