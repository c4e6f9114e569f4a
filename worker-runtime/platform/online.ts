// The line to the control plane: claim, journal, sender and the final word (worker-protocol.md).
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { join } from "node:path"
import { CLOCKS } from "#contract/jobs.ts"
import type { JobStep } from "#contract/jobs.ts"
import { PROTOCOL } from "#contract/worker.ts"
import type { Claim, Launch, Outcome, ResumePart, SecretDelivery } from "#contract/worker.ts"
import type { EventBody, Line, Vitals, Work } from "../line.ts"
import type { Log } from "../log.ts"
import type { Redactor } from "../redact.ts"
import { WORKER_VERSION } from "../version.ts"
import type { Workspace } from "../workspace.ts"
import { limitOf, readWork, refused } from "./claim.ts"
import { controlPlane } from "./control-plane.ts"
import type { ControlPlane } from "./control-plane.ts"
import { openJournal } from "./journal.ts"
import type { Journal } from "./journal.ts"
import { actUnderLease, clocksOf, type Effect, type LeaseClocks } from "./lease.ts"
import { exitOf, sayClaimFailure, sayResult } from "./last-word.ts"
import { createRepeat } from "./repeat.ts"
import type { Repeat } from "./repeat.ts"
import { startSender } from "./sender.ts"
import type { Sender, SenderDeps } from "./sender.ts"

/** Fresh credentials, attachments and artifacts are help, not conditions: after so long the attempt goes on without them. */
const CREDENTIALS_MS = 15_000
const ARTIFACT_MS = 60_000
/** A large one gets longer: 512 KiB a second is a slow line. */
const BYTES_PER_MS = 512

export interface OnlineDeps {
  launch: Launch
  compute: Claim["compute"]
  redactor: Redactor
  log: Log
  now: () => number
  random: () => number
  silentMs?: number
  /** The journal stays readable in the work folder. */
  keepWork?: boolean
}

/**
 * Before the claim was answered only `claim {failure}` can be said; between claim and journal (the folder could not be
 * made) only a result without events.
 */
type Session =
  | { state: "unclaimed" }
  | { state: "claimed" }
  | { state: "open"; journal: Journal; sender: Sender; clocks: LeaseClocks; deadlineAt: number }
  | { state: "closed" }

interface Online {
  deps: OnlineDeps
  plane: ControlPlane
  repeat: Repeat
  claim: Claim
  session: Session
  /** Told before there was a journal. */
  early: EventBody[]
  probe: (() => Vitals) | null
  line: Line
}

export function onlineLine(deps: OnlineDeps): Line {
  const { launch, redactor, log, now, random } = deps
  const secret = randomBytes(32).toString("hex")
  redactor.register(launch.launchToken)
  redactor.register(secret)
  const line: Line = {
    onStop: () => {},
    take: (makeRoom, stop) => take(online, makeRoom, stop),
    append: (body) => append(online, body),
    outside: (effect) => outside(online, effect),
    credentials: (names, signal) => mintCredentials(online, names, signal),
    attachment: (id, signal) => fetchAttachment(online, id, signal),
    keepsArtifacts: true,
    putArtifact: (name, content, signal) => putArtifact(online, { name, content, signal }),
    resumeFile: (part, signal) => fetchResumeFile(online, part, signal),
    finish: (outcome, step, grace) => finish(online, { outcome, step, grace }),
    abandon: () => hangUp(online),
    watch(probe) {
      online.probe = probe
    },
  }
  const online: Online = {
    deps,
    plane: controlPlane({ launch, now, sessionToken: `vs_${launch.jobId}_${launch.attempt}_${secret}` }),
    repeat: createRepeat({ log, random }),
    claim: claimOf(deps, secret),
    session: { state: "unclaimed" },
    early: [],
    probe: null,
    line,
  }
  return line
}

function claimOf({ launch, compute }: OnlineDeps, secret: string): Claim {
  const sessionHash = createHash("sha256").update(secret).digest("hex")
  return { attempt: launch.attempt, claimId: randomUUID(), sessionHash, protocol: PROTOCOL, workerVersion: WORKER_VERSION, compute }
}

