import { and, eq, sql } from "drizzle-orm"
import type { Context } from "../context.ts"
import { newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { auditLog } from "./table.ts"

export type Act = typeof auditLog.$inferSelect

/** One row for each changing act that was carried out. Never holds a body: secrets pass through some of them. */
export async function recordAct({ db, now, newId }: Context, act: Omit<Act, "id" | "at">): Promise<void> {
  await db.insert(auditLog).values({ id: newId("request"), at: now(), ...act })
}

export async function listActs(
  { db }: Context,
  { actorId, subject, ...wish }: PageWish & { actorId?: string | undefined; subject?: string | undefined },
): Promise<Page<Act>> {
  const { after, order, rows: most } = newestFirst(auditLog.at, auditLog.id, wish)
  const rows = await db
    .select()
    .from(auditLog)
    .where(
      and(
        actorId === undefined ? undefined : eq(auditLog.actor, actorId),
        subject === undefined ? undefined : sql`instr(${auditLog.subject}, ${subject}) > 0`,
        after,
      ),
    )
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, ({ at, id }) => ({ at, id }))
}
