import type { ComputeType } from "#contract/clankers.ts"
import type { Failure } from "#contract/failures.ts"
import { CLOCKS, isTerminal, type JobStatus } from "#contract/jobs.ts"
import { applyFacts, applyProvenance } from "./facts.ts"
import { type Attempt, currentAttempt, freshSteps, lookAt, type JobEvent, type JobState, type Transition } from "./state.ts"
import {
  stop,
  stopDeadline,
  leaveStopping,
  nextAttempt,
  end,
  DONE,
  told,
  change,
  claimOf,
  neverStarted,
  repeat,
  ignore,
  notTheWorker,
  withAttempt,
} from "./ways-out.ts"

/** Tries to start one worker before the launch counts as refused. */
export const MAX_TRIES = 4
/** What is noted of strangers is bounded: they may knock for ever. */
const MAX_NOTES = 20
const MAX_START_EXTENSIONS = 2
const MAX_HEARTBEAT_EXTENSIONS = 3

export const START_MS = {
  lambda: CLOCKS.startLambdaMs.ms,
  ecs: CLOCKS.startEcsMs.ms,
  docker: CLOCKS.startDockerMs.ms,
} as const satisfies Record<ComputeType, number>

/** A job as it is accepted: version 1, waiting for a slot. */
export function initial(job: Pick<JobState, "computeType" | "maxExecutionMs" | "lookMs">, now: number): Transition {
  const state: JobState = {
    ...job,
    version: 1,
    stage: { status: "queued", reason: "waiting for a slot" },
    createdAt: now,
    startedAt: null,
    endedAt: null,
    cause: null,
    attempts: [],
    deadlines: { queue: now + CLOCKS.queueMs.ms },
    deadlineAt: null,
    steps: freshSteps(),
    evidence: null,
    pushIntent: false,
    branch: null,
    commit: null,
    baseCommit: null,
    pullRequest: null,
    agentVersion: null,
    resumed: null,
    usage: { inputTokens: 0, outputTokens: 0, costUsd: null, computeMs: 0 },
    settled: false,
    securityNotes: [],
    spentLeases: [],
  }
  return { state, effects: [{ kind: "enqueue" }, ...told], answer: DONE }
}

/**
 * The whole life of a job. Pure: no clock, no ids, no I/O. An event that is not legal here is an answer (the same state
 * and a reason), because late, repeated and reordered callbacks are normal.
 */
export function transition(state: JobState, event: JobEvent, now: number): Transition {
  switch (event.type) {
    case "granted":
      return granted(state, event, now)
    case "launched":
    case "launch-refused":
    case "not-now":
      return launchAnswered(state, event, now)
    case "claimed":
      return claimed(state, event, now)
    case "unproven":
      return unproven(state, event)
    case "reported":
      return reported(state, event)
    case "result":
      return result(state, event, now)
    case "inspected":
      return inspected(state, event, now)
    case "woken":
      return woken(state, event, now)
    case "deadline":
      return deadlinePassed(state, event, now)
    case "cancel":
      return cancelled(state, now)
    case "settled":
      return isTerminal(state.stage.status) && !state.settled
        ? change(state, { settled: true }, [{ kind: "project" }, { kind: "announce" }])
        : ignore(state, "ignored")
  }
}

// ---- each event, in the order of a job's life

function granted(state: JobState, { leaseId, nonce }: Extract<JobEvent, { type: "granted" }>, now: number): Transition {
  const current = currentAttempt(state)
  if (state.stage.status !== "queued")
    return current?.leaseId === leaseId && !isTerminal(state.stage.status) ? repeat(state) : ignore(state, "not-wanted")
  // A grant that is delivered again after its lease was given back opens nothing.
  if (state.spentLeases.includes(leaseId) || state.attempts.some((attempt) => attempt.leaseId === leaseId))
    return ignore(state, "not-wanted")
  const n = (current?.n ?? 0) + 1
  const attempt: Attempt = {
    n,
    nonce,
    leaseId,
    tries: 1,
    handle: null,
    claimId: null,
    claimOpen: true,
    sessionHash: null,
    compute: null,
    startedAt: now,
    endedAt: null,
    end: null,
    resulted: false,
    ...(state.checkpoint ? { resume: state.checkpoint } : {}),
  }
  return change(
    state,
    {
      stage: { status: "launching", extensions: 0 },
      attempts: [...state.attempts, attempt],
      steps: freshSteps(),
      deadlines: { start: now + START_MS[state.computeType] },
    },
    [{ kind: "launch", attempt: n, try: 1 }, ...told],
  )
}

