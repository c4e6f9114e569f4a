import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import { sql } from "drizzle-orm"
import type { ExecutionStatus, MissedRuns, Overlap, WebhookEvent } from "#contract/claws.ts"
import { at, createdAt, flag, id, json, updatedAt } from "../db/columns.ts"

/** What a recurring task is to do. */
export const clawTemplates = sqliteTable(
  "claw_templates",
  {
    id: id(),
    projectId: text("project_id").notNull(),
    name: text("name").notNull(),
    description: text("description").notNull(),
    clankerId: text("clanker_id"),
    instructions: text("instructions").notNull(),
    secretIds: json<string[]>("secret_ids").notNull(),
    baseBranch: text("base_branch"),
    opensPullRequest: flag("opens_pull_request").notNull(),
    createdBy: text("created_by").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex("claw_templates_name").on(table.projectId, table.name),
    index("claw_templates_created").on(table.createdAt),
    index("claw_templates_clanker").on(table.clankerId),
  ],
)

/** When it is to do it. */
export const clawSchedules = sqliteTable(
  "claw_schedules",
  {
    id: id(),
    templateId: text("template_id").notNull(),
    projectId: text("project_id").notNull(),
    name: text("name").notNull(),
    cron: text("cron"),
    interval: text("interval"),
    anchorAt: at("anchor_at").notNull(),
    timeZone: text("time_zone").notNull(),
    enabled: flag("enabled").notNull(),
    overlap: text("overlap").$type<Overlap>().notNull(),
    missedRuns: text("missed_runs").$type<MissedRuns>().notNull(),
    webhookUrl: text("webhook_url"),
    /** The signing secret, sealed. */
    webhookSealed: text("webhook_sealed"),
    /** Null while it is not looked at: disabled, paused, or never due again. */
    nextRunAt: at("next_run_at"),
    /** Whose tick moved `nextRunAt` last: what it inserts belongs to that move and no other. */
    claim: text("claim"),
    runs: integer("runs").notNull().default(0),
    /** In a row. */
    failures: integer("failures").notNull().default(0),
    pausedReason: text("paused_reason"),
    createdBy: text("created_by").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index("claw_schedules_due").on(table.nextRunAt),
    index("claw_schedules_template").on(table.templateId),
    index("claw_schedules_created").on(table.createdAt),
  ],
)

/** One occasion: one row per schedule and due time, whatever became of it. */
export const clawExecutions = sqliteTable(
  "claw_executions",
  {
    id: id(),
    scheduleId: text("schedule_id").notNull(),
    projectId: text("project_id").notNull(),
    dueAt: integer("due_at").notNull(),
    trigger: text("trigger").$type<"schedule" | "manual">().notNull(),
    status: text("status").$type<ExecutionStatus>().notNull(),
    reason: text("reason"),
    jobId: text("job_id"),
    pullRequest: text("pull_request"),
    /** Who asked for it; the schedule's maker for one that came due. */
    requestedBy: text("requested_by").notNull(),
    createdAt: createdAt(),
    startedAt: at("started_at"),
    endedAt: at("ended_at"),
  },
  (table) => [
    uniqueIndex("claw_executions_due").on(table.scheduleId, table.dueAt),
    // What is open is little among all that was: who asks for it says the same words, or SQLite does not see this index.
    index("claw_executions_open")
      .on(table.scheduleId, table.dueAt)
      .where(sql`status IN ('pending', 'running')`),
  ],
)

/** What a webhook has to be told, until it has been. `id` is the message's id, the same at every try. */
export const clawDeliveries = sqliteTable(
  "claw_deliveries",
  {
    id: id(),
    scheduleId: text("schedule_id").notNull(),
    event: text("event").$type<WebhookEvent>().notNull(),
    /** The execution, or the schedule with the time of its pause: each is told of once. */
    subject: text("subject").notNull(),
    body: text("body").notNull(),
    tries: integer("tries").notNull().default(0),
    /** Null when it was delivered, or given up. */
    nextAt: at("next_at"),
    deliveredAt: at("delivered_at"),
    lastError: text("last_error"),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex("claw_deliveries_once").on(table.event, table.subject),
    index("claw_deliveries_next").on(table.nextAt),
    index("claw_deliveries_schedule").on(table.scheduleId, table.createdAt),
  ],
)
