import { z } from "zod"
import { CLAW_LIMITS, EXECUTION_STATUSES, intervalMs, MISSED_RUNS, OVERLAPS } from "./claws.ts"
import { idSchema } from "./ids.schema.ts"
import { branchNameSchema } from "./projects.schema.ts"

const template = {
  name: z.string().trim().min(1, "must not be empty").max(100),
  description: z.string().max(2000),
  /** Null: the project's own. */
  clankerId: idSchema("clanker").nullable(),
  instructions: z.string().max(CLAW_LIMITS.instructions),
  secretIds: z.array(idSchema("secret")).max(50),
  /** Null: the project's own. */
  baseBranch: branchNameSchema.nullable(),
  opensPullRequest: z.boolean(),
}
export const templateCreateSchema = z.strictObject({
  projectId: idSchema("project"),
  name: template.name,
  description: template.description.default(""),
  clankerId: template.clankerId.default(null),
  instructions: template.instructions.refine((text) => text.trim() !== "", "must not be empty"),
  secretIds: template.secretIds.default([]),
  baseBranch: template.baseBranch.default(null),
  opensPullRequest: template.opensPullRequest.default(true),
})
/** What is left out stays; blank instructions stay as they were, too. */
export const templatePatchSchema = z.strictObject(template).partial()
export const templateSchema = z.object({
  id: z.string(),
  projectId: z.string(),
  ...template,
  schedules: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

const timing = {
  cron: z.string().trim().min(1).max(200).nullable(),
  interval: z
    .string()
    .refine(
      (text) => intervalMs(text) !== null,
      "must be a whole number of minutes, hours, days or weeks up to 366 days, such as 90m, 12h, 2d or 1w",
    )
    .nullable(),
  anchorAt: z.iso.datetime({ offset: true, error: "must be an ISO time such as 2026-01-31T09:00:00Z" }).nullable(),
  timeZone: z.string().min(1).max(64),
}
const schedule = {
  name: z.string().trim().min(1, "must not be empty").max(100),
  ...timing,
  enabled: z.boolean(),
  overlap: z.enum(OVERLAPS),
  missedRuns: z.enum(MISSED_RUNS),
}
const webhookUrl = z.url({ protocol: /^https?$/, error: "must be an http(s) URL" }).max(2048)
const webhook = z.strictObject({
  url: webhookUrl,
  /** Signs what is sent, by the Standard Webhooks rules; one is made when none is given. */
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and 24 to 64 bytes in base64")
    .optional(),
})
export const scheduleCreateSchema = z.strictObject({
  templateId: idSchema("clawTemplate"),
  name: schedule.name,
  cron: timing.cron.default(null),
  interval: timing.interval.default(null),
  anchorAt: timing.anchorAt.default(null),
  timeZone: timing.timeZone.default("UTC"),
  enabled: schedule.enabled.default(true),
  overlap: schedule.overlap.default("skip"),
  missedRuns: schedule.missedRuns.default("once"),
  webhook: webhook.nullable().default(null),
})
/** `enabled: true` also resumes a schedule that has paused itself. */
export const schedulePatchSchema = z.strictObject({ ...schedule, webhook: webhook.nullable() }).partial()
export const schedulePreviewSchema = z.strictObject({
  cron: timing.cron.default(null),
  interval: timing.interval.default(null),
  anchorAt: timing.anchorAt.default(null),
  timeZone: timing.timeZone.default("UTC"),
})
export const schedulePreviewReplySchema = z.object({ nextRuns: z.array(z.string()) })

export const executionSchema = z.object({
  id: z.string(),
  scheduleId: z.string(),
  dueAt: z.string(),
  trigger: z.enum(["schedule", "manual"]),
  status: z.enum(EXECUTION_STATUSES),
  reason: z.string().optional(),
  jobId: z.string().optional(),
  pullRequest: z.string().optional(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
})

export const scheduleSchema = z.object({
  id: z.string(),
  templateId: z.string(),
  projectId: z.string(),
  ...schedule,
  anchorAt: z.string(),
  /** Null when it never comes due again, and while it is disabled or paused. */
  nextRunAt: z.string().nullable(),
  nextRuns: z.array(z.string()),
  runs: z.number().int(),
  /** In a row; a success sets it to 0. */
  failures: z.number().int(),
  pausedReason: z.string().nullable(),
  /** `secret` is answered once, when it was made here. */
  webhook: z.object({ url: webhookUrl, secret: z.string().optional() }).nullable(),
  /** The newest ten, the newest first. */
  recent: z.array(executionSchema.pick({ id: true, status: true, dueAt: true, reason: true, jobId: true })),
  createdAt: z.string(),
  updatedAt: z.string(),
})