function launchAnswered(
  state: JobState,
  event: Extract<JobEvent, { type: "launched" | "launch-refused" | "not-now" }>,
  now: number,
): Transition {
  const attempt = currentAttempt(state)
  if (!attempt || attempt.n !== event.attempt || attempt.tries !== event.try || isTerminal(state.stage.status))
    return ignore(state, "stale")
  switch (event.type) {
    case "launched": {
      if (attempt.handle !== null) return repeat(state)
      const attempts = withAttempt(state, { handle: event.handle })
      if (state.stage.status === "stopping") return change(state, { attempts }, [{ kind: "stop", attempt: attempt.n }])
      const deadlines = state.stage.status === "launching" ? { ...state.deadlines, ...lookAt(state, now) } : state.deadlines
      return change(state, { attempts, deadlines }, [])
    }
    case "launch-refused": {
      if (state.stage.status === "stopping") return leaveStopping(state, { compute: event.failure.kind, proven: true }, now)
      if (state.stage.status !== "launching") return ignore(state, "stale")
      if (event.transient && attempt.tries < MAX_TRIES) {
        const pauseMs = Math.min(CLOCKS.launchRetryMaxMs.ms, CLOCKS.launchRetryMs.ms * 2 ** (attempt.tries - 1))
        return change(state, { deadlines: { ...state.deadlines, launch: now + pauseMs } }, [])
      }
      return event.transient
        ? nextAttempt(state, event.failure, "refused by the compute", now)
        : end(state, { status: "failed", failure: event.failure }, "refused by the compute", now)
    }
    case "not-now": {
      // Something was started after all: a late "not now" proves nothing.
      if (attempt.handle !== null) return ignore(state, "stale")
      if (state.stage.status === "stopping") return leaveStopping(state, { compute: "never started", proven: true }, now)
      if (state.stage.status !== "launching") return ignore(state, "stale")
      // The compute took nothing on, so this was no attempt: its number is used again, with another token.
      return change(
        state,
        {
          stage: { status: "queued", reason: event.reason },
          attempts: state.attempts.slice(0, -1),
          spentLeases: [...state.spentLeases.slice(-20), attempt.leaseId],
          deadlines: { queue: (state.attempts.at(-2)?.endedAt ?? state.createdAt) + CLOCKS.queueMs.ms, requeue: now + CLOCKS.notNowMs.ms },
        },
        [{ kind: "release", leaseId: attempt.leaseId }, ...told],
      )
    }
  }
}

function claimed(state: JobState, event: Extract<JobEvent, { type: "claimed" }>, now: number): Transition {
  const attempt = currentAttempt(state)
  if (event.failure && attempt?.n === event.attempt && attempt.claimId === event.claimId) return repeat(state)
  if (isTerminal(state.stage.status)) return ignore(state, attempt && event.attempt < attempt.n ? "stale" : "already-ended")
  if (!attempt || event.attempt !== attempt.n || state.stage.status === "stopping" || state.stage.status === "queued")
    return ignore(state, "stale")
  if (state.stage.status === "running") {
    if (attempt.claimId === event.claimId && attempt.claimOpen && attempt.sessionHash === event.sessionHash) return repeat(state)
    const note = `a second worker (${event.compute}) claimed attempt ${attempt.n}`
    return { ...noted(state, note), answer: { ok: false, refusal: "already-claimed" } }
  }
  const attempts = withAttempt(state, { claimId: event.claimId, sessionHash: event.sessionHash, compute: event.compute })
  if (event.failure) return end({ ...state, attempts }, { status: "failed", failure: event.failure }, "could not begin", now)
  const deadlineAt = now + state.maxExecutionMs + CLOCKS.executionMarginMs.ms
  return change(
    state,
    {
      stage: { status: "running", extensions: 0 },
      attempts,
      startedAt: state.startedAt ?? now,
      deadlineAt,
      deadlines: { heartbeat: now + CLOCKS.heartbeatLostMs.ms, execution: deadlineAt },
    },
    told,
  )
}

