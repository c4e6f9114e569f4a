import { CLOCKS } from "#contract/jobs.ts"
import type { JobStep } from "#contract/jobs.ts"
import { EXIT } from "#contract/worker.ts"
import type { Doors, Step, WorkerClocks } from "./doors.ts"
import type { WorkerEnv } from "./env.ts"
import type { Opened } from "./facts.ts"
import { Interrupted, StepFailure, failureOf, stopOf } from "./failure.ts"
import { Refused } from "./line.ts"
import type { Line } from "./line.ts"
import type { Log } from "./log.ts"
import { readParameters } from "./platform/ssm.ts"
import type { Redactor } from "./redact.ts"
import { clone } from "./steps/clone.ts"
import { commitAndPush } from "./steps/commit-and-push.ts"
import { fetchCredentials } from "./steps/fetch-credentials.ts"
import { openPullRequest } from "./steps/open-pull-request.ts"
import { prepareAgent } from "./steps/prepare-agent.ts"
import { receive } from "./steps/receive.ts"
import { report } from "./steps/report.ts"
import type { Ending, Known } from "./steps/report.ts"
import { resolveClanker } from "./steps/resolve-clanker.ts"
import { AGENT_CLOCKS, runAgent, warnBeforeDeadline } from "./steps/run-agent.ts"
import { createTeller } from "./tell.ts"
import { deadlineClock } from "./deadline.ts"
import { createTranscript } from "./transcript.ts"
import { removeWorkspace } from "./workspace.ts"

/** One attempt of one job, from its claim to its last word. Answers the process's exit code. */
export async function run(start: Start): Promise<number> {
  const { line, log, env } = start
  const attempt = openAttempt(start)
  const { doors, stops } = attempt
  let ending: Ending | null = null
  let exitCode: number = EXIT.internal
  try {
    ending = { kind: "done", facts: await work(attempt) }
  } catch (error) {
    if (error instanceof Refused) exitCode = error.exitCode
    else ending = endingOf(error, attempt)
    if (error instanceof StepFailure || error instanceof Interrupted || error instanceof Refused)
      log.warn("ended-early", { step: attempt.at, why: error.message })
    else log.error(error, "ended-early", { step: attempt.at })
  } finally {
    attempt.cancelClocks()
    await closeAll(attempt)
    const stop = stopOf(stops.signal)
    if (stop?.kind === "fenced") exitCode = EXIT.fenced
    else if (ending !== null)
      exitCode = await report({ ending, known: attempt.known, step: attempt.at, doors, grace: graceOf(start, stops.signal) })
    line.abandon()
    doors.transcript.close()
    // Fenced: the folder may be the next worker's already.
    if (stop?.kind !== "fenced" && !env.keepWork) await tidyUp(attempt)
  }
  return exitCode
}

/** The nine steps; the ninth, `report`, runs above however these end. Each takes what the one before it found out. */
async function work(attempt: Attempt): Promise<Opened> {
  const received = await step(attempt, "receive", receive, {})
  attempt.startClocks(received.limitMs)
  const configured = await step(attempt, "resolve-clanker", resolveClanker, received)
  const credentialed = await step(attempt, "fetch-credentials", fetchCredentials, configured)
  const prepared = await step(attempt, "prepare-agent", prepareAgent, credentialed)
  const cloned = await step(attempt, "clone", clone, prepared)
  const worked = await step(attempt, "run-agent", runAgent, cloned)
  const pushed = await step(attempt, "commit-and-push", commitAndPush, worked)
  return step(attempt, "open-pull-request", openPullRequest, pushed)
}

export interface Start {
  line: Line
  env: WorkerEnv
  redactor: Redactor
  log: Log
  now: () => number
  /** Aborted with an Interrupted when the machine wants the worker to end (SIGTERM). */
  machine: AbortSignal
  place?: Place
  clocks?: WorkerClocks
}

/** What the machine leaves us, in milliseconds. */
export interface Place {
  /** Between its TERM and its KILL, less what we keep for ourselves. */
  graceMs: number
  checkpointStopMs: number
  /** When it goes away whatever happens, since 1970; null: it does not say. */
  endsAt: number | null
}

