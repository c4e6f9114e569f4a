import fc from "fast-check"
import type { ComputeType } from "#contract/clankers.ts"
import { CLOCKS, isTerminal } from "#contract/jobs.ts"
import { initial, transition } from "./machine.ts"
import type { DeadlineName, Inspection, JobEffect, JobEvent, JobState } from "./state.ts"

// What may happen to a job, as data: one recorded script drives the pure machine here and the real object in workerd.

export const T0 = Date.UTC(2026, 0, 1)
export const fresh = (now = T0, computeType: ComputeType = "docker") => initial({ computeType, maxExecutionMs: 45 * 60_000 }, now)

/** One step of a script: time passes, then something happens; `attempt` 0 is the current one, -1 the one before, 1 the next. */
export type Happening =
  | { what: "granted" | "cancel" | "settled" }
  | { what: "launched" | "woken"; attempt: number }
  | { what: "refused"; attempt: number; transient: boolean }
  | { what: "not-now"; attempt: number }
  | { what: "claimed"; attempt: number; claim: "a" | "b"; failure: boolean }
  | { what: "word"; attempt: number; intent: boolean }
  | { what: "result"; attempt: number; status: "succeeded" | "failed" | "stopped" }
  | { what: "inspected"; attempt: number; inspection: Inspection; oom: boolean }
  | { what: "deadline" }
export type Script = { waitMs: number; happening: Happening }[]

const attempt = fc.constantFrom(0, 0, 0, 0, -1, 1)
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ what: "granted" as const }) },
  { weight: 1, arbitrary: fc.constantFrom<Happening>({ what: "cancel" }, { what: "settled" }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("launched" as const), attempt }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("refused" as const), attempt, transient: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("not-now" as const), attempt }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant("claimed" as const),
      attempt,
      claim: fc.constantFrom("a" as const, "b" as const),
      failure: fc.constantFrom(false, false, false, true),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("word" as const), attempt, intent: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("result" as const),
      attempt,
      status: fc.constantFrom("succeeded" as const, "failed" as const, "stopped" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("inspected" as const),
      attempt,
      inspection: fc.constantFrom<Inspection>("starting", "running", "stopped", "gone", "unknown"),
      oom: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("woken" as const), attempt }) },
  { weight: 5, arbitrary: fc.constant({ what: "deadline" as const }) },
)
const wait = fc.constantFrom(0, 1, 500, 5000, 60_000, 100_000, 200_000, 700_000, 3_600_000)
export const script = (maxLength: number): fc.Arbitrary<Script> => fc.array(fc.record({ waitMs: wait, happening }), { maxLength })

/** The happening as an event for this state, or null when there is nothing such to happen. Ids come from the step's index. */
export function toEvent(
  state: JobState,
  { happening: h }: Script[number],
  index: number,
  lastWordAt: number | null,
  now: number,
): JobEvent | null {
  const current = state.attempts.at(-1)
  const n = "attempt" in h ? (current?.n ?? 0) + h.attempt : 0
  const tries = current?.tries ?? 1
  switch (h.what) {
    case "granted":
      return { type: "granted", leaseId: `lease-${index}`, nonce: `nonce-${index}` }
    case "cancel":
      return { type: "cancel", by: "usr_1" }
    case "settled":
      return { type: "settled" }
    case "launched":
      return { type: "launched", attempt: n, try: tries, handle: `handle-${n}` }
    case "woken":
      return { type: "woken", handle: `handle-${n}` }
    case "refused":
      return { type: "launch-refused", attempt: n, try: tries, transient: h.transient, failure: { kind: "launch-refused" } }
    case "not-now":
      return { type: "not-now", attempt: n, try: tries, reason: "the host is away" }
    case "claimed":
      return {
        type: "claimed",
        attempt: n,
        claimId: `claim-${h.claim}`,
        sessionHash: h.claim.repeat(64),
        compute: `docker:${h.claim}`,
        failure: h.failure ? { kind: "secret-missing", names: ["KEY"] } : null,
      }
    case "word":
      return {
        type: "reported",
        attempt: n,
        facts: {
          first: current?.claimOpen === true,
          steps: [{ step: "commit-and-push", state: h.intent ? "intent" : "started", at: now }],
          pushed: null,
          pullRequest: null,
          usage: null,
          checkpoint: h.intent ? null : checkpointNo(index),
        },
      }
    case "result":
      return {
        type: "result",
        attempt: n,
        word: { status: h.status },
        failure: h.status === "failed" ? { kind: "no-changes" } : null,
        reason: h.status === "stopped" ? "SIGTERM" : null,
        provenance: { branch: null, commit: null, baseCommit: null, pullRequest: null, agentVersion: null, resumed: null, computeMs: 5 },
      }
    case "inspected":
      return { type: "inspected", attempt: n, inspection: h.inspection, reason: `the compute says ${h.inspection}`, oom: h.oom }
    case "deadline": {
      const due = dueFirst(state, now)
      return due ? { type: "deadline", name: due, lastWordAt } : null
    }
  }
}