function unproven(state: JobState, { attempt, reason }: Extract<JobEvent, { type: "unproven" }>): Transition {
  const waits = state.stage.status === "launching" && currentAttempt(state)?.n === attempt
  return waits ? noted(state, `${claimOf(attempt)} was refused: ${reason}`) : ignore(state, "stale")
}

function noted(state: JobState, note: string): Transition {
  const known = state.securityNotes.includes(note) || state.securityNotes.length >= MAX_NOTES
  return known ? ignore(state, "ignored") : change(state, { securityNotes: [...state.securityNotes, note] }, [])
}

function reported(state: JobState, { attempt: n, facts }: Extract<JobEvent, { type: "reported" }>): Transition {
  const refusal = notTheWorker(state, n)
  if (refusal) return ignore(state, refusal)
  const applied = applyFacts(state, facts)
  if (applied === null) return repeat(state)
  const attempts = facts.first ? withAttempt(applied.state, { claimOpen: false }) : applied.state.attempts
  return applied.shown
    ? change(state, { ...applied.state, attempts }, told)
    : { state: { ...applied.state, attempts }, effects: [], answer: DONE }
}

function result(state: JobState, event: Extract<JobEvent, { type: "result" }>, now: number): Transition {
  if (state.attempts.some(({ n, resulted }) => n === event.attempt && resulted)) return repeat(state)
  const refusal = notTheWorker(state, event.attempt)
  if (refusal) return ignore(state, refusal)
  const withProof: JobState = { ...state, ...applyProvenance(state, event.provenance), attempts: withAttempt(state, { resulted: true }) }
  if (state.stage.status === "stopping")
    return leaveStopping(withProof, { compute: `worker: ${event.word.status}`, proven: true, outcome: event.word }, now)
  switch (event.word.status) {
    case "succeeded":
      return end(withProof, { status: "succeeded" }, "succeeded", now)
    case "failed":
      return end(withProof, { status: "failed", failure: event.failure ?? { kind: "internal" } }, "failed", now)
    case "stopped":
      // Nobody here asked for it: the machine under the worker went away. Its own word is the proof that it is over.
      return nextAttempt(
        withProof,
        { kind: "worker-lost", reason: event.reason ?? "it was stopped from outside" },
        "stopped from outside",
        now,
      )
  }
}

function inspected(state: JobState, event: Extract<JobEvent, { type: "inspected" }>, now: number): Transition {
  const attempt = currentAttempt(state)
  if (!attempt || attempt.n !== event.attempt || isTerminal(state.stage.status) || state.stage.status === "queued")
    return ignore(state, "stale")
  if (event.inspection === "stopped" || event.inspection === "gone") {
    if (state.stage.status === "stopping") return leaveStopping(state, { compute: event.reason, proven: true }, now)
    if (event.oom) return end(state, { status: "failed", failure: { kind: "out-of-memory" } }, "out of memory", now)
    if (event.failure) return end(state, { status: "failed", failure: event.failure }, event.reason, now)
    const failure: Failure =
      state.stage.status === "launching"
        ? { kind: "never-started", reason: neverStarted(state, event.reason) }
        : { kind: "worker-lost", reason: event.reason }
    return nextAttempt(state, failure, event.reason, now)
  }
  if (state.stage.status !== "running" || event.inspection === "unknown") return ignore(state, "ignored")
  if (state.stage.woken) return change(state, { stage: { status: "running", extensions: state.stage.extensions } }, [])
  const extensions = state.stage.extensions + 1
  if (extensions > MAX_HEARTBEAT_EXTENSIONS) return stop(state, "lost", "it runs but says nothing", now)
  return change(state, { stage: { status: "running", extensions } }, [])
}

/**
 * Brings the look forward, at most once in `lookGapMs`: what the compute then answers decides, never the event. A task that
 * was launched a moment ago may be unknown to ECS still, and so would count as gone: none is looked at without its handle.
 */
