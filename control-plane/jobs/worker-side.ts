import type { Failure } from "#contract/failures.ts"
import { CLOCKS } from "#contract/jobs.ts"
import type { Claim, ClaimReply, EventsReply, Outcome, SecretDelivery, WorkerEvent } from "#contract/worker.ts"
import type { Claimant, Proven } from "../compute/strategy.ts"
import { type Context, iso } from "../context.ts"
import { sameText, sha256Hex } from "../hash.ts"
import { factsOf, take } from "./batch.ts"
import type { Stored } from "./event-log.ts"
import type { Ledger } from "./ledger.ts"
import { notTheWorker } from "./ways-out.ts"
import { buildPayload, deliver, originOf, resumeOf } from "./payload.ts"
import { stateKeys } from "./resume.ts"
import type { JobSpec, JobTexts } from "./spec.ts"
import type { DeadlineName, FinalWord, JobEvent, JobState, Transition } from "./state.ts"
import type { ComputeReport, JobStub, Refused, Said } from "./stub.ts"
import type { Viewers } from "./viewers.ts"

/** What the object lends to the worker's side of it. */
export interface Bench {
  job: { id: string; spec: JobSpec; state: JobState } | null
  ledger: Ledger
  viewers: Viewers
  context: () => Context
  now: () => number
  /** Applies an event; `also` is written in the same transaction. */
  apply: (event: JobEvent, also?: () => void) => Promise<Transition>
  write: (work: () => void) => void
  /** Whether this claimant is the worker that was launched. */
  prove: (attempt: number, claimant: Claimant) => Promise<Proven>
}
const UNKNOWN: Refused = { ok: false, refusal: "unknown" }
const WRONG_SECRET: Refused = { ok: false, refusal: "wrong-secret" }

/** The first claim wins; the same one is answered again until its first events. The payload is built anew each time: no D1. */
export async function claim(bench: Bench, request: Claim, nonce: string): Promise<Said<{ reply: string }>> {
  const { job } = bench
  if (!job) return UNKNOWN
  const known = job.state.attempts.find(({ n }) => n === request.attempt)
  if (known && known.nonce !== nonce) return { ok: false, refusal: "stale" }
  // One that only says why it cannot begin gets nothing, and so need not prove anything.
  const proven: Proven = request.failure ? { ok: true } : await bench.prove(request.attempt, request.compute)
  if (!proven.ok) {
    bench.context().log.warn("claim.not-proven", { jobId: job.id, attempt: request.attempt, reason: proven.reason })
    if (!proven.later) await bench.apply({ type: "unproven", attempt: request.attempt, reason: proven.reason })
    return { ok: false, refusal: proven.later ? "not-proven-now" : "not-proven", why: proven.reason }
  }
  // Whatever can fail comes before the claim is taken: afterwards only this worker could say what went wrong.
  const { env } = bench.context()
  const texts = await loadTexts(env.BUCKET, bench.ledger)
  const opened = await openSecrets(bench, job.spec, null)
  const origin = originOf(job.id, job.spec, job.state)
  const states = await stateKeys(bench.context(), job.id, origin)
  const failure = request.failure ?? (opened.unreadable.length > 0 ? unreadable(opened.unreadable) : null)
  const { state, answer } = await bench.apply(
    {
      type: "claimed",
      attempt: request.attempt,
      claimId: request.claimId,
      sessionHash: request.sessionHash,
      compute: `${request.compute.kind}:${request.compute.id}`,
      failure,
    },
    () => bench.ledger.begin(request.attempt, bench.now()),
  )
  if (!answer.ok) return answer
  if (request.failure) return { ok: true, reply: JSON.stringify({ status: state.stage.status }) }
  if (failure) return { ok: false, refusal: "already-ended" }
  const deadlineAt = iso(state.deadlineAt ?? bench.now())
  const { protocol, attempt } = request
  const resume = resumeOf(origin, job.spec, state)
  const payload = buildPayload({ protocol, jobId: job.id, attempt, deadlineAt, spec: job.spec, texts, resume })
  const clocks = { heartbeatMs: CLOCKS.heartbeatMs.ms, leaseMs: CLOCKS.leaseMs.ms }
  const reply: ClaimReply = { ...clocks, deadlineAt, payload, secrets: opened.secrets, stateKeys: states }
  return { ok: true, reply: JSON.stringify(reply) }
}

