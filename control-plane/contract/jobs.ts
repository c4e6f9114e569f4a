import type { z } from "zod"
import type { jobSchema, retrySchema } from "./jobs.schema.ts"

export const JOB_KINDS = ["research", "planning", "execution", "claw", "self-test"] as const
export type JobKind = (typeof JOB_KINDS)[number]

export const JOB_STATUSES = ["queued", "launching", "running", "stopping", "succeeded", "failed", "cancelled"] as const
export type JobStatus = (typeof JOB_STATUSES)[number]
export const TERMINAL_STATUSES = ["succeeded", "failed", "cancelled"] as const satisfies readonly JobStatus[]
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number]

/** Why a job is stopping; the end state follows the cause. */
export const STOP_CAUSES = ["cancel", "deadline", "lost"] as const
export type StopCause = (typeof STOP_CAUSES)[number]

/** The nine steps of one attempt, in order. */
export const JOB_STEPS = [
  "receive",
  "resolve-clanker",
  "fetch-credentials",
  "prepare-agent",
  "clone",
  "run-agent",
  "commit-and-push",
  "open-pull-request",
  "report",
] as const
export type JobStep = (typeof JOB_STEPS)[number]

export type Job = z.infer<typeof jobSchema>
export type Retry = z.infer<typeof retrySchema>

export const isTerminal = (status: JobStatus): status is TerminalStatus => TERMINAL_STATUSES.some((terminal) => terminal === status)

/** What a person may do with a job; server and UI read the same table. */
export const jobCan = {
  queued: { cancel: true, retry: false, delete: false },
  launching: { cancel: true, retry: false, delete: false },
  running: { cancel: true, retry: false, delete: false },
  stopping: { cancel: true, retry: false, delete: false },
  succeeded: { cancel: false, retry: false, delete: true },
  failed: { cancel: false, retry: true, delete: true },
  cancelled: { cancel: false, retry: true, delete: true },
} as const satisfies Record<JobStatus, { cancel: boolean; retry: boolean; delete: boolean }>

const SECOND = 1000
const MINUTE = 60 * SECOND

/** Attempts the control plane makes by itself: the first and one more, for failures that a repeat can mend. */
export const MAX_ATTEMPTS = 2

/**
 * Every clock of a job in one place, in milliseconds: who owns it and what it bounds. Nobody else invents a number.
 * `docs/clocks.md` is rendered from this table.
 */
export const CLOCKS = {
  queueMs: { owner: "control plane", ms: 24 * 60 * MINUTE, bounds: "queued → failed queue-timeout" },
  launchRetryMs: {
    owner: "control plane",
    ms: SECOND,
    bounds: "first pause between two tries to start a worker; doubles up to launchRetryMaxMs",
  },
  launchRetryMaxMs: { owner: "control plane", ms: 30 * SECOND, bounds: "longest pause between two tries" },
  notNowMs: { owner: "control plane", ms: 10 * SECOND, bounds: "pause before a job whose compute said 'not now' asks for a slot again" },
  startLambdaMs: { owner: "control plane", ms: 3 * MINUTE, bounds: "launching without a claim, AWS Lambda" },
  startEcsMs: { owner: "control plane", ms: 15 * MINUTE, bounds: "launching without a claim, AWS ECS" },
  startDockerMs: { owner: "control plane", ms: 10 * MINUTE, bounds: "launching without a claim, Docker" },
  lookMs: {
    owner: "control plane",
    ms: 20 * SECOND,
    bounds: "between two looks at a worker on AWS that was launched and says nothing yet, or is being stopped: no host tells of its end",
  },
  lookWithEventsMs: { owner: "control plane", ms: MINUTE, bounds: "the same for a task of ECS where AWS's events bring a look forward" },
  lookGapMs: { owner: "control plane", ms: SECOND, bounds: "shortest time between two looks at one task, however many events come" },
  heartbeatMs: { owner: "worker", ms: 15 * SECOND, bounds: "longest silence of a healthy worker: an empty batch is sent" },
  heartbeatLostMs: { owner: "control plane", ms: 90 * SECOND, bounds: "running without a word → the compute is asked" },
  leaseMs: { owner: "worker", ms: 60 * SECOND, bounds: "how long one acknowledgement lets the worker act outside" },
  intentFreshMs: { owner: "worker", ms: 20 * SECOND, bounds: "age of the acknowledgement that allows a push or a pull request" },
  silentMs: {
    owner: "worker",
    ms: 10 * MINUTE,
    bounds:
      "without an acknowledgement the worker kills the agent and ends; also the silence after which a lost worker without proof counts as dead",
  },
  executionMarginMs: { owner: "control plane", ms: 60 * SECOND, bounds: "added to maxExecutionTime: the worker ends itself first" },
  stopMs: { owner: "control plane", ms: 150 * SECOND, bounds: "stopping without proof → stop again, then the end without proof" },
  stopGraceMs: { owner: "worker", ms: 10 * SECOND, bounds: "TERM → KILL of the agent's process group" },
  firstEventMs: { owner: "worker", ms: 120 * SECOND, bounds: "agent started but silent → agent-failed" },
  checkpointMs: {
    owner: "worker",
    ms: 5 * MINUTE,
    bounds: "between two checkpoints of an agent that works; also the longest that one of them may take",
  },
  checkpointStopMs: { owner: "worker", ms: 15 * SECOND, bounds: "checkpoint after a stop: then the last word is said without it" },
  machineGraceMs: { owner: "worker", ms: 25 * SECOND, bounds: "TERM from Docker or a host → the last word; they kill 30 s after it" },
  ecsGraceMs: { owner: "worker", ms: 100 * SECOND, bounds: "TERM from ECS, also for Fargate Spot → the last word; ECS kills after 120 s" },
  ecsCheckpointStopMs: { owner: "worker", ms: 60 * SECOND, bounds: "the same as checkpointStopMs, where ECS leaves more time" },
  lambdaReserveMs: {
    owner: "worker",
    ms: 90 * SECOND,
    bounds: "end of the agent → time limit of the Lambda function: 30 s for the last word, and a minute that nobody needs",
  },
  watchdogMs: { owner: "control plane", ms: 60 * SECOND, bounds: "age at which the cron's watchdog looks at a row that should have moved" },
  retentionMs: {
    owner: "control plane",
    ms: 30 * 24 * 60 * MINUTE,
    bounds: "the log stays in the job's object; then it moves to object storage",
  },
} as const satisfies Record<string, { owner: "control plane" | "worker"; ms: number; bounds: string }>
