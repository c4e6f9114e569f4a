import { and, desc, eq, lt, or, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { TimelineAct, TimelineEntry } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { type Page, pageOf, type PageWish, readCursor } from "../db/page.ts"
import { ticketTimeline } from "./table.ts"

export interface Entry {
  ticketId: string
  act: TimelineAct
  actor: string
  detail: Record<string, unknown>
  /** Makes a repeated entry a no-op; without one the entry is one of its own. */
  key?: string
}

/** The entry as part of a batch. `onlyIf` ties it to a guarded write that stands before it in the same batch. */
export function entryItem(
  { db, now, newId }: Context,
  { ticketId, act, actor, detail, key = newId("request") }: Entry,
  onlyIf: SQL = sql`1 = 1`,
): BatchItem<"sqlite"> {
  return db
    .insert(ticketTimeline)
    .select(sql`SELECT NULL, ${ticketId}, ${key}, ${now()}, ${actor}, ${act}, ${JSON.stringify(detail)} WHERE ${onlyIf}`)
    .onConflictDoNothing()
}

/** One entry for each of many tickets, in one statement; `onlyIf` as above. */
export const entriesItem = (
  { db, now, newId }: Context,
  ticketIds: readonly string[],
  { act, actor, detail }: Pick<Entry, "act" | "actor" | "detail">,
  onlyIf: SQL,
): BatchItem<"sqlite"> =>
  db
    .insert(ticketTimeline)
    .select(
      sql`SELECT NULL, value, ${newId("request")}, ${now()}, ${actor}, ${act}, ${JSON.stringify(detail)} FROM json_each(${JSON.stringify(ticketIds)}) WHERE ${onlyIf}`,
    )

export async function listTimeline({ db }: Context, ticketId: string, { limit, cursor }: PageWish): Promise<Page<TimelineEntry>> {
  const from = readCursor(cursor)
  const rows = await db
    .select()
    .from(ticketTimeline)
    .where(
      and(
        eq(ticketTimeline.ticketId, ticketId),
        from ? or(lt(ticketTimeline.at, from.at), and(eq(ticketTimeline.at, from.at), lt(ticketTimeline.id, Number(from.id)))) : undefined,
      ),
    )
    .orderBy(desc(ticketTimeline.at), desc(ticketTimeline.id))
    .limit(limit + 1)
  const { items, nextCursor } = pageOf(rows, limit, ({ at, id }) => ({ at, id: String(id) }))
  return { items: items.map(({ at, actor, act, detail }) => ({ at: iso(at), actor, act, detail })), nextCursor }
}
