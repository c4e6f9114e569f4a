import type { Job } from "#contract/jobs.ts"
import { type Claimant, type Doors, type Proven, STRATEGIES, type WorkerHandle } from "../compute/strategy.ts"
import type { Context } from "../context.ts"
import type { Effect, EffectRule } from "../durable/outbox.ts"
import { feedObject } from "../feed/stub.ts"
import { queueObject } from "../queue/stub.ts"
import type { JobSpec } from "./spec.ts"
import type { JobEffect, JobEvent, JobState } from "./state.ts"
import { projectJob } from "./store.ts"
import { launchToken } from "./tokens.ts"

/** How a job that has ended is told to the nouns above this room. Idempotent: it may run twice. */
export interface EndedJob {
  job: Job
  spec: JobSpec
  /** The worker's final word as JSON text, when it had one that counts. */
  outcome: string | null
}
export type React = (context: Context, ended: EndedJob) => Promise<void>

/** What an effect may do to its job: read present truth, and tell the machine what came of it. */
export interface JobDesk {
  context: () => Context
  id: () => string
  spec: () => JobSpec
  state: () => JobState
  reply: () => Job
  outcome: () => string | null
  apply: (event: JobEvent) => Promise<void>
  ended: () => void
  /** Moves the log to object storage, and lets go of the checkpoints. */
  archive: () => Promise<void>
}

/** Milliseconds. Each effect has its own, so that one dependency that hangs holds up only itself. */
const LIMITS = { bucket: 60_000, d1: 3000, compute: 10_000, object: 5000 } as const

/** Order within a chain; chains run side by side: within `rows` the row is written before anybody reacts or is told. */
const CHAINS = {
  enqueue: "slot",
  release: "slot",
  leave: "slot",
  launch: "compute",
  inspect: "compute",
  stop: "compute",
  project: "rows",
  react: "rows",
  announce: "rows",
  archive: "archive",
} as const satisfies Record<JobEffect["kind"], string>

/** The outbox row of an effect. Repeats of a wake-up coalesce; a release names its lease, because each must happen. */
export function toEffect(effect: JobEffect): Effect {
  const { kind, ...data } = effect
  const key = "leaseId" in effect ? `${kind}:${effect.leaseId}` : "attempt" in effect ? `${kind}:${effect.attempt}` : kind
  return { key, chain: CHAINS[kind], kind, data }
}

export function effectRules(desk: JobDesk, doors: (context: Context) => Doors, react: React): Record<JobEffect["kind"], EffectRule> {
  const strategy = () => STRATEGIES[desk.spec().compute.type]
  const handle = (attempt: unknown) => workerHandle({ id: desk.id(), spec: desk.spec(), state: desk.state() }, Number(attempt))

  return {
    enqueue: { limitMs: LIMITS.object, run: () => enqueue(desk) },
    release: { limitMs: LIMITS.object, run: ({ leaseId }) => queueObject(desk.context().env).release(String(leaseId)) },
    leave: { limitMs: LIMITS.object, run: () => queueObject(desk.context().env).leave(desk.id()) },
    launch: { limitMs: LIMITS.compute, run: (data) => launch(desk, doors, Number(data["attempt"]), Number(data["try"])) },
    inspect: {
      limitMs: LIMITS.compute,
      async run({ attempt }) {
        const { state: inspection, ...seen } = await strategy().inspect(handle(attempt), doors(desk.context()))
        await desk.apply({ type: "inspected", attempt: Number(attempt), inspection, ...seen })
      },
    },
    stop: { limitMs: LIMITS.compute, run: ({ attempt }) => strategy().stop(handle(attempt), doors(desk.context())) },
    project: { limitMs: LIMITS.d1, run: () => projectJob(desk.context(), desk.reply()) },
    react: {
      limitMs: LIMITS.d1 * 3,
      async run() {
        await react(desk.context(), { job: desk.reply(), spec: desk.spec(), outcome: desk.outcome() })
        desk.ended()
        await desk.apply({ type: "settled" })
      },
    },
    archive: { limitMs: LIMITS.bucket, run: () => desk.archive() },
    announce: {
      limitMs: LIMITS.object,
      async run() {
        const job = desk.reply()
        await feedObject(desk.context().env).tell({
          type: "changed",
          noun: "job",
          id: job.id,
          projectId: job.projectId,
          version: job.version,
        })
      },
    },
  }
}

/** What the compute is asked about an attempt with. */
export function workerHandle({ id, spec, state }: { id: string; spec: JobSpec; state: JobState }, attempt: number): WorkerHandle {
  const own = state.attempts.find(({ n }) => n === attempt)
  const { handle = null, compute: claimed = null, startedAt = state.createdAt } = own ?? {}
  return { jobId: id, attempt, facts: spec.compute.facts, handle, claimed, startedAt }
}

export const prove = (
  job: Parameters<typeof workerHandle>[0],
  { attempt, claimant, doors }: { attempt: number; claimant: Claimant; doors: Doors },
): Promise<Proven> => STRATEGIES[job.spec.compute.type].prove(workerHandle(job, attempt), claimant, doors)

async function enqueue(desk: JobDesk): Promise<void> {
  const { spec, state } = { spec: desk.spec(), state: desk.state() }
  if (state.stage.status !== "queued") return
  const hostId = spec.compute.facts["hostId"]
  const caps = {
    ...(spec.projectId === null ? {} : { [`project:${spec.projectId}`]: null }),
    [`clanker:${spec.clanker.id}`]: spec.clanker.maxConcurrency,
    ...(typeof hostId === "string" ? { [`host:${hostId}`]: null } : {}),
  }
  await queueObject(desk.context().env).enqueue({
    jobId: desk.id(),
    projectId: spec.projectId ?? "",
    clankerId: spec.clanker.id,
    priority: spec.priority,
    at: state.createdAt,
    caps,
  })
}

/** A wake-up: a launch that is no longer the current one does nothing. A thrown error is a lost answer: the same try is repeated. */
async function launch(desk: JobDesk, doors: (context: Context) => Doors, attempt: number, attemptTry: number): Promise<void> {
  const context = desk.context()
  const current = desk.state().attempts.at(-1)
  if (desk.state().stage.status !== "launching" || current?.n !== attempt || current.tries !== attemptTry) return
  const { compute } = desk.spec()
  const env = {
    VIBERATOR_JOB_ID: desk.id(),
    VIBERATOR_ATTEMPT: String(attempt),
    CONTROL_PLANE_URL: context.config.publicUrl,
    VIBERATOR_LAUNCH_TOKEN: await launchToken(context.keys.workerToken, desk.id(), attempt, current.nonce),
  }
  const answer = await STRATEGIES[compute.type].launch(
    { jobId: desk.id(), attempt, try: attemptTry, env, facts: compute.facts },
    doors(context),
  )
  switch (answer.status) {
    case "launched":
      return desk.apply({ type: "launched", attempt, try: attemptTry, handle: answer.handle })
    case "not-now":
      return desk.apply({ type: "not-now", attempt, try: attemptTry, reason: answer.reason })
    case "refused":
      return desk.apply({ type: "launch-refused", attempt, try: attemptTry, transient: answer.transient, failure: answer.failure })
  }
}
