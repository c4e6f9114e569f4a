import type { TicketPatch } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { listed } from "../db/client.ts"
import { AppError, notFound } from "../errors.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { announceTicket } from "./announce.ts"
import { removeFiles } from "./attachment-files.ts"
import { findTicket, removeTicket, setOverride, type TicketChange, type TicketRecord, updateTicket } from "./store.ts"
import type { Entry } from "./timeline-store.ts"

/** Who acts: names go into what people read, ids into what rules compare. */
export interface Actor {
  id: string
  name: string
}

export async function patchTicket(
  context: Context,
  { user, ticket, patch }: { user: Actor; ticket: TicketRecord; patch: TicketPatch },
): Promise<TicketRecord> {
  const { status, archived, ...fields } = patch
  if (archived === true) await refuseUnfinished(context, [ticket])
  return applyChange(context, user, ticket, {
    ...given(fields),
    ...(status === undefined ? {} : { resolved: status === "resolved" }),
    // What a merge has resolved stays so until somebody says otherwise.
    ...(status === "open" && ticket.pullRequest?.state === "merged" ? { reopened: true } : {}),
    ...(archived === undefined ? {} : { archivedAt: archived ? (ticket.archivedAt ?? context.now()) : null }),
  })
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
  if (!changed) throw notFound("ticket")
  await announceTicket(context, changed)
  return changed
}

/** Lets execution begin without an approved plan, for a recorded reason; given once. */
export async function overridePhases(
  context: Context,
  { user, ticket, reason }: { user: Actor; ticket: TicketRecord; reason: string },
): Promise<TicketRecord> {
  refuseArchived(ticket)
  const override = { reason, by: user.name, at: iso(context.now()), opens: "execution" as const }
  const entry: Entry = { ticketId: ticket.id, act: "overridden", actor: user.name, detail: { userId: user.id, reason } }
  if (!(await setOverride(context, ticket.id, override, entry)))
    throw new AppError("override.exists", "This ticket has an override already.")
  await announceTicket(context, ticket)
  return { ...ticket, override, updatedAt: context.now() }
}

export async function deleteTicket(context: Context, ticket: TicketRecord): Promise<void> {
  await refuseUnfinished(context, [ticket])
  // Files first: a row without its file can be deleted again, a file without its row is found by nobody.
  await removeFiles(context, ticket)
  await removeTicket(context, ticket.id)
  await announceTicket(context, ticket)
}

/** Throws `ticket.job-unfinished` and names the tickets that still have something at work. */
export async function refuseUnfinished(context: Context, records: readonly TicketRecord[]): Promise<void> {
  const jobs = await jobsOfTickets(context, listed(records.map(({ id }) => id)))
  const busy = records.flatMap(({ id, key }) => {
    const job = jobs.find(({ ticketId, terminal }) => ticketId === id && !terminal)
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
