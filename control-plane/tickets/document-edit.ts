import type { DocumentPhase, Phase, PhaseDocument, TimelineAct } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { AppError } from "../errors.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { type ProjectRecord, projectQuery } from "../projects/store.ts"
import { isRequired, secondApproverQuery } from "../settings/store.ts"
import { announceTicket } from "./announce.ts"
import {
  changeStanding,
  type DocumentRecord,
  documentsQuery,
  findDocuments,
  type ListedRevision,
  revisionsQuery,
  toDocuments,
  writeRevision,
} from "./document-store.ts"
import { decide, type DocumentAct } from "./documents.ts"
import { type Actor, reached, refuseArchived } from "./edit.ts"
import { type JobFact, laterUnfinished, PHASE_AFTER } from "./phases.ts"
import { idOfTicket, projectOfTicket, ticketQuery, type TicketRecord } from "./store.ts"

export interface Place {
  ticket: TicketRecord
  phase: DocumentPhase
}

/** A document that is asked for, by its ticket's id or key. */
interface Sought {
  ticketId: string
  phase: DocumentPhase
}

/** Throws `document.none`. */
export async function readDocument(context: Context, { ticketId, phase }: Sought): Promise<PhaseDocument> {
  const id = idOfTicket(ticketId)
  const [[ticket], documents, revisions] = await context.db.batch([
    ticketQuery(context, ticketId),
    documentsQuery(context, id),
    revisionsQuery(context, { ticketId: id, phase }),
  ])
  reached(context, ticket)
  return toReply(present(toDocuments(documents)[phase], phase), revisions)
}

/** Writes a person's revision on top of `baseRevision`; 0 creates. Throws `document.stale`. */
export async function putDocument(
  context: Context,
  { user, ticketId, phase, content, baseRevision: base }: Sought & { user: Actor; content: string; baseRevision: number },
): Promise<PhaseDocument> {
  const [[found], jobs] = await context.db.batch([ticketQuery(context, ticketId), jobsOfTickets(context, idOfTicket(ticketId))])
  const ticket = reached(context, found)
  refuseArchived(ticket)
  refuseUnderLaterJob(phase, jobs)
  const entry = {
    ticketId: ticket.id,
    act: "document-written" as const,
    actor: user.name,
    detail: { userId: user.id, phase, revision: base + 1 },
  }
  const written = await writeRevision(context, { ticketId: ticket.id, phase, base, content, author: user, entry })
  if (!written)
    throw new AppError("document.stale", `baseRevision ${base} is not the current revision of the document: look again.`, {
      fields: { baseRevision: "is not the current revision" },
    })
  await announceTicket(context, ticket)
  return toReply(present(written.documents[phase], phase), written.revisions)
}

const ACTS = {
  request: "approval-requested",
  approve: "approved",
  reject: "rejected",
  revoke: "approval-revoked",
} as const satisfies Record<DocumentAct, TimelineAct>

/**
 * Requests, gives, refuses or revokes an approval. Research that is approved moves its ticket to planning, a plan to
 * execution. `changed` is false when it was so already.
 */
export async function actOnDocument(
  context: Context,
  {
    user,
    ticketId,
    phase,
    act,
    revision,
    comment,
  }: Sought & { user: Actor; act: DocumentAct; revision?: number | undefined; comment?: string | undefined },
): Promise<{ document: PhaseDocument; changed: boolean; ticket: TicketRecord; project: ProjectRecord | undefined }> {
  const { ticket: found, project, documents, revisions, second } = await loadStanding(context, { ticketId, phase })
  const ticket = reached(context, found)
  refuseArchived(ticket)
  const read = present(documents[phase], phase)
  const decision = decide(read, act, revision)
  if (decision.kind === "refused") throw stale(read, decision.message)
  if (decision.kind === "same") return { document: toReply(read, revisions), changed: false, ticket, project }
  if (act === "approve" && second) refuseOwnApproval(user, read)
  const entry = {
    ticketId: ticket.id,
    act: ACTS[act],
    actor: user.name,
    detail: { userId: user.id, phase, revision: read.revision, ...(comment === undefined ? {} : { comment }) },
  }
  const { standing } = decision
  if (!(await changeStanding(context, read, { standing, entry, moveTo: act === "approve" ? PHASE_AFTER[phase] : null })))
    throw stale(read, "Somebody else changed this document meanwhile: look again.")
  await announceTicket(context, ticket)
  // It was written only because revision and text still were those that were read.
  return { document: toReply({ ...read, ...standing }, revisions), changed: true, ticket, project }
}

/** What an act on a document is decided by and answered with. */
async function loadStanding(context: Context, { ticketId, phase }: Sought) {
  const id = idOfTicket(ticketId)
  const [[ticket], [project], documents, revisions, setting] = await context.db.batch([
    ticketQuery(context, ticketId),
    projectQuery(context, projectOfTicket(ticketId)),
    documentsQuery(context, id),
    revisionsQuery(context, { ticketId: id, phase }),
    secondApproverQuery(context),
  ])
  return { ticket, project, documents: toDocuments(documents), revisions, second: isRequired(setting) }
}

/** Where the installation asks for a second person: not the author of the revision, nor whoever started the job that wrote it. */
function refuseOwnApproval(user: Actor, { authorId, phase, revision }: DocumentRecord): void {
  if (authorId === user.id)
    throw new AppError("approval.own", `Revision ${revision} of the ${phase} document is your own work: somebody else has to approve it.`)
}

/** An earlier document must not change under a later job, which works from it. Throws `ticket.job-unfinished`. */
export function refuseUnderLaterJob(phase: Phase, jobs: readonly JobFact[]): void {
  const later = laterUnfinished(phase, jobs)
  if (later)
    throw new AppError("ticket.job-unfinished", `A job of the phase ${later.kind} is not finished yet: cancel it or wait for its end.`, {
      jobId: later.id,
    })
}

export const toRevision = ({ n, source, author, jobId, feedback, at }: ListedRevision) => ({
  ...{ n, source, at: iso(at) },
  ...(author === null ? {} : { author }),
  ...(jobId === null ? {} : { jobId }),
  ...(feedback === null ? {} : { feedback }),
})

export const existingDocument = async (context: Context, { ticket, phase }: Place): Promise<DocumentRecord> =>
  present((await findDocuments(context, ticket.id))[phase], phase)

/** A document that was looked for. Throws `document.none`. */
export function present<T extends object>(document: T | null | undefined, phase: Phase): T {
  if (!document) throw new AppError("document.none", `This ticket has no ${phase} document yet.`)
  return document
}

const toReply = (
  { state, revision, content, approvedRevision, authorId }: DocumentRecord,
  newestFirst: readonly ListedRevision[],
): PhaseDocument => ({
  ...{ state, revision, content, authorId, revisions: newestFirst.map(toRevision).toReversed() },
  ...(approvedRevision === null ? {} : { approvedRevision }),
})

const stale = ({ state, revision }: DocumentRecord, message: string) => new AppError("document.stale", message, { state, revision })
