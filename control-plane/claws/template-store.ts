import { and, eq, getTableColumns, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Context } from "../context.ts"
import { changes, type Id, notOf } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { clawDeliveries, clawExecutions, clawSchedules, clawTemplates } from "./table.ts"

export type TemplateRow = typeof clawTemplates.$inferSelect
export type TemplateRecord = TemplateRow & { schedules: number }
export type TemplateChange = Partial<
  Pick<TemplateRow, "name" | "description" | "clankerId" | "instructions" | "secretIds" | "baseBranch" | "opensPullRequest">
>

// Nested, because drizzle writes the columns of a selected expression without their table.
const schedules = sql`SELECT COUNT(*) FROM ${clawSchedules} WHERE ${clawSchedules.templateId} = ${clawTemplates.id}`
const shown = { ...getTableColumns(clawTemplates), schedules: sql<number>`(${schedules})` }

export const templateQuery = ({ db }: Context, id: Id) =>
  db
    .select(shown)
    .from(clawTemplates)
    .where(sql`${clawTemplates.id} = ${id}`)
    .limit(1)

/** Without the count of its schedules, which a run does not need and which reads each of them. */
export const templateRowQuery = ({ db }: Context, id: Id) =>
  db
    .select()
    .from(clawTemplates)
    .where(sql`${clawTemplates.id} = ${id}`)
    .limit(1)

export async function findTemplate(context: Context, id: string): Promise<TemplateRecord | null> {
  const [row] = await templateQuery(context, id)
  return row ?? null
}

export async function listTemplates(
  { db, reach }: Context,
  { projectId, ...wish }: PageWish & { projectId?: string | undefined },
): Promise<Page<TemplateRecord>> {
  const { after, order, rows: most } = newestFirst(clawTemplates.createdAt, clawTemplates.id, wish)
  const rows = await db
    .select(shown)
    .from(clawTemplates)
    .where(
      and(
        notOf(reach.hidden, clawTemplates.projectId),
        projectId === undefined ? undefined : eq(clawTemplates.projectId, projectId),
        after,
      ),
    )
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, byCreation)
}

/** A broken unique index throws: the project has a template of that name. */
export async function insertTemplate(
  { db, now }: Context,
  template: Omit<TemplateRow, "createdAt" | "updatedAt">,
): Promise<TemplateRecord> {
  const row = { ...template, createdAt: now(), updatedAt: now() }
  await db.insert(clawTemplates).values(row)
  return { ...row, schedules: 0 }
}

/** The same; null when it is gone. */
export async function updateTemplate(context: Context, id: string, change: TemplateChange): Promise<TemplateRecord | null> {
  const [, [row]] = await context.db.batch([
    context.db
      .update(clawTemplates)
      .set({ ...change, updatedAt: context.now() })
      .where(eq(clawTemplates.id, id)),
    templateQuery(context, id),
  ])
  return row ?? null
}

/** False when it has schedules. */
export async function removeTemplate({ db }: Context, id: string): Promise<boolean> {
  const used = sql`EXISTS (SELECT 1 FROM ${clawSchedules} WHERE ${clawSchedules.templateId} = ${clawTemplates.id})`
  return changes(await db.delete(clawTemplates).where(and(eq(clawTemplates.id, id), sql`NOT ${used}`))) > 0
}

/** Templates that name a clanker themselves. */
export const templatesUsingClanker = ({ db }: Context, clankerId: Id) =>
  db
    .select({ id: clawTemplates.id, name: clawTemplates.name })
    .from(clawTemplates)
    .where(sql`${clawTemplates.clankerId} = ${clankerId}`)
    .limit(100)

/** `secretIds` selects them. */
export const templatesUsingSecrets = ({ db }: Context, secretIds: SQL) =>
  db
    .select({ secretId: sql<string>`ticked.value`.as("secretId"), id: clawTemplates.id, name: clawTemplates.name })
    .from(clawTemplates)
    .innerJoin(sql`json_each(${clawTemplates.secretIds}) AS ticked`, sql`ticked.value IN (${secretIds})`)

/** For the batch that deletes a project with everything that is its own. */
export function removalOfClaws({ db }: Context, projectId: string): BatchItem<"sqlite">[] {
  const own = sql`${clawDeliveries.scheduleId} IN (SELECT ${clawSchedules.id} FROM ${clawSchedules} WHERE ${clawSchedules.projectId} = ${projectId})`
  return [
    db.delete(clawDeliveries).where(own),
    db.delete(clawExecutions).where(eq(clawExecutions.projectId, projectId)),
    db.delete(clawSchedules).where(eq(clawSchedules.projectId, projectId)),
    db.delete(clawTemplates).where(eq(clawTemplates.projectId, projectId)),
  ]
}
