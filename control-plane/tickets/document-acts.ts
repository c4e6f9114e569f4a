import { and, sql } from "drizzle-orm"
import type { Phase, PhaseDocument, TimelineAct } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { clankerOfPhase, startsApprovedPlans } from "../projects/store.ts"
import { isRequired, secondApproverQuery } from "../settings/store.ts"
import { announceTicket } from "./announce.ts"
import { startWith } from "./auto-start.ts"
import { present, type Sought, toReply } from "./document-edit.ts"
import { changeStanding, type DocumentRecord, isStill, revisionsQuery, standingItems } from "./document-store.ts"
import { decide, type DocumentAct, type DocumentStanding } from "./documents.ts"
import { type Actor, reached, refuseArchived } from "./edit.ts"
import { type RunFacts, runQueries, toRunFacts } from "./load-run.ts"
import { PHASE_AFTER } from "./phases.ts"
import { idOfTicket, isOpenTicket, projectOfTicket, ticketQuery, type TicketRecord } from "./store.ts"
import type { Entry } from "./timeline-store.ts"

const ACTS = {
  request: "approval-requested",
  approve: "approved",
  reject: "rejected",
  revoke: "approval-revoked",
} as const satisfies Record<DocumentAct, TimelineAct>

interface Order extends Sought {
  user: Actor
  act: DocumentAct
  revision?: number | undefined
  comment?: string | undefined
}

/**
 * Requests, gives, refuses or revokes an approval. Research that is approved moves its ticket to planning, a plan to
 * execution, which begins with it where the project says so.
 */
export async function actOnDocument(context: Context, order: Order): Promise<PhaseDocument> {
  const { user, phase, act, revision, comment } = order
  const { ticket: found, facts, revisions, second } = await loadStanding(context, order)
  const ticket = reached(context, found)
  refuseArchived(ticket)
  const read = present(facts.documents[phase], phase)
  const decision = decide(read, act, revision)
  if (decision.kind === "refused") throw stale(read, decision.message)
  if (decision.kind === "same") return toReply(read, revisions)
  if (act === "approve" && second) refuseOwnApproval(user, read)
  const { standing } = decision
  const entry = {
    ticketId: ticket.id,
    act: ACTS[act],
    actor: user.name,
    detail: { userId: user.id, phase, revision: read.revision, ...(comment === undefined ? {} : { comment }) },
  }
  const change = { standing, entries: [entry], moveTo: act === "approve" ? PHASE_AFTER[phase] : null }
  const changed = startsExecution(order, facts)
    ? await approveAndStart(context, { user, ticket, facts, read, change })
    : await changeStanding(context, read, change)
  if (!changed) throw stale(read, "Somebody else changed this document meanwhile: look again.")
  await announceTicket(context, ticket)
  // It was written only because revision and text still were those that were read.
  return toReply({ ...read, ...standing }, revisions)
}

const startsExecution = ({ phase, act }: Pick<Order, "phase" | "act">, { project }: RunFacts): boolean =>
  phase === "planning" && act === "approve" && project?.autoStart.onApproval === true

/** The approval of a plan and the execution that begins with it: both, or the approval with what kept the other from starting. */
async function approveAndStart(
  context: Context,
  {
    user,
    ticket,
    facts,
    read,
    change,
  }: {
    user: Actor
    ticket: TicketRecord
    facts: RunFacts
    read: DocumentRecord
    change: { standing: DocumentStanding; entries: Entry[]; moveTo: Phase | null }
  },
): Promise<boolean> {
  const phase = "execution"
  const started = await startWith(context, {
    user,
    ticket: { ...ticket, phase },
    facts: { ...facts, documents: { ...facts.documents, planning: { ...read, ...change.standing } } },
    phase,
    onlyIf: sql`${and(isStill(context, read), isOpenTicket(ticket.id))}`,
    others: standingItems(context, read, change),
  })
  return started.job !== null || changeStanding(context, read, { ...change, entries: [...change.entries, started.refusal] })
}

/** What an act on a document is decided by and answered with; for a plan's approval also what the execution would be. */
async function loadStanding(context: Context, { ticketId, phase, act }: Order) {
  const [id, projectId] = [idOfTicket(ticketId), projectOfTicket(ticketId)]
  const clanker = clankerOfPhase(projectId, "execution", phase === "planning" && act === "approve" ? startsApprovedPlans : sql`1 = 0`)
  const [[ticket], revisions, setting, ...rows] = await context.db.batch([
    ticketQuery(context, ticketId),
    revisionsQuery(context, { ticketId: id, phase }),
    secondApproverQuery(context),
    ...runQueries(context, { ticketId: id, projectId, phase: "execution", clanker }),
  ])
  return { ticket, facts: toRunFacts(rows), revisions, second: isRequired(setting) }
}

/** Where the installation asks for a second person: not the author of the revision, nor whoever started the job that wrote it. */
function refuseOwnApproval(user: Actor, { authorId, phase, revision }: DocumentRecord): void {
  if (authorId === user.id)
    throw new AppError("approval.own", `Revision ${revision} of the ${phase} document is your own work: somebody else has to approve it.`)
}

const stale = ({ state, revision }: DocumentRecord, message: string) => new AppError("document.stale", message, { state, revision })