const checkpointNo = (index: number) => ({
  artifact: "checkpoint-a.bundle",
  commit: `commit-${index}`,
  agentState: index % 2 === 0 ? "agent-state-a" : null,
  agentVersion: "1.0",
  finished: index % 3 === 0,
})

export function dueFirst(state: JobState, now: number): DeadlineName | null {
  const names: DeadlineName[] = ["queue", "requeue", "launch", "start", "look", "heartbeat", "execution", "stop", "retention"]
  return (
    names
      .filter((name) => (state.deadlines[name] ?? Number.POSITIVE_INFINITY) <= now)
      .toSorted((a, b) => (state.deadlines[a] ?? 0) - (state.deadlines[b] ?? 0))[0] ?? null
  )
}

export interface Seen {
  now: number
  event: JobEvent
  before: JobState
  after: JobState
  effects: JobEffect[]
  ok: boolean
  lastWordAt: number | null
}

/** Plays a script on the pure machine and keeps every step. */
export function play(steps: Script, computeType: ComputeType = "docker"): { state: JobState; seen: Seen[] } {
  let now = T0
  let { state } = fresh(now, computeType)
  let lastWordAt: number | null = null
  const seen: Seen[] = []
  steps.forEach((step, index) => {
    now += step.waitMs
    const event = toEvent(state, step, index, lastWordAt, now)
    if (!event) return
    const before = state
    const { state: after, effects, answer } = transition(before, event, now)
    if (answer.ok && (event.type === "reported" || event.type === "claimed")) lastWordAt = now
    if (before.attempts.length !== after.attempts.length) lastWordAt = null
    seen.push({ now, event, before, after, effects, ok: answer.ok, lastWordAt })
    state = after
  })
  return { state, seen }
}

/** Nobody says anything any more: only deadlines pass. How long until the job has ended, in milliseconds. */
export function freeze(state: JobState, from: number, lastWordAt: number | null): number {
  let now = from
  let left = state
  for (let turns = 0; !isTerminal(left.stage.status); turns++) {
    if (turns > 1000) throw new Error(`no end in sight from ${JSON.stringify(left.stage)}`)
    const times = Object.values(left.deadlines).filter((at) => typeof at === "number")
    if (times.length === 0) throw new Error(`a ${left.stage.status} job without a deadline`)
    now = Math.max(now, Math.min(...times))
    const name = dueFirst(left, now)
    if (!name) throw new Error("no deadline is due at its own time")
    left = transition(left, { type: "deadline", name, lastWordAt }, now).state
  }
  return now - from
}

/** From any state, the longest a job may take to end when every actor is frozen: queued, run out, stopped twice, silent. */
export const FROZEN_BOUND_MS =
  2 * CLOCKS.queueMs.ms + 45 * 60_000 + CLOCKS.executionMarginMs.ms + 3 * CLOCKS.startEcsMs.ms + 4 * CLOCKS.stopMs.ms + CLOCKS.silentMs.ms
