import type { TicketPatch } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import { announceTicket } from "./announce.ts"
import { removeFiles } from "./attachment-files.ts"
import {
  findTicket,
  findTickets,
  removeTicket,
  setOverride,
  type TicketChange,
  type TicketRecord,
  updateTicket,
  type WholeTicket,
} from "./store.ts"
import type { Entry } from "./timeline-store.ts"

/** Who acts: names go into what people read, ids into what rules compare. */
export interface Actor {
  id: string
  name: string
}

export async function patchTicket(
  context: Context,
  { user, whole, patch }: { user: Actor; whole: WholeTicket; patch: TicketPatch },
): Promise<WholeTicket> {
  const { status, archived, ...fields } = patch
  const { ticket } = whole
  if (archived === true) refuseUnfinished([whole])
  const changed = await applyChange(context, user, ticket, {
    ...given(fields),
    ...(status === undefined ? {} : { resolved: status === "resolved" }),
    // What a merge has resolved stays so until somebody says otherwise.
    ...(status === "open" && ticket.pullRequest?.state === "merged" ? { reopened: true } : {}),
    ...(archived === undefined ? {} : { archivedAt: archived ? (ticket.archivedAt ?? context.now()) : null }),
  })
  return { ...whole, ticket: changed }
}

/** Writes what differs, and says so in the timeline. */
export async function applyChange(context: Context, user: Actor, ticket: TicketRecord, wanted: TicketChange): Promise<TicketRecord> {
  const before: Record<string, unknown> = ticket
  const fields = Object.entries(wanted).flatMap(([name, value]) => (JSON.stringify(before[name]) === JSON.stringify(value) ? [] : [name]))
  if (fields.length === 0) return ticket
  const entry = (act: Entry["act"], detail: object = {}): Entry => ({
    ...{ ticketId: ticket.id, actor: user.name, act, detail: { userId: user.id, ...detail } },
  })
  const edited = fields.filter((name) => !["resolved", "reopened", "archivedAt"].includes(name))
  const changed = await updateTicket(context, ticket.id, wanted, [
    ...(edited.length > 0 ? [entry("updated", { fields: edited })] : []),
    ...(fields.includes("resolved") || fields.includes("reopened") ? [entry(wanted.resolved ? "resolved" : "reopened")] : []),
    ...(fields.includes("archivedAt") ? [entry(wanted.archivedAt === null ? "unarchived" : "archived")] : []),
  ])
  if (!changed) throw await whyUnchanged(context, ticket)
  await announceTicket(context, changed)
  return changed
}

/** A run has begun since the ticket was read, or the ticket is gone. */
async function whyUnchanged(context: Context, { id }: TicketRecord): Promise<AppError> {
  refuseUnfinished(await findTickets(context, [id]))
  return notFound("ticket")
}

/** Lets execution begin without an approved plan, for a recorded reason; given once. */
export async function overridePhases(
  context: Context,
  { user, whole, reason }: { user: Actor; whole: WholeTicket; reason: string },
): Promise<WholeTicket> {
  const { ticket } = whole
  refuseArchived(ticket)
  const override = { reason, by: user.name, at: iso(context.now()), opens: "execution" as const }
  const entry: Entry = { ticketId: ticket.id, act: "overridden", actor: user.name, detail: { userId: user.id, reason } }
  if (!(await setOverride(context, ticket.id, override, entry)))
    throw new AppError("override.exists", "This ticket has an override already.")
  await announceTicket(context, ticket)
  return { ...whole, ticket: { ...ticket, override, updatedAt: context.now() } }
}

export async function deleteTicket(context: Context, whole: WholeTicket): Promise<void> {
  refuseUnfinished([whole])
  const { ticket } = whole
  // Put away before anything of it goes: from here on no run begins, and one that was faster is seen.
  if (!(await updateTicket(context, ticket.id, { archivedAt: ticket.archivedAt ?? context.now() }, [])))
    throw await whyUnchanged(context, ticket)
  // Files first: a row without its file can be deleted again, a file without its row is found by nobody.
  await removeFiles(context, ticket)
  await removeTicket(context, ticket.id)
  await announceTicket(context, ticket)
}

/** Throws `ticket.job-unfinished` and names the tickets that still have something at work. */
export function refuseUnfinished(tickets: readonly WholeTicket[]): void {
  const busy = tickets.flatMap(({ ticket: { id, key }, jobs }) => {
    const job = jobs.find(({ terminal }) => !terminal)
    return job ? [{ id, key, jobId: job.id }] : []
  })
  const [first] = busy
  if (!first) return
  const keys = busy.map(({ key }) => key).join(", ")
  throw new AppError("ticket.job-unfinished", `A job of ${keys} is not finished yet: cancel it or wait for its end.`, {
    jobId: first.jobId,
    tickets: busy,
  })
}

/** Nothing runs on an archived ticket, and its documents stay as they are. */
export function refuseArchived({ key, archivedAt }: TicketRecord): void {
  if (archivedAt !== null) throw new AppError("ticket.archived", `${key} is archived: bring it back first.`)
}

export const existingTicket = async (context: Context, idOrKey: string): Promise<TicketRecord> =>
  reached(context, await findTicket(context, idOrKey))

/** With what is shown with it. */
export async function existingWhole(context: Context, idOrKey: string): Promise<WholeTicket> {
  const [whole] = await findTickets(context, [idOrKey])
  if (!whole) throw notFound("ticket")
  reached(context, whole.ticket)
  return whole
}

/** A ticket that was looked for, as far as the caller reaches. */
export function reached({ reach }: Context, ticket: TicketRecord | null | undefined): TicketRecord {
  if (!ticket) throw notFound("ticket")
  reach.check(ticket.projectId, "ticket")
  return ticket
}

/** Without the fields that nobody gave. */
export function given<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const name in fields) if (isGiven(fields[name])) kept[name] = fields[name]
  return kept
}
const isGiven = <T>(value: T): value is Exclude<T, undefined> => value !== undefined
