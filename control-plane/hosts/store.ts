import { and, desc, eq, isNull, lt, or } from "drizzle-orm"
import type { Context } from "../context.ts"
import { readCursor, writeCursor } from "../db/cursor.ts"
import type { HostRow as HostState } from "./book.ts"
import { hosts } from "./table.ts"

export type HostRecord = typeof hosts.$inferSelect

export async function insertHost({ db, now }: Context, id: string, name: string): Promise<void> {
  await db.insert(hosts).values({ id, name, createdAt: now() })
}

export async function findHost({ db }: Context, id: string): Promise<HostRecord | null> {
  const [row] = await db.select().from(hosts).where(eq(hosts.id, id)).limit(1)
  return row ?? null
}

export async function listHosts(
  { db }: Context,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: HostRecord[]; nextCursor: string | null }> {
  const from = readCursor(cursor)
  const rows = await db
    .select()
    .from(hosts)
    .where(from ? or(lt(hosts.createdAt, from.at), and(eq(hosts.createdAt, from.at), lt(hosts.id, from.id))) : undefined)
    .orderBy(desc(hosts.createdAt), desc(hosts.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? writeCursor({ at: last.createdAt, id: last.id }) : null }
}

export const connectedHosts = ({ db }: Context): Promise<HostRecord[]> =>
  db
    .select()
    .from(hosts)
    .where(and(eq(hosts.connected, true), isNull(hosts.revokedAt)))
    .orderBy(hosts.createdAt)
    .limit(200)

export async function revokeHost({ db, now }: Context, id: string): Promise<void> {
  await db
    .update(hosts)
    .set({ revokedAt: now(), connected: false })
    .where(and(eq(hosts.id, id), isNull(hosts.revokedAt)))
}

/** Writes the object's present truth unless the row already knows a newer one. */
export async function projectHost({ db }: Context, host: HostState): Promise<void> {
  await db
    .update(hosts)
    .set({
      connected: host.connected && !host.revoked,
      engine: host.hello?.engine ?? null,
      slots: host.hello?.slots ?? 0,
      hostVersion: host.hello?.version ?? null,
      lastSeenAt: host.lastSeenAt,
      projection: host.projection,
    })
    .where(and(eq(hosts.id, host.id), lt(hosts.projection, host.projection)))
}
