import type { DocumentPhase, Phase, PhaseDocument, TimelineAct } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { listed } from "../db/client.ts"
import { AppError } from "../errors.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { requiresSecondApprover } from "../settings/store.ts"
import { announceTicket } from "./announce.ts"
import { changeStanding, type DocumentRecord, findDocuments, listRevisions, type ListedRevision, writeRevision } from "./document-store.ts"
import { decide, type DocumentAct } from "./documents.ts"
import { type Actor, refuseArchived } from "./edit.ts"
import { type JobFact, laterUnfinished, PHASE_AFTER } from "./phases.ts"
import type { TicketRecord } from "./store.ts"

export interface Place {
  ticket: TicketRecord
  phase: DocumentPhase
}

/** Throws `document.none`. */
export async function readDocument(context: Context, { ticket, phase }: Place): Promise<PhaseDocument> {
  const [document, revisions] = await Promise.all([
    existingDocument(context, { ticket, phase }),
    listRevisions(context, { ticketId: ticket.id, phase }),
  ])
  const { state, revision, content, approvedRevision, authorId } = document
  return {
    ...{ state, revision, content, authorId, revisions: revisions.map(toRevision) },
    ...(approvedRevision === null ? {} : { approvedRevision }),
  }
}

/** Writes a person's revision on top of `baseRevision`; 0 creates. Throws `document.stale`. */
export async function putDocument(
  context: Context,
  { user, ticket, phase, content, baseRevision: base }: Place & { user: Actor; content: string; baseRevision: number },
): Promise<PhaseDocument> {
  refuseArchived(ticket)
  refuseUnderLaterJob(phase, await jobsOfTickets(context, listed([ticket.id])))
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
  return readDocument(context, { ticket, phase })
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
    ticket,
    phase,
    act,
    revision,
    comment,
  }: Place & { user: Actor; act: DocumentAct; revision?: number | undefined; comment?: string | undefined },
): Promise<{ document: PhaseDocument; changed: boolean }> {
  refuseArchived(ticket)
  const read = await existingDocument(context, { ticket, phase })
  const decision = decide(read, act, revision)
  if (decision.kind === "refused") throw stale(read, decision.message)
  if (decision.kind === "change" && act === "approve") await refuseOwnApproval(context, user, read)
  if (decision.kind === "change") {
    const entry = {
      ticketId: ticket.id,
      act: ACTS[act],
      actor: user.name,
      detail: { userId: user.id, phase, revision: read.revision, ...(comment === undefined ? {} : { comment }) },
    }
    const changed = await changeStanding(context, read, {
      standing: decision.standing,
      entry,
      moveTo: act === "approve" ? PHASE_AFTER[phase] : null,
    })
    if (!changed) throw stale(read, "Somebody else changed this document meanwhile: look again.")
    await announceTicket(context, ticket)
  }
  return { document: await readDocument(context, { ticket, phase }), changed: decision.kind === "change" }
}

/** Where the installation asks for a second person: not the author of the revision, nor whoever started the job that wrote it. */
async function refuseOwnApproval(context: Context, user: Actor, { authorId, phase, revision }: DocumentRecord): Promise<void> {
  if (authorId === user.id && (await requiresSecondApprover(context)))
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

/** Throws `document.none`. */
export async function existingDocument(context: Context, { ticket, phase }: Place): Promise<DocumentRecord> {
  const document = (await findDocuments(context, ticket.id))[phase]
  if (!document) throw new AppError("document.none", `This ticket has no ${phase} document yet.`)
  return document
}

const stale = ({ state, revision }: DocumentRecord, message: string) => new AppError("document.stale", message, { state, revision })