async function take(online: Online, makeRoom: (name: string) => Promise<Workspace>, stop: AbortSignal): Promise<Work> {
  const { deps, plane, repeat, claim } = online
  const { launch, now, silentMs = CLOCKS.silentMs.ms, keepWork = false } = deps
  const answer = await repeat("claim", (signal) => plane.claim(claim, signal), within(stop, silentMs))
  stop.throwIfAborted()
  if (answer?.kind !== "ok") throw refused(answer)
  online.session = { state: "claimed" }
  const { heartbeatMs, leaseMs, deadlineAt, payload, secrets, stateKeys = null } = readWork(answer.value)
  const workspace = await makeRoom(payload.job.folder ?? launch.jobId)
  const journal = openJournal({ file: join(workspace.own, `journal-${launch.attempt}.ndjson`), now, keep: keepWork })
  for (const body of online.early.splice(0)) journal.append(body)
  const limitMs = limitOf(payload.limits.maxExecutionMs, deadlineAt, now())
  const sender = openSender(online, { journal, heartbeatMs, silentMs })
  online.session = { state: "open", journal, sender, clocks: clocksOf(leaseMs), deadlineAt: now() + limitMs }
  for (const key of [stateKeys?.seal, stateKeys?.open]) if (key !== undefined) deps.redactor.register(key)
  return { payload, secrets, stateKeys, workspace, limitMs }
}

function openSender(online: Online, { journal, heartbeatMs, silentMs }: Pick<SenderDeps, "journal" | "heartbeatMs" | "silentMs">): Sender {
  const { deps, plane, line } = online
  return startSender({
    journal,
    heartbeatMs,
    silentMs,
    now: deps.now,
    random: deps.random,
    post: (events, signal) => plane.events({ events, vitals: online.probe === null ? null : online.probe() }, signal),
    onStop: ({ reason, graceMs }) => line.onStop({ kind: "stop", reason, graceMs }),
    onFence: (reason) => line.onStop({ kind: "fenced", reason }),
  })
}

function append({ session, early }: Online, body: EventBody): number {
  // Before the journal there are a few at most; after the last word there is nobody to tell.
  if (session.state !== "open") return early.push(body)
  const seq = session.journal.append(body)
  session.sender.poke()
  return seq
}

function outside<T>({ session, deps: { now } }: Online, effect: Effect<T>): Promise<T> {
  if (session.state !== "open") throw new Error("Nothing may happen outside before the claim.")
  return actUnderLease({ sender: session.sender, clocks: session.clocks, now }, effect)
}

async function mintCredentials(
  { plane, repeat, deps }: Online,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly SecretDelivery[] | null> {
  const answer = await repeat("credentials", (one) => plane.credentials(names, one), within(signal, CREDENTIALS_MS))
  if (answer?.kind === "ok") return answer.value.secrets
  deps.log.warn("credentials-not-renewed", { answer: answer?.kind ?? "timeout" })
  return null
}

async function fetchAttachment({ plane, repeat, deps }: Online, id: string, signal: AbortSignal): Promise<Uint8Array | null> {
  const answer = await repeat("attachment", (one) => plane.attachment(id, one), within(signal, ARTIFACT_MS))
  if (answer?.kind === "ok") return answer.value
  deps.log.warn("attachment-lost", { id, answer: answer?.kind ?? "timeout" })
  return null
}

async function putArtifact(
  { plane, repeat, deps }: Online,
  { name, content, signal }: { name: string; content: Uint8Array; signal: AbortSignal },
): Promise<boolean> {
  const limitMs = Math.max(ARTIFACT_MS, content.byteLength / BYTES_PER_MS)
  const answer = await repeat("artifact", (one) => plane.artifact(name, content, one), within(signal, limitMs))
  if (answer?.kind === "ok") return true
  deps.log.warn("artifact-lost", { name, answer: answer?.kind ?? "timeout" })
  return false
}

async function fetchResumeFile({ plane, repeat, deps }: Online, part: ResumePart, signal: AbortSignal): Promise<Uint8Array | null> {
  const answer = await repeat("resume", (one) => plane.resumeFile(part, one), within(signal, CLOCKS.checkpointMs.ms))
  if (answer?.kind === "ok") return answer.value
  deps.log.warn("resume-file-lost", { part, answer: answer?.kind ?? "timeout" })
  return null
}

async function finish(online: Online, { outcome, step, grace }: { outcome: Outcome; step: JobStep; grace: AbortSignal }): Promise<number> {
  const { deps, plane, repeat, claim, session } = online
  switch (session.state) {
    case "open": {
      const signal = within(grace, Math.max(CLOCKS.leaseMs.ms, session.deadlineAt - deps.now()))
      const exitCode = await sayResult({ ...session, plane, outcome, step, log: deps.log, repeat, signal })
      hangUp(online)
      return exitCode
    }
    case "claimed":
      return exitOf(await repeat("result", (signal) => plane.result({ lastSeq: 0, outcome }, signal), grace))
    case "unclaimed":
      return sayClaimFailure({ outcome, repeat, send: (failure, signal) => plane.claim({ ...claim, failure }, signal), grace })
    case "closed":
      throw new Error("The last word was said already.")
  }
}

function hangUp(online: Online): void {
  if (online.session.state !== "open") return
  online.session.sender.close()
  online.session.journal.close()
  online.session = { state: "closed" }
}

function within(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}
