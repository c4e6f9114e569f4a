import type { z } from "zod"
import type {
  executionSchema,
  scheduleCreateSchema,
  schedulePatchSchema,
  schedulePreviewSchema,
  scheduleSchema,
  templateCreateSchema,
  templatePatchSchema,
  templateSchema,
} from "./claws.schema.ts"

/** What happens when a run is due and the one before has not ended: leave it out, let one wait, or start it beside. */
export const OVERLAPS = ["skip", "queue", "allow"] as const
export type Overlap = (typeof OVERLAPS)[number]

/** What becomes of due times that passed while nobody looked: one run stands for them all, or none does. */
export const MISSED_RUNS = ["once", "skip"] as const
export type MissedRuns = (typeof MISSED_RUNS)[number]

export const EXECUTION_STATUSES = ["pending", "running", "succeeded", "failed", "skipped", "cancelled"] as const
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number]

export const CLAW_LIMITS = {
  instructions: 50_000,
  /** Failures in a row after which a schedule pauses itself. */
  failuresBeforePause: 5,
  /** Shortest and longest interval, milliseconds. */
  minIntervalMs: 60_000,
  maxIntervalMs: 366 * 86_400_000,
} as const

export type ClawTemplate = z.infer<typeof templateSchema>
export type ClawTemplateCreate = z.infer<typeof templateCreateSchema>
export type ClawTemplatePatch = z.infer<typeof templatePatchSchema>
export type ClawSchedule = z.infer<typeof scheduleSchema>
export type ClawScheduleCreate = z.infer<typeof scheduleCreateSchema>
export type ClawSchedulePatch = z.infer<typeof schedulePatchSchema>
export type ClawSchedulePreview = z.infer<typeof schedulePreviewSchema>
export type ClawExecution = z.infer<typeof executionSchema>

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** `90m`, `12h`, `2d`, `1w` in milliseconds; null for anything else. A day is 24 hours: for a time of day there is cron. */
export function intervalMs(text: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,5})([mhdw])$/.exec(text.trim()) ?? []
  if (count === undefined || (unit !== "m" && unit !== "h" && unit !== "d" && unit !== "w")) return null
  const ms = Number(count) * UNITS[unit]
  return ms > CLAW_LIMITS.maxIntervalMs ? null : ms
}

/** What a schedule's webhook is told; the standard's `type`. */
export const WEBHOOK_EVENTS = ["claw.execution.started", "claw.execution.ended", "claw.schedule.paused"] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]
