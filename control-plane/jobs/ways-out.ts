import type { Failure } from "#contract/failures.ts"
import { CLOCKS, isTerminal, MAX_ATTEMPTS, type StopCause } from "#contract/jobs.ts"
import {
  type Answer,
  type Attempt,
  currentAttempt,
  type JobEffect,
  type JobState,
  lookAt,
  type Refusal,
  type Stage,
  type Transition,
} from "./state.ts"

// PURE: how a job leaves a state. machine.ts decides when.

export function stop(state: JobState, cause: StopCause, reason: string, now: number): Transition {
  const attempt = currentAttempt(state)
  return change(
    state,
    {
      stage: { status: "stopping", cause, rounds: 0, reason },
      cause,
      deadlines: { stop: now + CLOCKS.stopMs.ms, ...lookAt(state, now) },
      evidence: { signalled: true, compute: null, at: now, proven: false },
    },
    // Asked at once whether anything runs at all: where nothing does, the end need not wait for its deadline.
    [
      ...(attempt
        ? ([
            { kind: "stop", attempt: attempt.n },
            { kind: "inspect", attempt: attempt.n },
          ] as const)
        : []),
      ...told,
    ],
  )
}

/** No proof came: ask again once; after that the end comes without proof, for a lost worker only after its own silence clock. */
export function stopDeadline(state: JobState, lastWordAt: number | null, now: number): Transition {
  const attempt = currentAttempt(state)
  if (state.stage.status !== "stopping" || !attempt) return ignore(state, "ignored")
  if (state.stage.rounds === 0) {
    return change(state, { stage: { ...state.stage, rounds: 1 }, deadlines: { ...state.deadlines, stop: now + CLOCKS.stopMs.ms } }, [
      { kind: "stop", attempt: attempt.n },
      { kind: "inspect", attempt: attempt.n },
    ])
  }
  // A worker that speaks but never ends may not hold the job for ever: its own silence clock, three times, is the bound.
  const silentUntil = Math.min((lastWordAt ?? attempt.startedAt) + CLOCKS.silentMs.ms, (state.evidence?.at ?? now) + 3 * CLOCKS.silentMs.ms)
  if (state.stage.cause === "lost" && silentUntil > now) return change(state, { deadlines: { ...state.deadlines, stop: silentUntil } }, [])
  return leaveStopping(state, { compute: "no answer", proven: false }, now)
}

export function leaveStopping(
  state: JobState,
  proof: { compute: string; proven: boolean; outcome?: NonNullable<JobState["evidence"]>["outcome"] },
  now: number,
): Transition {
  if (state.stage.status !== "stopping") return ignore(state, "ignored")
  const { cause, reason } = state.stage
  const { outcome, ...seen } = proof
  const evidence = { signalled: true, at: now, ...seen, ...(outcome ? { outcome } : {}) }
  const stopped: JobState = { ...state, evidence }
  switch (cause) {
    case "cancel":
      return end(stopped, { status: "cancelled" }, "cancelled", now)
    case "deadline":
      return end(stopped, { status: "failed", failure: { kind: "agent-timeout", limitMs: state.maxExecutionMs } }, "time limit", now)
    case "lost": {
      const failure: Failure =
        currentAttempt(state)?.claimId === null
          ? { kind: "never-started", reason: neverStarted(state, reason) }
          : { kind: "worker-lost", reason }
      return nextAttempt(stopped, failure, reason, now)
    }
  }
}

/** Only ever called with proof that the former worker is over, or after its silence clock ran out. */
export function nextAttempt(state: JobState, failure: Failure, endedBy: string, now: number): Transition {
  const attempt = currentAttempt(state)
  if (!attempt || attempt.n >= MAX_ATTEMPTS) return end(state, { status: "failed", failure }, endedBy, now)
  return change(
    state,
    {
      stage: { status: "queued", reason: `attempt ${attempt.n} ended (${endedBy}); waiting for a slot for the next` },
      cause: null,
      attempts: withAttempt(state, { endedAt: now, end: endedBy }),
      deadlineAt: null,
      deadlines: { queue: now + CLOCKS.queueMs.ms },
    },
    [{ kind: "release", leaseId: attempt.leaseId }, { kind: "enqueue" }, ...told],
  )
}

export function end(
  state: JobState,
  stage: Extract<Stage, { status: "succeeded" | "failed" | "cancelled" }>,
  endedBy: string,
  now: number,
): Transition {
  const leaseId = currentAttempt(state)?.leaseId ?? null
  const open = currentAttempt(state)?.endedAt === null
  return change(
    state,
    {
      stage,
      endedAt: now,
      deadlines: { retention: now + CLOCKS.retentionMs.ms },
      deadlineAt: null,
      attempts: open ? withAttempt(state, { endedAt: now, end: endedBy }) : state.attempts,
    },
    [
      ...(leaseId === null ? [] : ([{ kind: "release", leaseId }] as const)),
      { kind: "leave" },
      { kind: "project" },
      { kind: "react" },
      { kind: "announce" },
    ],
  )
}

export const claimOf = (attempt: number): string => `the claim of attempt ${attempt}`

/** A worker that was refused is no worker that never came: what was refused is told. */
export function neverStarted(state: JobState, reason: string): string {
  const own = claimOf(currentAttempt(state)?.n ?? 0)
  const note = state.securityNotes.findLast((one) => one.startsWith(`${own} `))
  return note === undefined ? reason : `${note} (${reason})`
}

export const DONE: Answer = { ok: true, repeated: false }
export const told: JobEffect[] = [{ kind: "project" }, { kind: "announce" }]

export const change = (state: JobState, changed: Partial<JobState>, effects: JobEffect[]): Transition => ({
  state: { ...state, ...changed, version: state.version + 1 },
  effects,
  answer: DONE,
})
export const repeat = (state: JobState): Transition => ({ state, effects: [], answer: { ok: true, repeated: true } })
export const ignore = (state: JobState, refusal: Refusal): Transition => ({ state, effects: [], answer: { ok: false, refusal } })

/** Only the worker that claimed the current attempt may report; everybody else gets the reason. */
export function notTheWorker(state: JobState, n: number): Refusal | null {
  const attempt = currentAttempt(state)
  if (!attempt || n < attempt.n) return "stale"
  if (isTerminal(state.stage.status)) return "already-ended"
  if (n > attempt.n || state.stage.status === "queued") return "stale"
  return attempt.claimId === null ? "not-claimed" : null
}

export function withAttempt(state: JobState, changed: Partial<Attempt>): Attempt[] {
  const last = currentAttempt(state)
  return last ? [...state.attempts.slice(0, -1), { ...last, ...changed }] : state.attempts
}
