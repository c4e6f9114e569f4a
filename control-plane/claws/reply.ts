import type { ClawExecution, ClawSchedule, ClawTemplate } from "#contract/claws.ts"
import { iso, isoOrNull } from "../context.ts"
import { nextRuns, readTiming } from "./due.ts"
import type { ExecutionRow } from "./execution-store.ts"
import type { ScheduleRecord } from "./schedule-store.ts"
import type { TemplateRecord } from "./template-store.ts"

const SHOWN_RUNS = 5

export const toTemplate = ({ createdBy: _, createdAt, updatedAt, ...template }: TemplateRecord): ClawTemplate => ({
  ...template,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
})

/** `secret` only where it was made by this very request. */
export function toSchedule(schedule: ScheduleRecord, secret?: string): ClawSchedule {
  const { id, templateId, projectId, name, cron, interval, timeZone, enabled, overlap, missedRuns, runs, failures, pausedReason } = schedule
  return {
    ...{ id, templateId, projectId, name, cron, interval, anchorAt: iso(schedule.anchorAt), timeZone, enabled, overlap, missedRuns },
    nextRunAt: isoOrNull(schedule.nextRunAt),
    nextRuns: runsFrom(schedule),
    ...{ runs, failures, pausedReason },
    webhook: schedule.webhookUrl === null ? null : { url: schedule.webhookUrl, ...(secret === undefined ? {} : { secret }) },
    recent: schedule.recent.map((one) => ({
      ...{ id: one.id, status: one.status, dueAt: iso(one.dueAt) },
      ...(one.reason === null ? {} : { reason: one.reason }),
      ...(one.jobId === null ? {} : { jobId: one.jobId }),
    })),
    createdAt: iso(schedule.createdAt),
    updatedAt: iso(schedule.updatedAt),
  }
}

/** None while nobody looks at it. */
function runsFrom(schedule: ScheduleRecord): string[] {
  const { nextRunAt } = schedule
  const read = readTiming(schedule)
  if (nextRunAt === null || "field" in read) return []
  return [nextRunAt, ...nextRuns(read.timing, nextRunAt, SHOWN_RUNS - 1)].map(iso)
}

export const toExecution = ({
  id,
  scheduleId,
  dueAt,
  trigger,
  status,
  reason,
  jobId,
  pullRequest,
  startedAt,
  endedAt,
}: ExecutionRow): ClawExecution => ({
  ...{ id, scheduleId, dueAt: iso(dueAt), trigger, status },
  ...(reason === null ? {} : { reason }),
  ...(jobId === null ? {} : { jobId }),
  ...(pullRequest === null ? {} : { pullRequest }),
  startedAt: isoOrNull(startedAt),
  endedAt: isoOrNull(endedAt),
})