/** A machine that says TERM and then waits for half a minute: Docker, a host, a terminal. */
export const ANY_MACHINE: Place = { graceMs: CLOCKS.machineGraceMs.ms, checkpointStopMs: CLOCKS.checkpointStopMs.ms, endsAt: null }

interface Attempt {
  doors: Doors
  /** Aborted once, with the first reason to stop. */
  stops: AbortController
  at: JobStep
  known: Known
  closers: (() => Promise<void>)[]
  startClocks(limitMs: number): void
  cancelClocks(): void
}

function openAttempt({ line, env, redactor, log, now, machine, place = ANY_MACHINE, clocks = clocksOf(env, place) }: Start): Attempt {
  const stops = new AbortController()
  const teller = createTeller({ redactor, append: line.append })
  line.onStop = (stop) => stops.abort(new Interrupted(stop))
  if (machine.aborted) stops.abort(machine.reason)
  machine.addEventListener("abort", () => stops.abort(machine.reason))
  const outside: Doors["outside"] = (name, act) => {
    teller.flush()
    return line.outside({ intent: () => teller.tell({ kind: "step", step: name, state: "intent" }), act, signal: stops.signal })
  }
  const transcript = createTranscript({ redactor, keep: env.keepWork })
  const closers: Attempt["closers"] = []
  const atEnd = (close: () => Promise<void>) => void closers.push(close)
  const clock = deadlineClock({
    place,
    now,
    stop: (stop) => stops.abort(new Interrupted(stop)),
    warn: (ms) => warnBeforeDeadline({ teller }, ms),
  })
  return {
    doors: { env, line, teller, transcript, redactor, log, clocks, now, outside, atEnd, parameters: readParameters },
    stops,
    closers,
    at: "receive",
    known: {},
    startClocks: clock.start,
    cancelClocks: clock.cancel,
  }
}

const clocksOf = ({ checkpointMs = AGENT_CLOCKS.checkpointMs }: WorkerEnv, { checkpointStopMs }: Place): WorkerClocks => ({
  ...AGENT_CLOCKS,
  checkpointMs,
  checkpointStopMs,
})

async function step<From, To extends Known>(attempt: Attempt, name: JobStep, does: Step<From, To>, facts: From): Promise<To> {
  const { doors, stops } = attempt
  stops.signal.throwIfAborted()
  attempt.at = name
  doors.teller.tell({ kind: "step", step: name, state: "started" })
  try {
    const found = await does(facts, doors, stops.signal)
    attempt.known = { ...attempt.known, ...found }
    doors.teller.flush()
    doors.teller.tell({ kind: "step", step: name, state: "finished" })
    return found
  } catch (error) {
    doors.teller.flush()
    doors.teller.tell({ kind: "step", step: name, state: "failed" })
    throw error
  }
}

async function closeAll({ closers, doors }: Attempt): Promise<void> {
  for (const result of await Promise.allSettled(closers.splice(0).map((close) => close())))
    if (result.status === "rejected") doors.log.error(result.reason, "not-closed")
}

async function tidyUp({ known: { workspace }, doors }: Attempt): Promise<void> {
  try {
    if (workspace !== undefined) await removeWorkspace(workspace)
  } catch (error) {
    // An agent can make folders that nobody may empty; the result is said, and the next run tells if it matters.
    doors.log.error(error, "workspace-not-removed")
  }
}

/** A stop explains whatever broke because of it. */
function endingOf(error: unknown, { stops, at, doors }: Attempt): Ending | null {
  const stop = stopOf(stops.signal)
  if (stop?.kind === "fenced") return null
  if (stop !== null) return { kind: "stopped", stop }
  return { kind: "failed", failure: failureOf(error, at, doors.redactor.clean) }
}

/** After a stop the report has the order's own time; otherwise as long as somebody could still be waiting for it. */
function graceOf({ machine, now, place = ANY_MACHINE }: Start, signal: AbortSignal): AbortSignal {
  const stop = stopOf(signal)
  const ms = [
    stop?.kind === "stop" ? stop.graceMs : CLOCKS.silentMs.ms,
    ...(machine.aborted ? [place.graceMs] : []),
    ...(place.endsAt === null ? [] : [Math.max(0, place.endsAt - now() - LAST_MS)]),
  ]
  return AbortSignal.timeout(Math.min(...ms))
}
/** For the way out of a process whose machine goes away. */
const LAST_MS = 10_000
