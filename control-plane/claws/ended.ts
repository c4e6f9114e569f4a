import { sql } from "drizzle-orm"
import { CLAW_LIMITS } from "#contract/claws.ts"
import { type Context, iso } from "../context.ts"
import { announce } from "../feed/announce.ts"
import type { EndedJob } from "../jobs/effects.ts"
import { deliveryItem } from "./delivery-store.ts"
import { type End, endExecution, type ExecutionRow, findExecution } from "./execution-store.ts"
import { clawSchedules } from "./table.ts"

/** What the end of a claw's job means for its execution and schedule. Running it again changes nothing. */
export async function clawJobEnded(context: Context, { job, spec }: EndedJob): Promise<void> {
  if (spec.subject.type !== "claw" || (job.status !== "succeeded" && job.status !== "failed" && job.status !== "cancelled")) return
  const execution = await findExecution(context, spec.subject.executionId)
  if (!execution) return
  const reason =
    job.status === "failed"
      ? (job.failure?.message ?? "It failed.")
      : job.status === "succeeded" && !job.pullRequest && !job.commit
        ? "nothing had to be changed"
        : null
  await finishExecution(context, execution, { status: job.status, reason, pullRequest: job.pullRequest?.url ?? null })
}

/** The one way in which an execution ends: counted, told to its webhook, and to the browsers. */
export async function finishExecution(
  context: Context,
  execution: ExecutionRow,
  end: Pick<End, "status" | "reason" | "pullRequest">,
): Promise<void> {
  const { id, scheduleId, projectId, dueAt, jobId } = execution
  const told = {
    ...{ executionId: id, scheduleId, dueAt: iso(dueAt), status: end.status, reason: end.reason },
    ...{ jobId, pullRequest: end.pullRequest ?? null, endedAt: iso(context.now()) },
  }
  // Told by the very failure that filled the measure, not again by those of runs that somebody starts by hand.
  const paused = sql`EXISTS (SELECT 1 FROM ${clawSchedules} WHERE ${clawSchedules.id} = ${scheduleId} AND ${clawSchedules.pausedReason} IS NOT NULL AND ${clawSchedules.failures} = ${CLAW_LIMITS.failuresBeforePause})`
  const ended = await endExecution(context, { id, scheduleId, ...end }, (open) => [
    deliveryItem(context, { scheduleId, event: "claw.execution.ended", subject: id, data: told }, open),
    ...(end.status === "failed"
      ? [
          deliveryItem(
            context,
            { scheduleId, event: "claw.schedule.paused", subject: `${scheduleId}:${id}`, data: { scheduleId, reason: end.reason } },
            sql`${open} AND ${paused}`,
          ),
        ]
      : []),
  ])
  if (ended) await announce(context, "claw", { id: scheduleId, projectId })
}
