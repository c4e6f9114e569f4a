import { sql } from "drizzle-orm"
import type { Job } from "#contract/jobs.ts"
import { type Ticket, TICKET_DEFAULTS, type TicketCreate } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { invalid } from "../errors.ts"
import { refuseArchived } from "../projects/edit.ts"
import { clankerOfPhase, isOpen, type ProjectRecord, startsNewTickets, takeTicketNumber } from "../projects/store.ts"
import { announceTicket } from "./announce.ts"
import { phaseOfNew, startWith } from "./auto-start.ts"
import { type Actor, applyChange, given } from "./edit.ts"
import { type RunFacts, runQueries, toRunFacts } from "./load-run.ts"
import { externalQuery, isUnknown, newRecord, newTicketItem, type TicketRecord } from "./store.ts"
import { entryItem } from "./timeline-store.ts"

interface Order {
  user: Actor
  input: TicketCreate
  source: Ticket["source"]
}
interface Created {
  ticket: TicketRecord
  /** What the project has started with it. */
  job: Job | null
  created: true
}

/**
 * Creates a ticket, with its first run where the project starts one by itself; or updates the one that this external id of
 * this source made before. What keeps a run from starting stands in the timeline: the ticket is made all the same.
 */
export async function createTicket(
  context: Context,
  { user, input, source = "api" }: { user: Actor; input: TicketCreate; source?: Ticket["source"] },
): Promise<Created | { ticket: TicketRecord; created: false }> {
  checkStart(input)
  const { projectId, externalId = null } = input
  if (context.reach.hidden.includes(projectId)) throw invalid("projectId", "names no project")
  context.reach.check(projectId, "project")
  const update = async (known: TicketRecord) => ({ ticket: await updateRepeated(context, { user, known, input }), created: false as const })
  try {
    const look = await lookAhead(context, input, source)
    if (look.known) return await update(look.known)
    const made = await insert(context, { user, input, source }, look)
    await announceTicket(context, made.ticket)
    return { ...made, created: true }
  } catch (error) {
    const [winner] = isUniqueConflict(error) ? await externalQuery(context, { projectId, source, externalId }) : []
    if (!winner) throw error
    return update(winner)
  }
}

function checkStart({ startingPhase, overrideReason }: TicketCreate): void {
  if (startingPhase !== "research" && overrideReason === undefined)
    throw invalid("overrideReason", `is required to start in ${startingPhase}`)
  if (startingPhase === "research" && overrideReason !== undefined)
    throw invalid("overrideReason", "is only for a ticket that starts later than research")
}

interface Ahead {
  id: string
  numbered: { number: number; key: string }
  project: ProjectRecord
  facts: RunFacts
}

/** The ticket that is known already, or a number for a new one and everything that its first run would be decided by. */
async function lookAhead(
  context: Context,
  { projectId, startingPhase: phase, externalId }: TicketCreate,
  source: Ticket["source"],
): Promise<{ known: TicketRecord } | (Ahead & { known: null })> {
  const id = context.newId("ticket")
  const external = { projectId, source, externalId: externalId ?? null }
  const clanker = clankerOfPhase(projectId, phase, startsNewTickets)
  const [[known], [taken], ...rows] = await context.db.batch([
    externalQuery(context, external),
    takeTicketNumber(context, projectId, isUnknown(external)),
    ...runQueries(context, { ticketId: id, projectId, phase, clanker }),
  ])
  if (known) return { known }
  const facts = toRunFacts(rows)
  const { project } = facts
  if (project) refuseArchived(project)
  if (!project || !taken) throw invalid("projectId", "names no project")
  const number = taken.next - 1
  return { known: null, id, numbered: { number, key: `${taken.key}-${number}` }, project, facts }
}

async function insert(
  context: Context,
  { user, input, source }: Order,
  { id, numbered, project, facts }: Ahead,
): Promise<Pick<Created, "ticket" | "job">> {
  // One moment for all that is written: so the reply says what a later look finds.
  const at = context.now()
  const still = { ...context, now: () => at }
  const { projectId, startingPhase, overrideReason: reason, externalId = null, externalUrl = null, labels = [], ...asked } = input
  const override =
    startingPhase === "research" || reason === undefined ? null : { reason, by: user.name, at: iso(at), opens: startingPhase }
  const record = newRecord(
    {
      ...{ id, projectId, ...numbered, ...TICKET_DEFAULTS, ...given(asked), title: asked.title, labels },
      ...{ phase: startingPhase, source, externalId, externalUrl, override, createdBy: user.id },
    },
    at,
  )
  const detail = { userId: user.id, source, startingPhase, ...(reason === undefined ? {} : { reason }) }
  const ticket = newTicketItem(still, record)
  const entry = entryItem(still, { ticketId: id, act: "created", actor: user.name, detail })
  const phase = phaseOfNew(project, record)
  const started =
    phase && (await startWith(still, { user, ticket: record, facts, phase, onlyIf: isOpen(sql`${projectId}`), others: [ticket, entry] }))
  if (started?.job) return { ticket: { ...record, ...started.branch }, job: started.job }
  await context.db.batch([ticket, entry, ...(started ? [entryItem(still, started.refusal)] : [])])
  return { ticket: record, job: null }
}

/** A repeat brings what the source knows now; what it left out stays as it is. */
async function updateRepeated(
  context: Context,
  { user, known, input }: { user: Actor; known: TicketRecord; input: TicketCreate },
): Promise<TicketRecord> {
  const { title, description, severity, category, labels, externalUrl } = input
  return applyChange(context, user, known, given({ title, description, severity, category, labels, externalUrl }))
}