const unreadable = (names: string[]): Failure => ({
  kind: "secret-missing",
  names,
  detail: "Their stored values cannot be decrypted: set them anew, or bring back the master key they were sealed with.",
})

/** Stored first, then shown, then acknowledged. */
export async function events(bench: Bench, attempt: number, secret: string, batch: WorkerEvent[]): ReturnType<JobStub["events"]> {
  const refused = await checkSession(bench, attempt, secret)
  if (refused) return refused
  const { job, ledger } = bench
  const progress = ledger.progress(attempt)
  if (!job || !progress) return UNKNOWN
  const { taken, acked } = take(progress.acked, batch)
  const first = job.state.attempts.at(-1)?.claimOpen === true
  let stored: Stored[] = []
  const write = () => {
    stored = ledger.append(attempt, progress.base, taken, bench.now())
    if (taken.length === 0) ledger.heard(attempt, bench.now())
  }
  const facts = factsOf(taken, first)
  const matters =
    first ||
    facts.steps.length > 0 ||
    facts.pushed !== null ||
    facts.pullRequest !== null ||
    facts.usage !== null ||
    facts.checkpoint !== null
  if (matters) {
    const { answer } = await bench.apply({ type: "reported", attempt, facts }, write)
    if (!answer.ok) return answer
  } else bench.write(write)
  bench.viewers.tell(stored)
  return { ok: true, reply: acknowledgement(job.state, acked, bench.now()) }
}

function acknowledgement({ stage }: JobState, acked: number, now: number): EventsReply {
  const stop = stage.status === "stopping" ? { stop: { reason: stage.cause, graceMs: CLOCKS.stopMs.ms / 2 } } : {}
  return { acked, leaseUntil: iso(now + CLOCKS.leaseMs.ms), ...stop }
}

/** The worker's one final word. Taken only when every event before it is here. */
export async function result(
  bench: Bench,
  attempt: number,
  secret: string,
  lastSeq: number,
  outcome: Outcome,
): Promise<Said<{ status: string }>> {
  const hash = await sha256Hex(secret)
  const { job, ledger } = bench
  if (!job) return UNKNOWN
  const own = job.state.attempts.find(({ n }) => n === attempt)
  if (own && !own.sessionHash) return { ok: false, refusal: "not-claimed" }
  if (!own?.sessionHash || !sameText(own.sessionHash, hash)) return WRONG_SECRET
  if (own.resulted) return { ok: true, status: job.state.stage.status }
  const refusal = notTheWorker(job.state, attempt)
  if (refusal) return { ok: false, refusal }
  const acked = ledger.progress(attempt)?.acked ?? 0
  if (lastSeq > acked) return { ok: false, refusal: "events-missing", expected: acked + 1 }
  const { state, answer } = await bench.apply(resultEvent(attempt, outcome), () => ledger.saveResult(attempt, JSON.stringify(outcome)))
  return answer.ok ? { ok: true, status: state.stage.status } : answer
}

function resultEvent(attempt: number, outcome: Outcome): JobEvent {
  const word: FinalWord = {
    status: outcome.status,
    ...(outcome.branch ? { branch: outcome.branch } : {}),
    ...(outcome.commit ? { commit: outcome.commit } : {}),
    ...(outcome.pullRequest ? { pullRequest: outcome.pullRequest } : {}),
  }
  const { branch = null, commit = null, baseCommit = null, pullRequest = null, agentVersion = null, resumed = null, usage } = outcome
  return {
    type: "result",
    attempt,
    word,
    failure: outcome.status === "failed" ? outcome.failure : null,
    reason: outcome.status === "stopped" ? outcome.reason : null,
    provenance: { branch, commit, baseCommit, pullRequest, agentVersion, resumed, computeMs: usage?.computeMs ?? 0 },
  }
}

export async function credentials(bench: Bench, attempt: number, secret: string, names: string[]): Promise<Said<{ reply: string }>> {
  const refused = await checkSession(bench, attempt, secret)
  if (refused) return refused
  if (!bench.job) return UNKNOWN
  return { ok: true, reply: JSON.stringify({ secrets: (await openSecrets(bench, bench.job.spec, names)).secrets }) }
}

