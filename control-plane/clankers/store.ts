import { and, eq, like, lt, lte, or, type SQL, sql } from "drizzle-orm"
import type { Context } from "../context.ts"
import { inList } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { type DeploymentState, standing } from "./deployment.ts"
import { type ConfigFile, fileRow, type Revision } from "./revision-store.ts"
import { clankerConfigFiles, clankerRevisions, clankers } from "./table.ts"

type ClankerRow = typeof clankers.$inferSelect
export type ClankerRecord = ClankerRow & { current: Revision }
export interface About {
  name: string
  description: string
  maxConcurrency: number
}

const { agent, agentSettings, deploymentConfig, secretIds, maxExecutionTime } = clankerRevisions
const withCurrent = (db: Context["db"]) =>
  db
    .select({ row: clankers, current: { agent, agentSettings, deploymentConfig, secretIds, maxExecutionTime } })
    .from(clankers)
    .innerJoin(clankerRevisions, and(eq(clankerRevisions.clankerId, clankers.id), eq(clankerRevisions.revision, clankers.revision)))
    .$dynamic()
const toRecord = ({ row, current }: { row: ClankerRow; current: Revision }): ClankerRecord => ({ ...row, current })

const named = (idOrSlug: string) => or(eq(clankers.id, idOrSlug), eq(clankers.slug, idOrSlug))
export const clankerQuery = ({ db }: Context, idOrSlug: string) => withCurrent(db).where(named(idOrSlug)).limit(1)
/** The newest revision's, by path. */
export const filesQuery = ({ db }: Context, idOrSlug: string) =>
  db
    .select({ path: clankerConfigFiles.path, content: clankerConfigFiles.content })
    .from(clankerConfigFiles)
    .innerJoin(clankers, filesOfNewest)
    .where(named(idOrSlug))
    .orderBy(clankerConfigFiles.path)
/** The same without their contents. */
export const sizesQuery = ({ db }: Context, idOrSlug: string) =>
  db
    .select({ path: clankerConfigFiles.path, size: clankerConfigFiles.size })
    .from(clankerConfigFiles)
    .innerJoin(clankers, filesOfNewest)
    .where(named(idOrSlug))
    .orderBy(clankerConfigFiles.path)
const filesOfNewest = and(eq(clankers.id, clankerConfigFiles.clankerId), eq(clankers.revision, clankerConfigFiles.revision))

export const toClanker = ([found]: Awaited<ReturnType<typeof clankerQuery>>): ClankerRecord | null => (found ? toRecord(found) : null)

export const findClanker = async (context: Context, idOrSlug: string): Promise<ClankerRecord | null> =>
  toClanker(await clankerQuery(context, idOrSlug))

/** The ids that there are. */
export const clankersAmong = ({ db }: Context, ids: readonly string[]) =>
  db.select({ id: clankers.id }).from(clankers).where(inList(clankers.id, ids))

export const clankerNames = ({ db }: Context, ids: SQL) =>
  db
    .select({ id: clankers.id, name: clankers.name })
    .from(clankers)
    .where(sql`${clankers.id} IN (${ids})`)

export async function listClankers({ db }: Context, wish: PageWish): Promise<Page<ClankerRecord>> {
  const { after, order, rows: most } = newestFirst(clankers.createdAt, clankers.id, wish)
  const rows = await withCurrent(db)
    .where(after)
    .orderBy(...order)
    .limit(most)
  return pageOf(rows.map(toRecord), wish.limit, byCreation)
}

/** Which clankers have which of these secrets ticked, in the newest revision or the one that serves. `secretIds` selects them. */
export const secretTicks = ({ db }: Context, secretIds: SQL) =>
  db
    .selectDistinct({ secretId: sql<string>`ticked.value`, id: clankers.id, name: clankers.name })
    .from(clankers)
    .innerJoin(
      clankerRevisions,
      and(
        eq(clankerRevisions.clankerId, clankers.id),
        or(eq(clankerRevisions.revision, clankers.revision), eq(clankerRevisions.revision, clankers.servingRevision)),
      ),
    )
    .innerJoin(sql`json_each(${clankerRevisions.secretIds}) AS ticked`, sql`true`)
    .where(sql`ticked.value IN (${secretIds})`)

/** Slugs that are `base` or begin with it. */
export const slugsLike = ({ db }: Context, base: string) =>
  db
    .select({ slug: clankers.slug })
    .from(clankers)
    .where(or(eq(clankers.slug, base), like(clankers.slug, `${base.slice(0, 40)}-%`)))

/** The first free slug of `base`, `base-2`, …; the unique index decides when two ask at once. */
export function freeSlug(rows: readonly { slug: string }[], base: string): string {
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
): Promise<ClankerRecord> {
  const createdAt = now()
  const times = { createdAt, updatedAt: createdAt }
  const [[row]] = await db.batch([
    db
      .insert(clankers)
      .values({ id, slug, ...about, revision: 1, status: "inactive", acceptsJobs: false, steps: [], version: 0, ...times })
      .returning(),
    db.insert(clankerRevisions).values({ clankerId: id, revision: 1, ...revision, createdAt }),
    ...files.map((file) => db.insert(clankerConfigFiles).values(fileRow(id, 1, file))),
  ])
  if (!row) throw new Error("the clanker was not inserted")
  return { ...row, current: revision }
}

/** The next revision, or only what applies at once when `revision` is null. */
export async function updateClanker(
  { db, now }: Context,
  id: string,
  about: { [Name in keyof About]: About[Name] | undefined },
  next: { number: number; revision: Revision; files: readonly ConfigFile[] } | null,
): Promise<void> {
  const at = now()
  const set = { ...about, updatedAt: at, ...(next ? { revision: next.number } : {}) }
  const update = db.update(clankers).set(set).where(eq(clankers.id, id))
  if (!next) return void (await update)
  await db.batch([
    db.insert(clankerRevisions).values({ clankerId: id, revision: next.number, ...next.revision, createdAt: at }),
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
      facts: standing(state),
      version: state.version,
      updatedAt: now(),
    })
    .where(and(eq(clankers.id, id), lt(clankers.version, state.version)))
}

/** Deployments that should have moved; the longest quiet first. */
export const stuckDeployments = ({ db }: Context, before: number) =>
  db
    .select({ id: clankers.id })
    .from(clankers)
    .where(and(eq(clankers.status, "deploying"), lte(clankers.updatedAt, before)))
    .orderBy(clankers.updatedAt)
    .limit(100)

export async function removeClanker({ db }: Context, id: string): Promise<void> {
  await db.batch([
    db.delete(clankerConfigFiles).where(eq(clankerConfigFiles.clankerId, id)),
    db.delete(clankerRevisions).where(eq(clankerRevisions.clankerId, id)),
    db.delete(clankers).where(eq(clankers.id, id)),
  ])
}
