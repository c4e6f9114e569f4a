import type { Context } from "../context.ts"
import { AppError, wordsOf } from "../errors.ts"
import { announce } from "../feed/announce.ts"
import { randomHex } from "../hash.ts"
import { findStored } from "../jobs/store.ts"
import { admit } from "./admission.ts"
import { readTiming, settleDue } from "./due.ts"
import { finishExecution } from "./ended.ts"
import { claimDue, type ExecutionRow, type Pending, pendingExecutions, runningItem } from "./execution-store.ts"
import { dueSchedules, type ScheduleRow } from "./schedule-store.ts"
import { jobIdOf, startClaw } from "./start-claw.ts"
import { sendDeliveries } from "./webhook.ts"

/** What cannot be begun for this long, through no fault of its own, has failed. */
const BEGIN_WITHIN_MS = 60 * 60_000

/** The cron's minute for claws: what is due becomes an execution, what is pending begins, what is to be told is told. */
export async function tickClaws(context: Context): Promise<void> {
  const due = await dueSchedules(context, context.now())
  if (due.length > 0)
    await claimDue(
      context,
      due.map((schedule) => settle(context, schedule)),
    )
  await beginPending(context)
  await sendDeliveries(context)
}

function settle(context: Context, schedule: ScheduleRow) {
  const read = readTiming(schedule)
  if ("field" in read) {
    // What was accepted once can stop being readable only with another release: no occasion may be lost silently.
    context.log.error("claw.timing-unreadable", new Error(`${schedule.id}: ${read.field} ${read.sentence}`))
    return {
      schedule,
      due: {
        run: [],
        skipped: [{ dueAt: schedule.nextRunAt ?? context.now(), count: 1, reason: `${read.field} ${read.sentence}` }],
        nextRunAt: null,
      },
      claim: randomHex(8),
    }
  }
  const { nextRunAt, missedRuns } = schedule
  return {
    schedule,
    due: settleDue(read.timing, { nextRunAt: nextRunAt ?? context.now(), missedRuns }, context.now()),
    claim: randomHex(8),
  }
}

/** Those of one schedule one after the other: each decides what the next one finds. */
export async function beginPending(context: Context, only?: { scheduleId: string }): Promise<void> {
  const pending = await pendingExecutions(context, only)
  const schedules = Map.groupBy(pending, ({ execution }) => execution.scheduleId)
  await Promise.all([...schedules.values()].map((own) => beginInOrder(context, own)))
}

async function beginInOrder(context: Context, own: readonly Pending[]): Promise<void> {
  let [running, waiting] = [own[0]?.running ?? 0, 0]
  for (const { execution, overlap } of own) {
    const admission = admit({ overlap, running, waitingBefore: waiting })
    if (admission.kind === "skip") await finishExecution(context, execution, { status: "skipped", reason: admission.reason })
    else if (admission.kind === "wait") waiting += 1
    else if (await begin(context, execution)) running += 1
  }
}

/** Whether it runs now. */
async function begin(context: Context, execution: ExecutionRow): Promise<boolean> {
  try {
    await startClaw(context, execution)
  } catch (error) {
    if (await isStarted(context, execution)) return true
    const late = context.now() - execution.createdAt > BEGIN_WITHIN_MS
    if (!(error instanceof AppError) && !late) {
      context.log.warn("claw.not-begun", { execution: execution.id, error: wordsOf(error) })
      return false
    }
    await finishExecution(context, execution, {
      status: "failed",
      reason: error instanceof AppError ? error.message : `could not be started within an hour: ${wordsOf(error)}`,
    })
    return false
  }
  await announce(context, "claw", { id: execution.scheduleId, projectId: execution.projectId })
  return true
}

/** Somebody else has made its job: two ticks, or one that died between the job and its word. */
async function isStarted(context: Context, { id }: ExecutionRow): Promise<boolean> {
  const jobId = jobIdOf(id)
  if (!(await findStored(context, jobId))) return false
  const item = runningItem(context, id, jobId)
  await context.db.batch([item])
  return true
}
