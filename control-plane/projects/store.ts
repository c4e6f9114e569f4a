import { and, eq, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Phase } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { type Id, isNullIn, notOf } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { grantItem } from "./grant-store.ts"
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
  | "visibility"
>
/** Of the slugs and of the keys it gets the first that is free. */
export type NewProject = Editable & { id: string; slugs: readonly string[]; keys: readonly string[] }
export type ProjectChange = { [K in keyof Editable | "key" | "archivedAt"]?: ProjectRecord[K] | undefined }

const named = (idOrSlug: Id) => or(eq(projects.id, idOrSlug), eq(projects.slug, idOrSlug))
export const projectQuery = ({ db }: Context, idOrSlug: Id) => db.select().from(projects).where(named(idOrSlug)).limit(1)

/** For what is asked in one batch with the project. */
export const idOfProject = (idOrSlug: Id): SQL => sql`(SELECT ${projects.id} FROM ${projects} WHERE ${named(idOrSlug)})`

export async function findProject(context: Context, idOrSlug: string): Promise<ProjectRecord | null> {
  const [row] = await projectQuery(context, idOrSlug)
  return row ?? null
}

/** `ids` selects them. */
export const projectsQuery = ({ db }: Context, ids: SQL) =>
  db
    .select()
    .from(projects)
    .where(sql`${projects.id} IN (${ids})`)

export const projectNames = ({ db }: Context, ids: SQL) =>
  db
    .select({ id: projects.id, name: projects.name })
    .from(projects)
    .where(sql`${projects.id} IN (${ids})`)

const limited = sql`(json_extract(${projects.workerSettings}, '$.monthlyBudgetUsd') IS NOT NULL OR json_extract(${projects.workerSettings}, '$.monthlyBudgetTokens') IS NOT NULL)`

/** Those with a budget for a month that are not in the archive. */
export const budgetedProjects = ({ db, reach }: Context) =>
  db
    .select({ id: projects.id, slug: projects.slug, name: projects.name, workerSettings: projects.workerSettings })
    .from(projects)
    .where(and(limited, isNull(projects.archivedAt), notOf(reach.hidden, projects.id)))
export const budgetedIds = sql`SELECT ${projects.id} FROM ${projects} WHERE ${limited}`

/** The one that is meant for a phase; none where `onlyIf` does not hold of the project. */
export const clankerOfPhase = (projectId: Id, phase: Phase, onlyIf: SQL = sql`1 = 1`): SQL =>
  sql`(SELECT COALESCE(json_extract(${projects.phaseClankers}, ${`$.${phase}`}), ${projects.defaultClankerId}) FROM ${projects} WHERE ${projects.id} = ${projectId} AND ${onlyIf})`
/** Of a project: new tickets may start by themselves, all of them or those with certain labels. */
export const startsNewTickets: SQL = sql`(json_extract(${projects.autoStart}, '$.onCreate') OR json_array_length(${projects.autoStart}, '$.labels') > 0)`
/** Of a project: the approval of a plan starts execution. */
export const startsApprovedPlans: SQL = sql`json_extract(${projects.autoStart}, '$.onApproval')`
/** Of a project, by its id: it is there and not archived. */
export const isOpen = (projectId: Id): SQL =>
  sql`EXISTS (SELECT 1 FROM ${projects} WHERE ${projects.id} = ${projectId} AND ${projects.archivedAt} IS NULL)`
/** Selects those of all these projects. */
export const scmSecretsOf = (projectIds: SQL): SQL =>
  sql`SELECT json_extract(${projects.scm}, '$.secretId') FROM ${projects} WHERE ${projects.id} IN (${projectIds})`

export async function listProjects(
  { db, reach }: Context,
  { archived, ...wish }: PageWish & { archived: boolean },
): Promise<Page<ProjectRecord>> {
  const { after, order, rows: most } = newestFirst(projects.createdAt, projects.id, wish)
  const rows = await db
    .select()
    .from(projects)
    .where(and(notOf(reach.hidden, projects.id), archived ? isNotNull(projects.archivedAt) : isNull(projects.archivedAt), after))
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, byCreation)
}

/** The first of these that no project has: decided in the write itself, so that any number of projects can be made at once. */
const firstFree = (column: typeof projects.slug | typeof projects.key, candidates: readonly string[]): SQL =>
  sql`(SELECT candidate.value FROM json_each(${JSON.stringify(candidates)}) AS candidate WHERE NOT EXISTS (SELECT 1 FROM ${projects} WHERE ${column} = candidate.value) ORDER BY candidate.key LIMIT 1)`

/** With the grant of who made it. Null when all the keys are taken; one of the slugs is free. */
export async function insertProject(
  context: Context,
  { slugs, keys, ...project }: NewProject,
  admin: string,
): Promise<ProjectRecord | null> {
  const { db, now } = context
  const named = { slug: firstFree(projects.slug, slugs), key: firstFree(projects.key, keys) }
  try {
    const [[written]] = await db.batch([
      db
        .insert(projects)
        .values({ ...project, ...named, createdAt: now(), updatedAt: now() })
        .returning(),
      grantItem(context, project.id, { userId: admin, role: "admin" }),
    ])
    if (!written) throw new Error("a project was written and not answered")
    return written
  } catch (error) {
    if (isNullIn("projects.key", error)) return null
    throw error
  }
}

/** Null when the project is gone, or has tickets and would get another key. */
export async function updateProject({ db, now }: Context, id: string, change: ProjectChange): Promise<ProjectRecord | null> {
  const [row] = await db
    .update(projects)
    .set({ ...change, updatedAt: now() })
    .where(and(eq(projects.id, id), change.key === undefined ? undefined : eq(projects.nextTicket, 1)))
    .returning()
  return row ?? null
}

/** Archives it, if it is not, as long as `onlyIf` holds: nothing new begins in it from then on. */
export const closingItem = ({ db, now }: Context, id: string, onlyIf: SQL) =>
  db
    .update(projects)
    .set({ archivedAt: sql`COALESCE(${projects.archivedAt}, ${now()})` })
    .where(and(eq(projects.id, id), onlyIf))

/** Takes the number of the project's next ticket, which is never given back. None where `onlyIf` does not hold, or the project is gone or archived. */
export const takeTicketNumber = ({ db }: Context, projectId: string, onlyIf: SQL) =>
  db
    .update(projects)
    .set({ nextTicket: sql`${projects.nextTicket} + 1` })
    .where(and(eq(projects.id, projectId), isNull(projects.archivedAt), onlyIf))
    .returning({ key: projects.key, next: projects.nextTicket })

export const projectsUsingClanker = ({ db }: Context, clankerId: Id) =>
  db
    .select({ id: projects.id, name: projects.name })
    .from(projects)
    .where(
      or(
        eq(projects.defaultClankerId, clankerId),
        sql`EXISTS (SELECT 1 FROM json_each(${projects.phaseClankers}) WHERE value = ${clankerId})`,
      ),
    )
    .limit(100)

/** `secretIds` selects them. */
export function projectsUsingSecrets({ db }: Context, secretIds: SQL) {
  const secretId = sql<string>`json_extract(${projects.scm}, '$.secretId')`
  return db
    .select({ secretId, id: projects.id, name: projects.name })
    .from(projects)
    .where(and(isNotNull(projects.scm), sql`${secretId} IN (${secretIds})`))
}

/** For the batch that deletes a project with everything that is its own. */
export const removalOfProject = ({ db }: Context, id: string): BatchItem<"sqlite"> => db.delete(projects).where(eq(projects.id, id))
