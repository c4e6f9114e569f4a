// The line to the control plane: claim, journal, sender and the final word (worker-protocol.md).
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { join } from "node:path"
import { CLOCKS } from "#contract/jobs.ts"
import { EXIT, PROTOCOL } from "#contract/worker.ts"
import { claimReplySchema } from "#contract/worker.schema.ts"
import type { Claim, ClaimReply, Launch } from "#contract/worker.ts"
import { StepFailure } from "../failure.ts"
import { Refused } from "../line.ts"
import type { EventBody, Line, Vitals } from "../line.ts"
import type { Log } from "../log.ts"
import type { Redactor } from "../redact.ts"
import { WORKER_VERSION } from "../version.ts"
import { controlPlane } from "./control-plane.ts"
import { openJournal } from "./journal.ts"
import type { Journal } from "./journal.ts"
import { exitOf, sayClaimFailure, sayResult } from "./last-word.ts"
import { createRepeat } from "./repeat.ts"
import type { Settled } from "./repeat.ts"
import { startSender } from "./sender.ts"
import type { Sender } from "./sender.ts"

/** Fresh credentials and artifacts are help, not conditions: after so long the attempt goes on without them. */
const CREDENTIALS_MS = 15_000
const ARTIFACT_MS = 60_000

export interface OnlineDeps {
  launch: Launch
  compute: { kind: string; id: string }
  redactor: Redactor
  log: Log
  now: () => number
  random: () => number
  silentMs?: number
}

/**
 * Before the claim was answered only `claim {failure}` can be said; between claim and journal (the folder could not be
 * made) only a result without events.
 */
type Session = { state: "unclaimed" } | { state: "claimed" } | { state: "open"; journal: Journal; sender: Sender; deadlineAt: number } | { state: "closed" }

export function onlineLine(deps: OnlineDeps): Line {
  const { launch, redactor, log, now, random, silentMs = CLOCKS.silentMs.ms } = deps
  const secret = randomBytes(32).toString("hex")
  redactor.register(launch.launchToken)
  redactor.register(secret)
  const plane = controlPlane({ launch, now, sessionToken: `vs_${launch.jobId}_${launch.attempt}_${secret}` })
  const claim: Claim = {
    attempt: launch.attempt,
    claimId: randomUUID(),
    sessionHash: createHash("sha256").update(secret).digest("hex"),
    protocol: PROTOCOL,
    workerVersion: WORKER_VERSION,
    compute: deps.compute,
  }
  const repeat = createRepeat({ log, random })
  let session: Session = { state: "unclaimed" }
  let probe: (() => Vitals) | null = null
  const early: EventBody[] = []

  const line: Line = {
    onStop: () => {},
    async take(makeRoom, stop) {
      const answer = await repeat("claim", (signal) => plane.claim(claim, signal), AbortSignal.any([stop, AbortSignal.timeout(silentMs)]))
      stop.throwIfAborted()
      if (answer?.kind !== "ok") throw refused(answer)
      session = { state: "claimed" }
      const { heartbeatMs, deadlineAt, payload, secrets } = readWork(answer.value)
      const workspace = await makeRoom(launch.jobId)
      const journal = openJournal({ file: join(workspace.own, `journal-${launch.attempt}.ndjson`), now })
      for (const body of early.splice(0)) journal.append(body)
      const sender = startSender({
        journal,
        post: (events, signal) => plane.events({ events, vitals: probe === null ? null : probe() }, signal),
        heartbeatMs,
        silentMs,
        now,
        random,
        onStop: ({ reason, graceMs }) => line.onStop({ kind: "stop", reason, graceMs }),
        onFence: (reason) => line.onStop({ kind: "fenced", reason }),
      })
      const limitMs = limitOf(payload.limits.maxExecutionMs, deadlineAt, now())
      session = { state: "open", journal, sender, deadlineAt: now() + limitMs }
      return { payload, secrets, workspace, limitMs }
    },
    append(body) {
      // After the last word there is nobody to tell.
      if (session.state !== "open") return early.push(body)
      const seq = session.journal.append(body)
      session.sender.poke()
      return seq
    },
    async allow(intent, signal) {
      for (;;) {
        signal.throwIfAborted()
        const seq = intent()
        if (session.state !== "open") throw new Error("Nothing may happen outside before the claim.")
        const sentAt = await session.sender.acked(seq, signal)
        signal.throwIfAborted()
        if (now() - sentAt < CLOCKS.intentFreshMs.ms) return
      }
    },
    async credentials(names, signal) {
      const answer = await repeat("credentials", (one) => plane.credentials(names, one), within(signal, CREDENTIALS_MS))
      if (answer?.kind === "ok") return answer.value.secrets
      log.warn("credentials-not-renewed", { answer: answer?.kind ?? "timeout" })
      return null
    },
    async putArtifact(name, content, signal) {
      const answer = await repeat("artifact", (one) => plane.artifact(name, content, one), within(signal, ARTIFACT_MS))
      if (answer?.kind !== "ok") log.warn("artifact-lost", { name, answer: answer?.kind ?? "timeout" })
    },
    async finish(outcome, step, grace) {
      if (session.state === "claimed") return exitOf(await repeat("result", (signal) => plane.result({ lastSeq: 0, outcome }, signal), grace))
      if (session.state !== "open") return sayClaimFailure({ outcome, repeat, send: (failure, signal) => plane.claim({ ...claim, failure }, signal), grace })
      const untilDeadline = AbortSignal.timeout(Math.max(CLOCKS.leaseMs.ms, session.deadlineAt - now()))
      try {
        return await sayResult({ ...session, plane, outcome, step, log, repeat, signal: AbortSignal.any([grace, untilDeadline]) })
      } finally {
        line.abandon()
      }
    },
    abandon() {
      if (session.state !== "open") return
      session.sender.close()
      session.journal.close()
      session = { state: "closed" }
    },
    watch(given) {
      probe = given
    },
  }
  return line
}

function within(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}

/** Read after the claim is ours, so that a payload which breaks the contract is a failure that can be told. */
function readWork(reply: unknown): ClaimReply {
  const work = claimReplySchema.safeParse(reply)
  if (work.success) return work.data
  const [issue] = work.error.issues
  throw new StepFailure({ kind: "invalid-payload", field: issue?.path.map(String).join(".") || "(whole)", detail: work.error.message })
}

/** The server's clock may differ from ours: a deadline in the past is not believed. */
function limitOf(maxExecutionMs: number, deadlineAt: string, now: number): number {
  const left = Date.parse(deadlineAt) - now
  return left > 0 ? Math.min(maxExecutionMs, left) : maxExecutionMs
}

function refused(answer: Exclude<Settled<unknown>, { kind: "ok" }>): Refused {
  if (answer === null) return new Refused("the control plane could not be reached", EXIT.unreachable)
  if (answer.kind === "fenced") return new Refused(answer.code, EXIT.fenced)
  return new Refused(`the claim was refused: ${"code" in answer ? answer.code : answer.kind}`, EXIT.internal)
}
