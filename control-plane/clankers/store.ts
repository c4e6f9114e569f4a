import { and, desc, eq, like, lt, or, sql } from "drizzle-orm"
import type { Context } from "../context.ts"
import { readCursor, writeCursor } from "../db/cursor.ts"
import type { DeploymentState } from "./deployment.ts"
import { type ConfigFile, fileRow, type Revision } from "./revision-store.ts"
import { clankerConfigFiles, clankerRevisions, clankers } from "./table.ts"

type ClankerRow = typeof clankers.$inferSelect
export type ClankerRecord = ClankerRow & { current: Revision }
export interface About {
  name: string
  description: string
  maxConcurrency: number
}

const withCurrent = (db: Context["db"]) =>
  db
    .select({ row: clankers, current: clankerRevisions })
    .from(clankers)
    .innerJoin(clankerRevisions, and(eq(clankerRevisions.clankerId, clankers.id), eq(clankerRevisions.revision, clankers.revision)))
    .$dynamic()
const toRecord = ({ row, current }: { row: ClankerRow; current: typeof clankerRevisions.$inferSelect }): ClankerRecord => ({
  ...row,
  current,
})

export async function findClanker({ db }: Context, idOrSlug: string): Promise<ClankerRecord | null> {
  const [found] = await withCurrent(db)
    .where(or(eq(clankers.id, idOrSlug), eq(clankers.slug, idOrSlug)))
    .limit(1)
  return found ? toRecord(found) : null
}

export async function listClankers(
  { db }: Context,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: ClankerRecord[]; nextCursor: string | null }> {
  const from = readCursor(cursor)
  const rows = await withCurrent(db)
    .where(from ? or(lt(clankers.createdAt, from.at), and(eq(clankers.createdAt, from.at), lt(clankers.id, from.id))) : undefined)
    .orderBy(desc(clankers.createdAt), desc(clankers.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit).map(toRecord)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? writeCursor({ at: last.createdAt, id: last.id }) : null }
}

export async function clankersUsingSecret(
  { db }: Context,
  secretIds: readonly string[],
): Promise<{ secretId: string; id: string; name: string }[]> {
  if (secretIds.length === 0) return []
  const rows = await db
    .select({ id: clankers.id, name: clankers.name, secretIds: clankerRevisions.secretIds })
    .from(clankers)
    .innerJoin(
      clankerRevisions,
      and(
        eq(clankerRevisions.clankerId, clankers.id),
        or(eq(clankerRevisions.revision, clankers.revision), eq(clankerRevisions.revision, clankers.servingRevision)),
      ),
    )
    .where(
      sql`EXISTS (SELECT 1 FROM json_each(${clankerRevisions.secretIds}) WHERE value IN (SELECT value FROM json_each(${JSON.stringify(secretIds)})))`,
    )
  const used = new Map<string, { secretId: string; id: string; name: string }>()
  for (const row of rows)
    for (const secretId of row.secretIds)
      if (secretIds.includes(secretId)) used.set(`${secretId} ${row.id}`, { secretId, id: row.id, name: row.name })
  return [...used.values()]
}

/** The first free slug of `base`, `base-2`, …; the unique index decides when two ask at once. */
export async function freeSlug({ db }: Context, base: string): Promise<string> {
  const rows = await db
    .select({ slug: clankers.slug })
    .from(clankers)
    .where(or(eq(clankers.slug, base), like(clankers.slug, `${base.slice(0, 40)}-%`)))
  const taken = new Set(rows.map(({ slug }) => slug))
  for (let n = 1; ; n++) {
    const slug = n === 1 ? base : `${base}-${n}`
    if (!taken.has(slug)) return slug
  }
}

export async function insertClanker(
  { db, now }: Context,
  id: string,
  slug: string,
  about: About,
  revision: Revision,
  files: readonly ConfigFile[],
): Promise<void> {
  const times = { createdAt: now(), updatedAt: now() }
  await db.batch([
    db
      .insert(clankers)
      .values({ id, slug, ...about, revision: 1, status: "inactive", acceptsJobs: false, steps: [], version: 0, ...times }),
    db.insert(clankerRevisions).values({ clankerId: id, revision: 1, ...revision, createdAt: now() }),
    ...files.map((file) => db.insert(clankerConfigFiles).values(fileRow(id, 1, file))),
  ])
}

/** The next revision, or only what applies at once when `revision` is null. */
export async function updateClanker(
  { db, now }: Context,
  id: string,
  about: { [Name in keyof About]: About[Name] | undefined },
  next: { number: number; revision: Revision; files: readonly ConfigFile[] } | null,
): Promise<void> {
  const set = { ...about, updatedAt: now(), ...(next ? { revision: next.number } : {}) }
  const update = db.update(clankers).set(set).where(eq(clankers.id, id))
  if (!next) return void (await update)
  await db.batch([
    db.insert(clankerRevisions).values({ clankerId: id, revision: next.number, ...next.revision, createdAt: now() }),
    ...next.files.map((file) => db.insert(clankerConfigFiles).values(fileRow(id, next.number, file))),
    update,
  ])
}

/** Writes the object's present truth unless the row already knows a newer version. */
export async function projectDeployment({ db, now }: Context, id: string, state: DeploymentState): Promise<void> {
  await db
    .update(clankers)
    .set({
      status: state.status,
      statusMessage: state.statusMessage,
      acceptsJobs: state.serving !== null,
      deployedRevision: state.deployedRevision,
      servingRevision: state.serving?.revision ?? null,
      steps: state.steps,
      facts: state.serving?.facts ?? state.work?.facts ?? null,
      version: state.version,
      updatedAt: now(),
    })
    .where(and(eq(clankers.id, id), lt(clankers.version, state.version)))
}

export async function removeClanker({ db }: Context, id: string): Promise<void> {
  await db.batch([
    db.delete(clankerConfigFiles).where(eq(clankerConfigFiles.clankerId, id)),
    db.delete(clankerRevisions).where(eq(clankerRevisions.clankerId, id)),
    db.delete(clankers).where(eq(clankers.id, id)),
  ])
}
