import { type Ticket, TICKET_DEFAULTS, type TicketCreate } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { invalid } from "../errors.ts"
import { refuseArchived } from "../projects/edit.ts"
import { findProject, takeTicketNumber } from "../projects/store.ts"
import { announceTicket } from "./announce.ts"
import { type Actor, applyChange, given } from "./edit.ts"
import { findExternal, insertTicket, type TicketRecord } from "./store.ts"

/** Creates a ticket, or updates the one that this external id of this source made before. */
export async function createTicket(
  context: Context,
  { user, input, source = "api" }: { user: Actor; input: TicketCreate; source?: Ticket["source"] },
): Promise<{ ticket: TicketRecord; created: boolean }> {
  checkStart(input)
  const { projectId, externalId } = input
  if (context.reach.hidden.includes(projectId)) throw invalid("projectId", "names no project")
  context.reach.check(projectId, "project")
  const find = async () => (externalId === undefined ? null : findExternal(context, { projectId, source, externalId }))
  const known = await find()
  if (known) return { ticket: await updateRepeated(context, { user, known, input }), created: false }
  try {
    const ticket = await insert(context, { user, input, source })
    await announceTicket(context, ticket)
    return { ticket, created: true }
  } catch (error) {
    const winner = isUniqueConflict(error) ? await find() : null
    if (!winner) throw error
    return { ticket: await updateRepeated(context, { user, known: winner, input }), created: false }
  }
}

function checkStart({ startingPhase, overrideReason }: TicketCreate): void {
  if (startingPhase !== "research" && overrideReason === undefined)
    throw invalid("overrideReason", `is required to start in ${startingPhase}`)
  if (startingPhase === "research" && overrideReason !== undefined)
    throw invalid("overrideReason", "is only for a ticket that starts later than research")
}

async function insert(
  context: Context,
  { user, input, source }: { user: Actor; input: TicketCreate; source: Ticket["source"] },
): Promise<TicketRecord> {
  const { projectId, startingPhase: phase, overrideReason: reason, externalId = null, externalUrl = null, labels = [], ...asked } = input
  const taken = await takeTicketNumber(context, projectId)
  if (!taken) {
    const project = await findProject(context, projectId)
    if (project) refuseArchived(project)
    throw invalid("projectId", "names no project")
  }
  const id = context.newId("ticket")
  const override = phase === "research" || reason === undefined ? null : { reason, by: user.name, at: iso(context.now()), opens: phase }
  const detail = { userId: user.id, source, startingPhase: phase, ...(reason === undefined ? {} : { reason }) }
  return insertTicket(
    context,
    {
      id,
      projectId,
      ...taken,
      ...TICKET_DEFAULTS,
      ...given(asked),
      title: asked.title,
      labels,
      phase,
      source,
      externalId,
      externalUrl,
      override,
      createdBy: user.id,
    },
    { ticketId: id, act: "created", actor: user.name, detail },
  )
}

/** A repeat brings what the source knows now; what it left out stays as it is. */
async function updateRepeated(
  context: Context,
  { user, known, input }: { user: Actor; known: TicketRecord; input: TicketCreate },
): Promise<TicketRecord> {
  const { title, description, severity, category, labels, externalUrl } = input
  return applyChange(context, user, known, given({ title, description, severity, category, labels, externalUrl }))
}
