import { and, eq, isNull, lt } from "drizzle-orm"
import type { Context } from "../context.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
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

export async function listHosts({ db }: Context, wish: PageWish): Promise<Page<HostRecord>> {
  const { after, order, rows: most } = newestFirst(hosts.createdAt, hosts.id, wish)
  const rows = await db
    .select()
    .from(hosts)
    .where(after)
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, byCreation)
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