/** Whether this worker holds the current attempt. The digest first: between the look at the state and what follows nothing may be awaited. */
export async function checkSession(bench: Bench, attempt: number, secret: string): Promise<Refused | null> {
  const hash = await sha256Hex(secret)
  if (!bench.job) return UNKNOWN
  const own = bench.job.state.attempts.find(({ n }) => n === attempt)
  const refusal = notTheWorker(bench.job.state, attempt)
  if (!own?.sessionHash) return { ok: false, refusal: refusal ?? "not-claimed" }
  if (!sameText(own.sessionHash, hash)) return WRONG_SECRET
  return refusal ? { ok: false, refusal } : null
}

/** Decrypted for this one answer; never kept. What cannot be decrypted is named. */
async function openSecrets(
  bench: Bench,
  spec: JobSpec,
  names: readonly string[] | null,
): Promise<{ secrets: SecretDelivery[]; unreadable: string[] }> {
  const { vault, log } = bench.context()
  const secrets: SecretDelivery[] = []
  const unreadable: string[] = []
  for (const secret of spec.secrets.filter(({ name }) => names === null || names.includes(name))) {
    const sealed = secret.location === "database" ? bench.ledger.sealed(secret.id) : null
    try {
      secrets.push(
        deliver(secret, sealed === null ? null : await vault.open({ table: "secrets", row: secret.id, column: "sealed" }, sealed)),
      )
    } catch (error) {
      log.error("secret.unreadable", error, { secretId: secret.id })
      unreadable.push(secret.name)
    }
  }
  return { secrets, unreadable }
}

export async function loadTexts(bucket: R2Bucket, ledger: Ledger): Promise<JobTexts> {
  const texts = ledger.texts()
  if (!("inBucket" in texts)) return texts
  const object = await bucket.get(texts.inBucket)
  if (!object) throw new Error(`${texts.inBucket} is not in the bucket`)
  return object.json<JobTexts>()
}

export function computeEvent(report: ComputeReport, state: JobState): JobEvent {
  if (report.kind === "changed") return { type: "woken", handle: report.handle }
  if (report.kind === "stopped")
    return { type: "inspected", attempt: report.attempt, inspection: "stopped", reason: report.reason, oom: report.oom }
  const failure =
    report.code === "image-missing"
      ? ({ kind: "image-missing", detail: report.message } as const)
      : ({ kind: "launch-refused", detail: report.message } as const)
  return { type: "launch-refused", attempt: report.attempt, try: state.attempts.at(-1)?.tries ?? 1, transient: report.transient, failure }
}

const DEADLINE_NAMES: readonly DeadlineName[] = [
  "queue",
  "requeue",
  "launch",
  "start",
  "look",
  "heartbeat",
  "execution",
  "stop",
  "retention",
]
export function deadlineName(name: string): DeadlineName {
  const known = DEADLINE_NAMES.find((candidate) => candidate === name)
  if (!known) throw new Error(`deadline ${name} is not known to this release`)
  return known
}

/** The log as people read it: one line an event, deltas joined. */
export function plainText(events: readonly Stored[]): string {
  let text = ""
  let inProse = false
  for (const { json } of events) {
    const event: Record<string, unknown> = JSON.parse(json)
    const prose = event["kind"] === "text" || event["kind"] === "reasoning"
    if (prose) text += String(event["delta"] ?? "")
    else text += `${inProse ? "\n" : ""}${line(event)}\n`
    inProse = prose
  }
  return inProse ? `${text}\n` : text
}

function line({ at, kind, ...event }: Record<string, unknown>): string {
  switch (kind) {
    case "log":
      return `${at} ${event["level"]} [${event["source"]}] ${event["text"]}`
    case "step":
      return `${at} step ${event["step"]} ${event["state"]}`
    case "notice":
      return `${at} notice ${event["code"]}: ${event["text"]}`
    case "tool":
      return `${at} tool ${event["name"]} ${event["state"]}${event["output"] ? `\n${event["output"]}` : ""}`
    default: {
      const { seq: _seq, attempt: _attempt, ...rest } = event
      return `${at} ${kind} ${JSON.stringify(rest)}`
    }
  }
}
