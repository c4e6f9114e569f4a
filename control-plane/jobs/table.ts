import { sql } from "drizzle-orm"
import { index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { Job, JobKind, JobStatus } from "#contract/jobs.ts"
import { createdAt, id, json, updatedAt } from "../db/columns.ts"
import type { FullSpec } from "./spec.ts"

export const jobs = sqliteTable(
  "jobs",
  {
    id: id(),
    kind: text("kind").$type<JobKind>().notNull(),
    projectId: text("project_id").notNull(),
    ticketId: text("ticket_id"),
    clankerId: text("clanker_id").notNull(),
    /** One unfinished job per key: `ticket:<id>:<phase>`, or the job's own id where nothing excludes it. */
    exclusive: text("exclusive").notNull(),
    requestedBy: text("requested_by").notNull(),
    /** Read once by the object's accept; more than 256 KiB lies in R2 and `spec` only points there. */
    spec: json<FullSpec | { inBucket: string }>("spec").notNull(),
    // A projection of JobObject, guarded by `version`; version 0 was never accepted.
    status: text("status").$type<JobStatus>().notNull(),
    terminal: integer("terminal", { mode: "boolean" }).notNull().default(false),
    snapshot: json<Job>("snapshot"),
    version: integer("version").notNull().default(0),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex("jobs_one_unfinished")
      .on(table.exclusive)
      .where(sql`terminal = 0`),
    index("jobs_created").on(table.createdAt),
    index("jobs_ticket").on(table.ticketId, table.createdAt),
    index("jobs_project").on(table.projectId, table.createdAt),
    index("jobs_clanker").on(table.clankerId, table.createdAt),
    index("jobs_unfinished").on(table.terminal, table.updatedAt),
  ],
)

/** What deleted jobs used. A row of `jobs` goes with its job; what was spent stays spent. */
export const deletedJobUsage = sqliteTable(
  "deleted_job_usage",
  {
    id: id(),
    kind: text("kind").$type<JobKind>().notNull(),
    projectId: text("project_id").notNull(),
    ticketId: text("ticket_id"),
    scheduleId: text("schedule_id"),
    clankerId: text("clanker_id").notNull(),
    model: text("model"),
    status: text("status").$type<JobStatus>().notNull(),
    inputTokens: integer("input_tokens").notNull(),
    outputTokens: integer("output_tokens").notNull(),
    costUsd: real("cost_usd"),
    computeMs: integer("compute_ms").notNull(),
    started: integer("started", { mode: "boolean" }).notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index("deleted_job_usage_created").on(table.createdAt),
    index("deleted_job_usage_project").on(table.projectId, table.createdAt),
  ],
)
