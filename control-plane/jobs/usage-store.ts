import { type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { UsageGroup, UsageSums } from "#contract/usage.ts"
import type { Context } from "../context.ts"
import type { Id } from "../db/client.ts"
import { deletedJobUsage, jobs } from "./table.ts"

const inSnapshot = (path: string) => sql`json_extract(${jobs.snapshot}, ${sql.raw(`'$.${path}'`)})`

/** One row for each job that was accepted, in the columns of `deleted_job_usage`: what its newest snapshot says. */
const ofJobs = sql`SELECT
  ${jobs.id} AS id, ${jobs.kind} AS kind, ${jobs.projectId} AS project_id, ${jobs.ticketId} AS ticket_id,
  ${inSnapshot("scheduleId")} AS schedule_id, ${jobs.clankerId} AS clanker_id, ${inSnapshot("model")} AS model, ${jobs.status} AS status,
  ${inSnapshot("usage.inputTokens")} AS input_tokens, ${inSnapshot("usage.outputTokens")} AS output_tokens,
  ${inSnapshot("usage.costUsd")} AS cost_usd, ${inSnapshot("usage.computeMs")} AS compute_ms,
  ${inSnapshot("startedAt")} IS NOT NULL AS started, ${jobs.createdAt} AS created_at
  FROM ${jobs} WHERE ${jobs.snapshot} IS NOT NULL`
const ofDeleted = sql`SELECT id, kind, project_id, ticket_id, schedule_id, clanker_id, model, status, input_tokens, output_tokens, cost_usd, compute_ms, started, created_at FROM ${deletedJobUsage} WHERE 1 = 1`

/** For the batch that deletes an ended job. */
export const keepUsageItem = ({ db }: Context, jobId: string): BatchItem<"sqlite"> =>
  db
    .insert(deletedJobUsage)
    .select(sql`${ofJobs} AND ${jobs.id} = ${jobId} AND ${jobs.terminal} = 1`)
    .onConflictDoNothing()

export interface UsageFilter {
  /** Epoch milliseconds, the end not included; null without a limit. */
  from: number | null
  to: number | null
  hidden: readonly string[]
  projectId?: string | undefined
  clankerId?: string | undefined
  ticketId?: string | undefined
  scheduleId?: string | undefined
}

const KEYS = {
  day: sql`strftime('%Y-%m-%d', created_at / 1000, 'unixepoch')`,
  // A self-test may belong to none.
  project: sql`NULLIF(project_id, '')`,
  ticket: sql`ticket_id`,
  clanker: sql`clanker_id`,
  kind: sql`kind`,
  model: sql`model`,
} as const satisfies Record<UsageGroup, SQL>

const sum = (of: SQL, name: string) => sql<number>`COALESCE(SUM(${of}), 0)`.as(name)
const SUMS = {
  jobs: sql<number>`COUNT(*)`.as("jobs"),
  succeeded: sum(sql`status = 'succeeded'`, "succeeded"),
  failed: sum(sql`status = 'failed'`, "failed"),
  inputTokens: sum(sql`input_tokens`, "inputTokens"),
  outputTokens: sum(sql`output_tokens`, "outputTokens"),
  costUsd: sum(sql`cost_usd`, "costUsd"),
  unknownCost: sum(sql`cost_usd IS NULL AND started`, "unknownCost"),
  computeMs: sum(sql`compute_ms`, "computeMs"),
}

export type UsageRow = UsageSums & { key: string | null }

/** For one batch: the groups, the dearest first (days in order), and the sum of all with the number of groups. */
export function usageQueries({ db }: Context, filter: UsageFilter, { groupBy, limit }: { groupBy: UsageGroup; limit: number }) {
  const used = sql`(${usedJobs(filter)}) AS used`
  const key = KEYS[groupBy]
  const order = groupBy === "day" ? sql`key` : sql`"costUsd" DESC, jobs DESC, key`
  return [
    db
      .select({ key: sql<string | null>`${key}`.as("key"), ...SUMS })
      .from(used)
      .groupBy(sql`1`)
      .orderBy(order)
      .limit(limit),
    db
      // Null is a group of its own.
      .select({ ...SUMS, groups: sql<number>`COUNT(DISTINCT ${key}) + COALESCE(MAX(${key} IS NULL), 0)`.as("groups") })
      .from(used),
  ] as const
}

function usedJobs({ from, to, hidden, projectId, clankerId, ticketId, scheduleId }: UsageFilter): SQL {
  const conditions = [
    from === null ? null : sql`created_at >= ${from}`,
    to === null ? null : sql`created_at < ${to}`,
    projectId === undefined ? null : sql`project_id = ${projectId}`,
    clankerId === undefined ? null : sql`clanker_id = ${clankerId}`,
    ticketId === undefined ? null : sql`ticket_id = ${ticketId}`,
    hidden.length === 0 ? null : sql`project_id NOT IN (SELECT value FROM json_each(${JSON.stringify(hidden)}))`,
  ].flatMap((condition) => condition ?? [])
  const all = conditions.map((condition) => sql` AND ${condition}`)
  const more = sql.join(all)
  const ofSchedule = scheduleId === undefined ? sql`` : sql` AND schedule_id = ${scheduleId}`
  const ofSnapshot = scheduleId === undefined ? sql`` : sql` AND ${inSnapshot("scheduleId")} = ${scheduleId}`
  return sql`${ofJobs}${more}${ofSnapshot} UNION ALL ${ofDeleted}${more}${ofSchedule}`
}

const SPENT = {
  costUsd: sum(sql`cost_usd`, "costUsd"),
  unknownCostTokens: sum(sql`CASE WHEN cost_usd IS NULL THEN input_tokens + output_tokens END`, "unknownCostTokens"),
}

const spentFrom = (projectIds: SQL, from: number): SQL => {
  const since = sql` AND project_id IN (${projectIds}) AND created_at >= ${from}`
  return sql`(${ofJobs}${since} UNION ALL ${ofDeleted}${since}) AS used`
}

/** For the batch of a run's other facts: one row. */
export const spentQuery = ({ db }: Context, projectId: Id, from: number) => db.select(SPENT).from(spentFrom(sql`SELECT ${projectId}`, from))

/** A row for each of these projects that has used something. */
export const spentOfProjects = ({ db }: Context, projectIds: SQL, from: number) =>
  db
    .select({ projectId: sql<string>`project_id`.as("projectId"), ...SPENT })
    .from(spentFrom(projectIds, from))
    .groupBy(sql`1`)
