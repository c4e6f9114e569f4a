import { and, desc, eq, isNotNull, lt, or, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Context } from "../context.ts"
import { readCursor, writeCursor } from "../db/cursor.ts"
import { projects } from "./table.ts"

export type ProjectRecord = typeof projects.$inferSelect
type Editable = Pick<
  ProjectRecord,
  | "name"
  | "repositoryUrl"
  | "baseBranch"
  | "pullRequestRepository"
  | "pullRequestBaseBranch"
  | "branchNameTemplate"
  | "scm"
  | "defaultClankerId"
  | "phaseClankers"
  | "autoStart"
  | "workerSettings"
  | "agentInstructions"
>
export type NewProject = Editable & Pick<ProjectRecord, "id" | "slug" | "key">
export type ProjectChange = { [K in keyof Editable]?: Editable[K] | undefined }

export async function findProject({ db }: Context, idOrSlug: string): Promise<ProjectRecord | null> {
  const [row] = await db
    .select()
    .from(projects)
    .where(or(eq(projects.id, idOrSlug), eq(projects.slug, idOrSlug)))
    .limit(1)
  return row ?? null
}

export async function listProjects(
  { db }: Context,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ items: ProjectRecord[]; nextCursor: string | null }> {
  const from = readCursor(cursor)
  const rows = await db
    .select()
    .from(projects)
    .where(from ? or(lt(projects.createdAt, from.at), and(eq(projects.createdAt, from.at), lt(projects.id, from.id))) : undefined)
    .orderBy(desc(projects.createdAt), desc(projects.id))
    .limit(limit + 1)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? writeCursor({ at: last.createdAt, id: last.id }) : null }
}

/** Which of these keys, and which slugs that start like this one, are taken. */
export async function takenNames(
  { db }: Context,
  slug: string,
  keys: readonly string[],
): Promise<{ slugs: Set<string>; keys: Set<string> }> {
  const rows = await db
    .select({ slug: projects.slug, key: projects.key })
    .from(projects)
    .where(
      or(
        sql`substr(${projects.slug}, 1, ${slug.length}) = ${slug}`,
        sql`${projects.key} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`,
      ),
    )
  return { slugs: new Set(rows.map((row) => row.slug)), keys: new Set(rows.map((row) => row.key)) }
}

/** A broken unique index throws: slug and key decide there who was first. */
export async function insertProject({ db, now }: Context, project: NewProject): Promise<void> {
  await db.insert(projects).values({ ...project, createdAt: now(), updatedAt: now() })
}

/** Null when the project is gone. */
export async function updateProject({ db, now }: Context, id: string, change: ProjectChange): Promise<ProjectRecord | null> {
  const [row] = await db
    .update(projects)
    .set({ ...change, updatedAt: now() })
    .where(eq(projects.id, id))
    .returning()
  return row ?? null
}

/** The number of the project's next ticket: taken, never given back. Null when the project is gone. */
export async function takeTicketNumber({ db }: Context, projectId: string): Promise<{ number: number; key: string } | null> {
  const [row] = await db
    .update(projects)
    .set({ nextTicket: sql`${projects.nextTicket} + 1` })
    .where(eq(projects.id, projectId))
    .returning({ next: projects.nextTicket, key: projects.key })
  return row ? { number: row.next - 1, key: `${row.key}-${row.next - 1}` } : null
}

export async function projectsUsingClanker({ db }: Context, clankerId: string): Promise<{ id: string; name: string }[]> {
  return db
    .select({ id: projects.id, name: projects.name })
    .from(projects)
    .where(
      or(
        eq(projects.defaultClankerId, clankerId),
        sql`EXISTS (SELECT 1 FROM json_each(${projects.phaseClankers}) WHERE value = ${clankerId})`,
      ),
    )
    .limit(100)
}

export async function projectsUsingSecrets(
  { db }: Context,
  secretIds: readonly string[],
): Promise<{ secretId: string; id: string; name: string }[]> {
  if (secretIds.length === 0) return []
  const secretId = sql<string>`json_extract(${projects.scm}, '$.secretId')`
  return db
    .select({ secretId, id: projects.id, name: projects.name })
    .from(projects)
    .where(and(isNotNull(projects.scm), sql`${secretId} IN (SELECT value FROM json_each(${JSON.stringify(secretIds)}))`))
}

/** For the batch that deletes a project with everything that is its own. */
export const removalOfProject = ({ db }: Context, id: string): BatchItem<"sqlite"> => db.delete(projects).where(eq(projects.id, id))
