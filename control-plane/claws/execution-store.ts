import { and, eq, inArray, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import { CLAW_LIMITS, type ExecutionStatus } from "#contract/claws.ts"
import type { Context } from "../context.ts"
import { changes } from "../db/client.ts"
import { newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import type { Due } from "./due.ts"
import type { ScheduleRow } from "./schedule-store.ts"
import { clawExecutions, clawSchedules } from "./table.ts"

export type ExecutionRow = typeof clawExecutions.$inferSelect

/**
 * Settles the due times of schedules, all of them in one batch: the schedule moves on only from where it was read, and its
 * executions are written only by the tick that moved it. Whoever comes second writes nothing.
 */
export async function claimDue(context: Context, settled: readonly { schedule: ScheduleRow; due: Due; claim: string }[]): Promise<void> {
  const items = settled.flatMap(({ schedule, due, claim }) => claimItems(context, schedule, due, claim))
  const [first, ...others] = items
  if (first) await context.db.batch([first, ...others])
}

function claimItems({ db, now, newId }: Context, schedule: ScheduleRow, due: Due, claim: string): BatchItem<"sqlite">[] {
  const { id, projectId, createdBy } = schedule
  const execution = (dueAt: number, status: "pending" | "skipped", reason: string | null): BatchItem<"sqlite"> =>
    db
      .insert(clawExecutions)
      .select(
        sql`SELECT ${newId("execution")}, ${id}, ${projectId}, ${dueAt}, 'schedule', ${status}, ${reason}, NULL, NULL, ${createdBy}, ${now()}, NULL, ${status === "skipped" ? now() : null}
        WHERE EXISTS (SELECT 1 FROM ${clawSchedules} WHERE ${clawSchedules.id} = ${id} AND ${clawSchedules.claim} = ${claim})`,
      )
      .onConflictDoNothing()
  return [
    db
      .update(clawSchedules)
      .set({ nextRunAt: due.nextRunAt, claim })
      .where(and(eq(clawSchedules.id, id), sql`${clawSchedules.nextRunAt} = ${schedule.nextRunAt}`)),
    ...due.skipped.map(({ dueAt, reason }) => execution(dueAt, "skipped", reason)),
    ...due.run.map((dueAt) => execution(dueAt, "pending", null)),
  ]
}

/** One that somebody wants at once. */
export function manualItem(context: Context, schedule: ScheduleRow, requestedBy: string) {
  const at = context.now()
  // A due time may be this very millisecond, and so may another click: the newest of them and the one after.
  const taken = sql<number>`MAX(${at}, COALESCE((SELECT MAX(due_at) + 1 FROM ${clawExecutions} WHERE schedule_id = ${schedule.id} AND due_at >= ${at}), 0))`
  return context.db
    .insert(clawExecutions)
    .values({
      id: context.newId("execution"),
      scheduleId: schedule.id,
      projectId: schedule.projectId,
      dueAt: taken,
      trigger: "manual",
      status: "pending",
      requestedBy,
      createdAt: at,
    })
    .returning()
}

const PENDING_AT_ONCE = 100

/** Those that have still to begin and need not wait for the run before, the oldest first, with what of their schedule decides it. */
export type Pending = Awaited<ReturnType<typeof pendingQuery>>[number]

export function pendingQuery({ db }: Context, only?: { scheduleId: string }) {
  const others = (condition: SQL) =>
    sql`SELECT COUNT(*) FROM claw_executions AS other WHERE other.schedule_id = ${clawExecutions.scheduleId} AND other.status IN ('pending', 'running') AND ${condition}`
  const running = sql<number>`(${others(sql`other.status = 'running'`)})`
  const waitingBefore = sql<number>`(${others(sql`other.status = 'pending' AND other.due_at < ${clawExecutions.dueAt}`)})`
  // Many that wait must not stand before others that could begin.
  const waits = sql`${clawSchedules.overlap} = 'queue' AND ${running} > 0 AND ${waitingBefore} = 0`
  return db
    .select({ execution: clawExecutions, overlap: clawSchedules.overlap, running, waitingBefore })
    .from(clawExecutions)
    .innerJoin(clawSchedules, eq(clawSchedules.id, clawExecutions.scheduleId))
    .where(
      and(
        sql`${clawExecutions.status} IN ('pending', 'running')`,
        eq(clawExecutions.status, "pending"),
        only ? eq(clawExecutions.scheduleId, only.scheduleId) : undefined,
        sql`NOT (${waits})`,
      ),
    )
    .orderBy(clawExecutions.dueAt)
    .limit(PENDING_AT_ONCE)
}

export async function listExecutions({ db }: Context, scheduleId: string, wish: PageWish): Promise<Page<ExecutionRow>> {
  const { after, order, rows: most } = newestFirst(clawExecutions.dueAt, clawExecutions.id, wish)
  const rows = await db
    .select()
    .from(clawExecutions)
    .where(and(eq(clawExecutions.scheduleId, scheduleId), after))
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, ({ dueAt, id }) => ({ at: dueAt, id }))
}

export async function findExecution({ db }: Context, id: string): Promise<ExecutionRow | null> {
  const [row] = await db.select().from(clawExecutions).where(eq(clawExecutions.id, id)).limit(1)
  return row ?? null
}

/** For the batch that writes its job. */
export const runningItem = ({ db, now }: Context, id: string, jobId: string): BatchItem<"sqlite"> =>
  db
    .update(clawExecutions)
    .set({ status: "running", jobId, startedAt: now() })
    .where(and(eq(clawExecutions.id, id), eq(clawExecutions.status, "pending")))

export interface End {
  id: string
  scheduleId: string
  status: Exclude<ExecutionStatus, "pending" | "running">
  reason: string | null
  pullRequest?: string | null
}
const OPEN = ["pending", "running"] as const

/**
 * An execution's end, and what it means for its schedule: counted once, because the counting looks at the execution before it
 * ends, in the same batch. `others` happen with it, only then: their condition is given. Says whether this was the end.
 */
export async function endExecution(context: Context, end: End, others: (first: SQL) => BatchItem<"sqlite">[] = () => []): Promise<boolean> {
  const { db, now } = context
  const { id, scheduleId, status, reason, pullRequest = null } = end
  const open = sql`EXISTS (SELECT 1 FROM ${clawExecutions} WHERE ${clawExecutions.id} = ${id} AND ${clawExecutions.status} IN ('pending', 'running'))`
  const failures =
    status === "failed" ? sql`${clawSchedules.failures} + 1` : status === "succeeded" ? sql`0` : sql`${clawSchedules.failures}`
  const pauses = sql`${status} = 'failed' AND ${clawSchedules.failures} + 1 >= ${CLAW_LIMITS.failuresBeforePause} AND ${clawSchedules.pausedReason} IS NULL`
  const sentence = `Paused after ${CLAW_LIMITS.failuresBeforePause} failures in a row, the last of them: ${reason ?? "no reason was given"}`
  const count = db
    .update(clawSchedules)
    .set({
      runs: status === "skipped" ? sql`${clawSchedules.runs}` : sql`${clawSchedules.runs} + 1`,
      failures,
      pausedReason: sql`CASE WHEN ${pauses} THEN ${sentence} ELSE ${clawSchedules.pausedReason} END`,
      nextRunAt: sql`CASE WHEN ${pauses} THEN NULL ELSE ${clawSchedules.nextRunAt} END`,
      updatedAt: now(),
    })
    .where(and(eq(clawSchedules.id, scheduleId), open))
  const finish = db
    .update(clawExecutions)
    .set({ status, reason, pullRequest, endedAt: now() })
    .where(and(eq(clawExecutions.id, id), inArray(clawExecutions.status, OPEN)))
  const [, ...rest] = await db.batch([count, ...others(open), finish])
  const last = rest.at(-1)
  return isResult(last) && changes(last) > 0
}

const isResult = (value: unknown): value is { meta: { changes: number } } => typeof value === "object" && value !== null && "meta" in value
