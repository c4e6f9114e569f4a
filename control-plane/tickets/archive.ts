import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { announceTicket } from "./announce.ts"
import { type Actor, refuseUnfinished } from "./edit.ts"
import { findTickets, setArchived, type TicketRecord } from "./store.ts"

/** Archives tickets by ids or keys, or brings them back: all of them or none. Those that are so already stay as they are. */
export async function archiveTickets(
  context: Context,
  { user, ids, archived }: { user: Actor; ids: readonly string[]; archived: boolean },
): Promise<TicketRecord[]> {
  const found = (await findTickets(context, ids)).filter(({ projectId }) => !context.reach.hidden.includes(projectId))
  refuseUnknown(ids, found)
  for (const { projectId } of found) context.reach.check(projectId, "ticket")
  const changing = found.filter(({ archivedAt }) => (archivedAt === null) === archived)
  if (changing.length === 0) return found
  if (archived) await refuseUnfinished(context, changing)
  const archivedAt = archived ? context.now() : null
  await setArchived(context, {
    ids: changing.map(({ id }) => id),
    archivedAt,
    entry: { act: archived ? "archived" : "unarchived", actor: user.name, detail: { userId: user.id } },
  })
  await Promise.all(changing.map((ticket) => announceTicket(context, ticket)))
  return found.map((ticket) => (changing.includes(ticket) ? { ...ticket, archivedAt } : ticket))
}

function refuseUnknown(ids: readonly string[], found: readonly TicketRecord[]): void {
  const known = new Set(found.flatMap(({ id, key }) => [id, key]))
  const fields = Object.fromEntries(ids.flatMap((id, index) => (known.has(id) ? [] : [[`ids.${index}`, "names no ticket"]])))
  const [first] = Object.keys(fields)
  if (first) throw new AppError("request.invalid", `Nothing was archived: ${first} names no ticket.`, { fields })
}