function woken(state: JobState, { handle }: Extract<JobEvent, { type: "woken" }>, now: number): Transition {
  const { status } = state.stage
  const attempt = currentAttempt(state)
  if (!attempt || state.computeType === "docker" || !LOOKED_AT.includes(status)) return ignore(state, "ignored")
  if (attempt.handle === null ? status === "launching" : attempt.handle !== handle) return ignore(state, "stale")
  const look = Math.max(now, (state.lookedAt ?? 0) + CLOCKS.lookGapMs.ms)
  if ((state.deadlines.look ?? Number.POSITIVE_INFINITY) <= look) return repeat(state)
  return change(state, { deadlines: { ...state.deadlines, look } }, [])
}
const LOOKED_AT: readonly JobStatus[] = ["launching", "running", "stopping"]

function deadlinePassed(state: JobState, { name, lastWordAt }: Extract<JobEvent, { type: "deadline" }>, now: number): Transition {
  const at = state.deadlines[name]
  if (at === undefined || at > now) return ignore(state, "ignored")
  const attempt = currentAttempt(state)
  const { [name]: _passed, ...others } = state.deadlines
  switch (name) {
    case "queue":
      return end(state, { status: "failed", failure: { kind: "queue-timeout" } }, "waited too long", now)
    case "requeue":
      return change(state, { deadlines: others }, [{ kind: "enqueue" }])
    case "launch": {
      const tries = (attempt?.tries ?? 0) + 1
      return change(state, { attempts: withAttempt(state, { tries }), deadlines: others }, [
        { kind: "launch", attempt: attempt?.n ?? 1, try: tries },
      ])
    }
    case "start": {
      if (state.stage.status !== "launching" || !attempt) return change(state, { deadlines: others }, [])
      const extensions = state.stage.extensions + 1
      if (extensions > MAX_START_EXTENSIONS) return stop(state, "lost", "it never reported for work", now)
      return change(
        state,
        { stage: { status: "launching", extensions }, deadlines: { ...others, start: now + START_MS[state.computeType] } },
        [{ kind: "inspect", attempt: attempt.n }],
      )
    }
    case "look": {
      if (!attempt || !LOOKED_AT.includes(state.stage.status)) return change(state, { deadlines: others }, [])
      const inspect = [{ kind: "inspect", attempt: attempt.n }] as const
      // One that runs says so itself, and is asked when it falls silent: this was an event's look.
      return state.stage.status === "running"
        ? change(state, { stage: { ...state.stage, woken: true }, lookedAt: now, deadlines: others }, [...inspect])
        : change(state, { lookedAt: now, deadlines: { ...others, ...lookAt(state, now) } }, [...inspect])
    }
    case "heartbeat": {
      if (state.stage.status !== "running" || !attempt) return change(state, { deadlines: others }, [])
      const quietSince = lastWordAt ?? attempt.startedAt
      const next = quietSince + CLOCKS.heartbeatLostMs.ms
      if (next > now) return change(state, { stage: { status: "running", extensions: 0 }, deadlines: { ...others, heartbeat: next } }, [])
      return change(state, { deadlines: { ...others, heartbeat: now + CLOCKS.heartbeatLostMs.ms } }, [
        { kind: "inspect", attempt: attempt.n },
      ])
    }
    case "execution":
      return stop(state, "deadline", "the time limit was reached", now)
    case "stop":
      return stopDeadline(state, lastWordAt, now)
    case "retention":
      return change(state, { deadlines: others }, [{ kind: "archive" }])
  }
}

function cancelled(state: JobState, now: number): Transition {
  switch (state.stage.status) {
    case "queued":
      return end(
        { ...state, cause: "cancel", evidence: { signalled: false, compute: "never started", at: now, proven: true } },
        { status: "cancelled" },
        "cancelled",
        now,
      )
    case "launching":
    case "running":
      return stop(state, "cancel", "somebody cancelled it", now)
    case "stopping":
      // A lost worker's job would start again: the person's wish goes first. A passed deadline stays what it was.
      return state.stage.cause === "lost"
        ? change(state, { stage: { ...state.stage, cause: "cancel" }, cause: "cancel" }, told)
        : repeat(state)
    case "succeeded":
    case "failed":
    case "cancelled":
      return ignore(state, "already-ended")
  }
}
