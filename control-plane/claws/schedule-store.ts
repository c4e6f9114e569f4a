import { and, eq, getTableColumns, isNotNull, lte, sql } from "drizzle-orm"
import type { ExecutionStatus } from "#contract/claws.ts"
import type { Context } from "../context.ts"
import { notOf } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { clawDeliveries, clawExecutions, clawSchedules } from "./table.ts"

export type ScheduleRow = typeof clawSchedules.$inferSelect
export interface Recent {
  id: string
  status: ExecutionStatus
  dueAt: number
  reason: string | null
  jobId: string | null
}
export type ScheduleRecord = ScheduleRow & { recent: Recent[] }
type Own = "id" | "templateId" | "projectId" | "createdBy" | "createdAt" | "updatedAt" | "claim" | "runs"
export type ScheduleChange = Partial<Omit<ScheduleRow, Own>>

const RECENT = 10
// Nested, because drizzle writes the columns of a selected expression without their table.
const newest = sql`SELECT * FROM ${clawExecutions} WHERE ${clawExecutions.scheduleId} = ${clawSchedules.id} ORDER BY due_at DESC LIMIT ${sql.raw(String(RECENT))}`
const recent = sql<
  Recent[]
>`(SELECT json_group_array(json_object('id', id, 'status', status, 'dueAt', due_at, 'reason', reason, 'jobId', job_id)) FROM (${newest}))`
const shown = { ...getTableColumns(clawSchedules), recent: recent.mapWith(JSON.parse) }

const scheduleQuery = ({ db }: Context, id: string) => db.select(shown).from(clawSchedules).where(eq(clawSchedules.id, id)).limit(1)

export async function findSchedule(context: Context, id: string): Promise<ScheduleRecord | null> {
  const [row] = await scheduleQuery(context, id)
  return row ?? null
}

export async function listSchedules(
  { db, reach }: Context,
  { projectId, templateId, ...wish }: PageWish & { projectId?: string | undefined; templateId?: string | undefined },
): Promise<Page<ScheduleRecord>> {
  const { after, order, rows: most } = newestFirst(clawSchedules.createdAt, clawSchedules.id, wish)
  const rows = await db
    .select(shown)
    .from(clawSchedules)
    .where(
      and(
        notOf(reach.hidden, clawSchedules.projectId),
        projectId === undefined ? undefined : eq(clawSchedules.projectId, projectId),
        templateId === undefined ? undefined : eq(clawSchedules.templateId, templateId),
        after,
      ),
    )
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, byCreation)
}

export async function insertSchedule(
  { db, now }: Context,
  schedule: Omit<ScheduleRow, "createdAt" | "updatedAt" | "claim" | "runs">,
): Promise<ScheduleRecord> {
  const row = { ...schedule, claim: null, runs: 0, createdAt: now(), updatedAt: now() }
  await db.insert(clawSchedules).values(row)
  return { ...row, recent: [] }
}

/** Null when it is gone. */
export async function updateSchedule(context: Context, id: string, change: ScheduleChange): Promise<ScheduleRecord | null> {
  const [, [row]] = await context.db.batch([
    context.db
      .update(clawSchedules)
      .set({ ...change, updatedAt: context.now() })
      .where(eq(clawSchedules.id, id)),
    scheduleQuery(context, id),
  ])
  return row ?? null
}

/** With its history. An execution at work keeps its job, which ends like every other. */
export async function removeSchedule({ db }: Context, id: string): Promise<void> {
  await db.batch([
    db.delete(clawDeliveries).where(eq(clawDeliveries.scheduleId, id)),
    db.delete(clawExecutions).where(eq(clawExecutions.scheduleId, id)),
    db.delete(clawSchedules).where(eq(clawSchedules.id, id)),
  ])
}

/** What one look of the cron settles. */
const DUE_AT_ONCE = 100

/** The longest overdue first. Those that are disabled or paused have no `nextRunAt`. */
export const dueSchedules = ({ db, now }: Context) =>
  db
    .select()
    .from(clawSchedules)
    .where(and(isNotNull(clawSchedules.nextRunAt), lte(clawSchedules.nextRunAt, now())))
    .orderBy(clawSchedules.nextRunAt)
    .limit(DUE_AT_ONCE)
