import type { Context } from "../context.ts"
import type { Answered } from "../db/client.ts"
import { AppError, wordsOf } from "../errors.ts"
import { announce } from "../feed/announce.ts"
import { randomHex } from "../hash.ts"
import { findStored } from "../jobs/store.ts"
import { admit } from "./admission.ts"
import { readTiming, settleDue } from "./due.ts"
import { finishExecution } from "./ended.ts"
import { claimDue, type End, type ExecutionRow, manualItem, type Pending, pendingQuery, runningItem } from "./execution-store.ts"
import { dueSchedules, type ScheduleRow } from "./schedule-store.ts"
import { clawQueries, type ClawFacts, jobIdOf, loadClaw, startClaw, toClawFacts } from "./start-claw.ts"
import { deliveriesToSend, sendDeliveries } from "./webhook.ts"

/** What cannot be begun for this long, through no fault of its own, has failed. */
const BEGIN_WITHIN_MS = 60 * 60_000

/** What the cron's minute asks about claws, for one batch. */
export const clawQuestions = (context: Context) => [dueSchedules(context), pendingQuery(context), deliveriesToSend(context)] as const
export type ClawAnswers = Answered<ReturnType<typeof clawQuestions>>

/** The cron's minute for claws: what is due becomes an execution, what is pending begins, what is to be told is told. */
export async function tickClaws(context: Context, answers?: ClawAnswers): Promise<void> {
  const [due, pending, deliveries] = answers ?? (await context.db.batch(clawQuestions(context)))
  await Promise.all([sendDeliveries(context, deliveries), due.length > 0 ? claimAndBegin(context, due) : beginAll(context, pending)])
}

async function claimAndBegin(context: Context, due: readonly ScheduleRow[]): Promise<void> {
  await claimDue(
    context,
    due.map((schedule) => settle(context, schedule)),
  )
  await beginAll(context, await pendingQuery(context))
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

/** What is pending of a schedule and may begin. */
export const beginPending = async (context: Context, only: { scheduleId: string }): Promise<void> =>
  beginAll(context, await pendingQuery(context, only))

async function beginAll(context: Context, pending: readonly Pending[]): Promise<void> {
  const schedules = Map.groupBy(pending, ({ execution }) => execution.scheduleId)
  await Promise.all([...schedules.values()].map((own) => beginInOrder(context, own, (execution) => loadClaw(context, execution))))
}

/** Somebody wants a run now, whatever the time: the same gates, and the answer says at once what became of it. */
export async function runNow(context: Context, schedule: ScheduleRow, userId: string): Promise<ExecutionRow> {
  const facts = clawQueries(context, { scheduleId: schedule.id, projectId: schedule.projectId })
  const [[made], pending, ...answers] = await context.db.batch([
    manualItem(context, schedule, userId),
    pendingQuery(context, { scheduleId: schedule.id }),
    ...facts,
  ])
  if (!made) throw new Error("an execution was written and not answered")
  const became = await beginInOrder(context, pending, async () => toClawFacts(answers))
  return { ...made, ...became.get(made.id) }
}

type Became = Partial<ExecutionRow>

/** One after the other: each decides what the next one finds. Answers what became of which. */
async function beginInOrder(
  context: Context,
  own: readonly Pending[],
  load: (execution: ExecutionRow) => Promise<ClawFacts>,
): Promise<Map<string, Became>> {
  const all = new Map<string, Became>()
  let [running, waitingBefore] = [own[0]?.running ?? 0, own[0]?.waitingBefore ?? 0]
  for (const { execution, overlap } of own) {
    const admission = admit({ overlap, running, waitingBefore })
    if (admission.kind === "wait") {
      waitingBefore += 1
      continue
    }
    const became =
      admission.kind === "skip"
        ? await finish(context, execution, { status: "skipped", reason: admission.reason })
        : await begin(context, execution, load)
    if (became.status === "running") running += 1
    all.set(execution.id, became)
  }
  return all
}

async function begin(context: Context, execution: ExecutionRow, load: (execution: ExecutionRow) => Promise<ClawFacts>): Promise<Became> {
  const running: Became = { status: "running", jobId: jobIdOf(execution.id), startedAt: context.now() }
  try {
    await startClaw(context, execution, await load(execution))
  } catch (error) {
    if (await isStarted(context, execution)) return running
    // A budget that is spent is nobody's failure, and comes again with the month: it must not pause the schedule.
    if (error instanceof AppError)
      return finish(context, execution, { status: error.code === "project.budget-spent" ? "skipped" : "failed", reason: error.message })
    context.log.warn("claw.not-begun", { execution: execution.id, error: wordsOf(error) })
    if (context.now() - execution.createdAt <= BEGIN_WITHIN_MS) return { status: "pending" }
    return finish(context, execution, { status: "failed", reason: `could not be started within an hour: ${wordsOf(error)}` })
  }
  await announce(context, "claw", { id: execution.scheduleId, projectId: execution.projectId })
  return running
}

async function finish(context: Context, execution: ExecutionRow, end: Pick<End, "status" | "reason">): Promise<Became> {
  await finishExecution(context, execution, end)
  return { ...end, endedAt: context.now() }
}

/** Somebody else has made its job: two ticks, or one that died between the job and its word. */
async function isStarted(context: Context, { id }: ExecutionRow): Promise<boolean> {
  const jobId = jobIdOf(id)
  if (!(await findStored(context, jobId))) return false
  await context.db.batch([runningItem(context, id, jobId)])
  return true
}
