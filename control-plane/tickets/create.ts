import { type Ticket, TICKET_DEFAULTS, type TicketCreate } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { invalid } from "../errors.ts"
import { refuseArchived } from "../projects/edit.ts"
import { findProject, type ProjectRecord, takeTicketNumber } from "../projects/store.ts"
import { announceTicket } from "./announce.ts"
import { type Actor, applyChange, given } from "./edit.ts"
import { findExternal, insertTicket, type TicketRecord } from "./store.ts"

interface Created {
  ticket: TicketRecord
  project: ProjectRecord
  created: true
}

/** Creates a ticket, or updates the one that this external id of this source made before. */
export async function createTicket(
  context: Context,
  { user, input, source = "api" }: { user: Actor; input: TicketCreate; source?: Ticket["source"] },
): Promise<Created | { ticket: TicketRecord; created: false }> {
  checkStart(input)
  const { projectId, externalId } = input
  if (context.reach.hidden.includes(projectId)) throw invalid("projectId", "names no project")
  context.reach.check(projectId, "project")
  const find = async () => (externalId === undefined ? null : findExternal(context, { projectId, source, externalId }))
  const known = await find()
  if (known) return { ticket: await updateRepeated(context, { user, known, input }), created: false }
  try {
    const made = await insert(context, { user, input, source })
    await announceTicket(context, made.ticket)
    return made
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
): Promise<Created> {
  const { projectId, startingPhase: phase, overrideReason: reason, externalId = null, externalUrl = null, labels = [], ...asked } = input
  const taken = await takeTicketNumber(context, projectId)
  if (!taken) {
    const project = await findProject(context, projectId)
    if (project) refuseArchived(project)
    throw invalid("projectId", "names no project")
  }
  const { project, ...numbered } = taken
  const id = context.newId("ticket")
  const override = phase === "research" || reason === undefined ? null : { reason, by: user.name, at: iso(context.now()), opens: phase }
  const detail = { userId: user.id, source, startingPhase: phase, ...(reason === undefined ? {} : { reason }) }
  const ticket = await insertTicket(
    context,
    {
      id,
      projectId,
      ...numbered,
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
  return { ticket, project, created: true }
}

/** A repeat brings what the source knows now; what it left out stays as it is. */
async function updateRepeated(
  context: Context,
  { user, known, input }: { user: Actor; known: TicketRecord; input: TicketCreate },
): Promise<TicketRecord> {
  const { title, description, severity, category, labels, externalUrl } = input
  return applyChange(context, user, known, given({ title, description, severity, category, labels, externalUrl }))
}
