import type { DocumentPhase, Phase, PhaseDocument } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { AppError } from "../errors.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { announceTicket } from "./announce.ts"
import {
  type DocumentRecord,
  documentsQuery,
  findDocuments,
  type ListedRevision,
  revisionsQuery,
  toDocuments,
  writeRevision,
} from "./document-store.ts"
import { type Actor, reached, refuseArchived } from "./edit.ts"
import { refuseUnderLaterJob } from "./run-gates.ts"
import { idOfTicket, ticketQuery, type TicketRecord } from "./store.ts"

export interface Place {
  ticket: TicketRecord
  phase: DocumentPhase
}

/** A document that is asked for, by its ticket's id or key. */
export interface Sought {
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

export const toReply = (
  { state, revision, content, approvedRevision, authorId }: DocumentRecord,
  newestFirst: readonly ListedRevision[],
): PhaseDocument => ({
  ...{ state, revision, content, authorId, revisions: newestFirst.map(toRevision).toReversed() },
  ...(approvedRevision === null ? {} : { approvedRevision }),
})
