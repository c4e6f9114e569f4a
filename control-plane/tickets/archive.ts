import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { announceTicket } from "./announce.ts"
import { type Actor, refuseUnfinished } from "./edit.ts"
import { findTickets, setArchived, type WholeTicket } from "./store.ts"

/** Archives tickets by ids or keys, or brings them back: all of them or none. Those that are so already stay as they are. */
export async function archiveTickets(
  context: Context,
  { user, ids, archived }: { user: Actor; ids: readonly string[]; archived: boolean },
): Promise<WholeTicket[]> {
  const found = (await findTickets(context, ids)).filter(({ ticket }) => !context.reach.hidden.includes(ticket.projectId))
  refuseUnknown(ids, found)
  for (const { ticket } of found) context.reach.check(ticket.projectId, "ticket")
  const changing = found.filter(({ ticket }) => (ticket.archivedAt === null) === archived)
  if (changing.length === 0) return found
  if (archived) refuseUnfinished(changing)
  const written = await setArchived(context, {
    ids: changing.map(({ ticket }) => ticket.id),
    archivedAt: archived ? context.now() : null,
    entry: { act: archived ? "archived" : "unarchived", actor: user.name, detail: { userId: user.id } },
  })
  // A run has begun since they were read: its job and this decide it in the database, and that came first.
  if (archived && written.length === 0) refuseUnfinished(await findTickets(context, ids))
  await Promise.all(written.map((ticket) => announceTicket(context, ticket)))
  const now = new Map(written.map((ticket) => [ticket.id, ticket]))
  return found.map((one) => ({ ...one, ticket: now.get(one.ticket.id) ?? one.ticket }))
}

function refuseUnknown(ids: readonly string[], found: readonly WholeTicket[]): void {
  const known = new Set(found.flatMap(({ ticket }) => [ticket.id, ticket.key]))
  const fields = Object.fromEntries(ids.flatMap((id, index) => (known.has(id) ? [] : [[`ids.${index}`, "names no ticket"]])))
  const [first] = Object.keys(fields)
  if (first) throw new AppError("request.invalid", `Nothing was archived: ${first} names no ticket.`, { fields })
}
