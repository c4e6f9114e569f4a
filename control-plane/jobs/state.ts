import type { ComputeType } from "#contract/clankers.ts"
import type { Failure } from "#contract/failures.ts"
import { CLOCKS, JOB_STEPS, type JobStatus, type JobStep, type StopCause } from "#contract/jobs.ts"

export type DeadlineName = "queue" | "requeue" | "launch" | "start" | "look" | "heartbeat" | "execution" | "stop" | "retention"

/** One try to get the work done by one worker. `end` says in words how it ended. */
export interface Attempt {
  n: number
  nonce: string
  leaseId: string
  /** Grows only after a definite refusal, never after a lost answer. */
  tries: number
  handle: string | null
  claimId: string | null
  /** The same claim is answered again until the first events came. */
  claimOpen: boolean
  sessionHash: string | null
  compute: string | null
  startedAt: number
  endedAt: number | null
  end: string | null
  /** The worker's final word was taken: a repeat of it gets the first answer, for ever. */
  resulted: boolean
  /** What it goes on from, fixed when it began: the newest checkpoint of the attempts before it. */
  resume?: Checkpoint
}

/** What a worker kept of its work, to go on from. The artifacts lie with the attempt that made them. */
export interface Checkpoint {
  attempt: number
  artifact: string
  commit: string
  agentState: string | null
  agentVersion: string | null
  /** The agent had ended well. */
  finished: boolean
}

export interface StepState {
  name: JobStep
  state: "pending" | "running" | "done" | "failed"
  startedAt: number | null
  endedAt: number | null
}

export interface Evidence {
  signalled: boolean
  compute: string | null
  at: number
  proven: boolean
  outcome?: FinalWord
}
/** What a worker's final word says of itself, without its text. */
export interface FinalWord {
  status: "succeeded" | "failed" | "stopped"
  branch?: string | undefined
  commit?: string | undefined
  pullRequest?: { url: string; number: number } | undefined
}

/** What excludes something else is one union; the rest of the state is common to all. */
export type Stage =
  | { status: "queued"; reason: string }
  | { status: "launching"; extensions: number }
  /** `woken`: an event asked for the next answer of the compute, so that "it runs" uses up no extension. */
  | { status: "running"; extensions: number; woken?: true }
  | { status: "stopping"; cause: StopCause; rounds: number; reason: string }
  | { status: "succeeded" }
  | { status: "failed"; failure: Failure }
  | { status: "cancelled" }

export interface JobState {
  version: number
  stage: Stage
  computeType: ComputeType
  maxExecutionMs: number
  createdAt: number
  startedAt: number | null
  endedAt: number | null
  /** The cause that decided a terminal state, kept for people. */
  cause: StopCause | null
  attempts: Attempt[]
  deadlines: Partial<Record<DeadlineName, number>>
  /** How long a look rests where it is not the usual time. */
  lookMs?: number
  /** The last look; absent before the first. */
  lookedAt?: number
  deadlineAt: number | null
  steps: StepState[]
  evidence: Evidence | null
  /** A push may have happened: the next attempt starts from the remote branch. */
  pushIntent: boolean
  /** The newest one; absent before the first. */
  checkpoint?: Checkpoint
  branch: string | null
  commit: string | null
  baseCommit: string | null
  pullRequest: { url: string; number: number } | null
  agentVersion: string | null
  resumed: "session" | "checkpoint" | "none" | null
  usage: { inputTokens: number; outputTokens: number; costUsd: number | null; computeMs: number }
  /** Every reaction to the end has run. */
  settled: boolean
  securityNotes: string[]
  /** Leases that were given back unused: their grant may be delivered again. */
  spentLeases: string[]
}

export type JobEffect =
  | { kind: "enqueue" }
  | { kind: "release"; leaseId: string }
  | { kind: "leave" }
  | { kind: "launch"; attempt: number; try: number }
  | { kind: "inspect"; attempt: number }
  | { kind: "stop"; attempt: number }
  | { kind: "project" }
  | { kind: "react" }
  | { kind: "announce" }
  | { kind: "archive" }

export type Inspection = "starting" | "running" | "stopped" | "gone" | "unknown"

/** What can happen to a job. Every one may come late, twice, or in another order. */
export type JobEvent =
  | { type: "granted"; leaseId: string; nonce: string }
  | { type: "launched"; attempt: number; try: number; handle: string }
  | { type: "launch-refused"; attempt: number; try: number; transient: boolean; failure: Failure }
  | { type: "not-now"; attempt: number; try: number; reason: string }
  | { type: "claimed"; attempt: number; claimId: string; sessionHash: string; compute: string; failure: Failure | null }
  /** Somebody claimed who could not prove to be the worker that was launched. */
  | { type: "unproven"; attempt: number; reason: string }
  | { type: "reported"; attempt: number; facts: Facts }
  | { type: "result"; attempt: number; word: FinalWord; failure: Failure | null; reason: string | null; provenance: Provenance }
  /** `failure`: what stopped the worker is known, and another attempt cannot help. */
  | { type: "inspected"; attempt: number; inspection: Inspection; reason: string; oom: boolean; failure?: Failure }
  /** The cloud says, unasked, that something changed at what it calls `handle`. */
  | { type: "woken"; handle: string }
  | { type: "deadline"; name: DeadlineName; lastWordAt: number | null }
  | { type: "cancel"; by: string }
  | { type: "settled" }

/** What a batch of events means for the job itself. */
export interface Facts {
  first: boolean
  steps: { step: JobStep; state: "started" | "finished" | "failed" | "intent"; at: number }[]
  pushed: { branch: string; commit: string } | null
  pullRequest: { url: string; number: number } | null
  usage: { inputTokens: number; outputTokens: number; costUsd: number | null } | null
  checkpoint: Omit<Checkpoint, "attempt"> | null
}
export interface Provenance {
  branch: string | null
  commit: string | null
  baseCommit: string | null
  pullRequest: { url: string; number: number } | null
  agentVersion: string | null
  resumed: "session" | "checkpoint" | "none" | null
  computeMs: number
}

/** Why an event changed nothing. */
export type Refusal = "not-wanted" | "stale" | "already-claimed" | "already-ended" | "not-claimed" | "ignored"
export type Answer = { ok: true; repeated: boolean } | { ok: false; refusal: Refusal }
export interface Transition {
  state: JobState
  effects: JobEffect[]
  answer: Answer
}

export const freshSteps = (): StepState[] => JOB_STEPS.map((name) => ({ name, state: "pending", startedAt: null, endedAt: null }))

/** Nobody is sure to tell of the end of a worker on AWS: it is looked at. */
export const lookAt = ({ computeType, lookMs = CLOCKS.lookMs.ms }: JobState, now: number): JobState["deadlines"] =>
  computeType === "docker" ? {} : { look: now + lookMs }

export const statusOf = (state: JobState): JobStatus => state.stage.status
export const currentAttempt = (state: JobState): Attempt | null => state.attempts.at(-1) ?? null
