import type { Ticket, TicketCreate, TicketPatch } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { refuseArchived } from "../projects/edit.ts"
import { findProject, takeTicketNumber } from "../projects/store.ts"
import { announceTicket } from "./announce.ts"
import {
  findExternal,
  findTicket,
  insertTicket,
  removeTicket,
  setOverride,
  type TicketChange,
  type TicketRecord,
  updateTicket,
} from "./store.ts"
import type { Entry } from "./timeline-store.ts"

/** Who acts: names go into what people read, ids into what rules compare. */
export interface Actor {
  id: string
  name: string
}

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
  const { startingPhase: phase, overrideReason: reason, externalId = null, externalUrl = null, ...fields } = input
  const taken = await takeTicketNumber(context, input.projectId)
  if (!taken) {
    const project = await findProject(context, input.projectId)
    if (project) refuseArchived(project)
    throw invalid("projectId", "names no project")
  }
  const id = context.newId("ticket")
  const override = phase === "research" || reason === undefined ? null : { reason, by: user.name, at: iso(context.now()), opens: phase }
  const detail = { userId: user.id, source, startingPhase: phase, ...(reason === undefined ? {} : { reason }) }
  return insertTicket(
    context,
    { id, ...taken, ...fields, phase, source, externalId, externalUrl, override, createdBy: user.id },
    { ticketId: id, act: "created", actor: user.name, detail },
  )
}

/** A repeat brings what the source knows now; fields that it left out arrive as their defaults and change nothing. */
async function updateRepeated(
  context: Context,
  { user, known, input }: { user: Actor; known: TicketRecord; input: TicketCreate },
): Promise<TicketRecord> {
  const { title, description, severity, category, labels, externalUrl } = input
  return applyChange(context, user, known, {
    title,
    ...(description === "" ? {} : { description }),
    ...(severity === "medium" ? {} : { severity }),
    ...(category === "General" ? {} : { category }),
    ...(labels.length === 0 ? {} : { labels }),
    ...(externalUrl === undefined ? {} : { externalUrl }),
  })
}

export async function patchTicket(
  context: Context,
  { user, ticket, patch }: { user: Actor; ticket: TicketRecord; patch: TicketPatch },
): Promise<TicketRecord> {
  const { title, description, severity, category, labels, status } = patch
  return applyChange(context, user, ticket, {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(severity === undefined ? {} : { severity }),
    ...(category === undefined ? {} : { category }),
    ...(labels === undefined ? {} : { labels }),
    ...(status === undefined ? {} : { resolved: status === "resolved" }),
  })
}

/** Writes what differs, and says so in the timeline. */
async function applyChange(context: Context, user: Actor, ticket: TicketRecord, wanted: TicketChange): Promise<TicketRecord> {
  const before: Record<string, unknown> = ticket
  const fields = Object.entries(wanted).flatMap(([name, value]) => (JSON.stringify(before[name]) === JSON.stringify(value) ? [] : [name]))
  if (fields.length === 0) return ticket
  const edited = fields.filter((name) => name !== "resolved")
  const entry = { ticketId: ticket.id, actor: user.name }
  const entries: Entry[] = [
    ...(edited.length > 0 ? [{ ...entry, act: "updated" as const, detail: { userId: user.id, fields: edited } }] : []),
    ...(fields.includes("resolved")
      ? [{ ...entry, act: wanted.resolved ? ("resolved" as const) : ("reopened" as const), detail: { userId: user.id } }]
      : []),
  ]
  const changed = await updateTicket(context, ticket.id, wanted, entries)
  if (!changed) throw notFound("ticket")
  await announceTicket(context, changed)
  return changed
}

/** Lets execution begin without an approved plan, for a recorded reason; given once. */
export async function overridePhases(
  context: Context,
  { user, ticket, reason }: { user: Actor; ticket: TicketRecord; reason: string },
): Promise<TicketRecord> {
  const override = { reason, by: user.name, at: iso(context.now()), opens: "execution" as const }
  const entry: Entry = { ticketId: ticket.id, act: "overridden", actor: user.name, detail: { userId: user.id, reason } }
  if (!(await setOverride(context, ticket.id, override, entry)))
    throw new AppError("override.exists", "This ticket has an override already.")
  await announceTicket(context, ticket)
  return { ...ticket, override, updatedAt: context.now() }
}

export async function deleteTicket(context: Context, ticket: TicketRecord): Promise<void> {
  const unfinished = (await jobsOfTickets(context, [ticket.id])).find(({ terminal }) => !terminal)
  if (unfinished)
    throw new AppError("ticket.job-unfinished", "A job of this ticket is not finished yet: cancel it or wait for its end.", {
      jobId: unfinished.id,
    })
  await removeTicket(context, ticket.id)
  await announceTicket(context, ticket)
}

export async function existingTicket(context: Context, idOrKey: string): Promise<TicketRecord> {
  const ticket = await findTicket(context, idOrKey)
  if (!ticket) throw notFound("ticket")
  context.reach.check(ticket.projectId, "ticket")
  return ticket
}
