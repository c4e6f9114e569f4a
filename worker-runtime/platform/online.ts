// The line to the control plane: claim, journal, sender and the final word (worker-protocol.md).
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { CLOCKS } from "#contract/jobs.ts"
import type { JobStep } from "#contract/jobs.ts"
import { EXIT, PROTOCOL } from "#contract/worker.ts"
import type { Claim, Launch, Outcome } from "#contract/worker.ts"
import { Refused } from "../line.ts"
import type { EventBody, Line, Vitals } from "../line.ts"
import type { Log } from "../log.ts"
import type { Redactor } from "../redact.ts"
import { WORKER_VERSION } from "../version.ts"
import { pauseMs } from "./answers.ts"
import type { Answer } from "./answers.ts"
import { controlPlane } from "./control-plane.ts"
import { openJournal } from "./journal.ts"
import type { Journal } from "./journal.ts"
import { startSender } from "./sender.ts"
import type { Sender } from "./sender.ts"

/** Credentials and artifacts are help, not conditions: after so long the attempt goes on without them. */
const HELP_MS = 15_000

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
  const repeat = <T>(what: string, call: (signal: AbortSignal) => Promise<Answer<T>>, signal: AbortSignal) => untilAnswered({ what, call, signal, log, now, random })
  let session: Session = { state: "unclaimed" }
  let probe: (() => Vitals) | null = null
  const early: EventBody[] = []

  const line: Line = {
    onStop: () => {},
    async take(makeRoom) {
      const answer = await repeat("claim", (signal) => plane.claim(claim, signal), AbortSignal.timeout(silentMs))
      if (answer?.kind !== "ok") throw refused(answer)
      session = { state: "claimed" }
      const { heartbeatMs, deadlineAt, payload, secrets } = answer.value
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
      const answer = await helped(signal, (limited) => repeat("credentials", (one) => plane.credentials(names, one), limited))
      if (answer?.kind === "ok") return answer.value.secrets
      log.warn("credentials-not-renewed", { answer: answer?.kind ?? "timeout" })
      return null
    },
    async putArtifact(name, content, signal) {
      const answer = await helped(signal, (limited) => repeat("artifact", (one) => plane.artifact(name, content, one), limited), HELP_MS * 4)
      if (answer?.kind !== "ok") log.warn("artifact-lost", { name, answer: answer?.kind ?? "timeout" })
    },
    async finish(outcome, step, grace) {
      if (session.state === "claimed") return exitOf(await repeat("result", (signal) => plane.result({ lastSeq: 0, outcome }, signal), grace))
      if (session.state !== "open") return sayClaimFailure({ outcome, repeat, send: (failure, signal) => plane.claimFailure({ ...claim, failure }, signal), grace })
      const untilDeadline = AbortSignal.timeout(Math.max(CLOCKS.leaseMs.ms, session.deadlineAt - now()))
      try {
        return await sayResult({ session, plane, outcome, step, log, repeat, signal: AbortSignal.any([grace, untilDeadline]) })
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

/** The server's clock may differ from ours: a deadline in the past is not believed. */
function limitOf(maxExecutionMs: number, deadlineAt: string, now: number): number {
  const left = Date.parse(deadlineAt) - now
  return left > 0 ? Math.min(maxExecutionMs, left) : maxExecutionMs
}

function refused(answer: Exclude<Answer<unknown>, { kind: "ok" | "later" }> | null): Refused {
  if (answer === null) return new Refused("the control plane could not be reached", EXIT.unreachable)
  if (answer.kind === "fenced") return new Refused(answer.code, EXIT.fenced)
  return new Refused(`the claim was refused: ${"code" in answer ? answer.code : answer.kind}`, EXIT.internal)
}

interface Repeat {
  <T>(what: string, call: (signal: AbortSignal) => Promise<Answer<T>>, signal: AbortSignal): Promise<Exclude<Answer<T>, { kind: "later" }> | null>
}

interface Repeated<T> {
  what: string
  call: (signal: AbortSignal) => Promise<Answer<T>>
  signal: AbortSignal
  log: Log
  now: () => number
  random: () => number
}

/** Asks until there is an answer other than "later"; null when the signal ended the asking. First and last try are logged. */
async function untilAnswered<T>({ what, call, signal, log, random }: Repeated<T>): Promise<Exclude<Answer<T>, { kind: "later" }> | null> {
  let why = "no time"
  for (let tries = 1; !signal.aborted; tries++) {
    try {
      const answer = await call(signal)
      if (answer.kind !== "later") return answer
      why = answer.why
      if (tries === 1) log.warn("control-plane-later", { what, why })
      await sleep(pauseMs({ tries, retryAfterMs: answer.retryAfterMs, random: random() }), undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  log.warn("control-plane-unreachable", { what, why })
  return null
}

function helped<T>(signal: AbortSignal, ask: (limited: AbortSignal) => Promise<T>, limitMs = HELP_MS): Promise<T> {
  return ask(AbortSignal.any([signal, AbortSignal.timeout(limitMs)]))
}

interface Saying {
  session: Extract<Session, { state: "open" }>
  plane: ReturnType<typeof controlPlane>
  outcome: Outcome
  step: JobStep
  log: Log
  repeat: Repeat
  signal: AbortSignal
}

/** Everything that was told first, then the result; what the other side misses is sent again. */
async function sayResult({ session: { journal, sender }, plane, outcome, step, log, repeat, signal }: Saying): Promise<number> {
  let said = outcome
  try {
    for (;;) {
      await sender.acked(journal.lastSeq(), signal)
      const answer = await repeat("result", (one) => plane.result({ lastSeq: journal.lastSeq(), outcome: said }, one), signal)
      if (answer === null) return EXIT.unreachable
      if (answer.kind === "ok") return EXIT.accepted
      if (answer.kind === "fenced") return EXIT.fenced
      if (answer.kind === "events-missing") {
        journal.rewind(answer.expected)
        sender.poke()
      } else if (said === outcome) {
        log.warn("result-refused", { code: answer.code })
        // Better a poor last word than none: the job would wait for a worker that has ended.
        said = { status: "failed", failure: { kind: "internal", step, detail: `The result was refused (${answer.code}).` } }
      } else return EXIT.internal
    }
  } catch (error) {
    if (sender.fenced() !== null) return EXIT.fenced
    if (signal.aborted) return EXIT.unreachable
    throw error
  }
}

interface ClaimFailure {
  outcome: Outcome
  repeat: Repeat
  send: (failure: Extract<Outcome, { status: "failed" }>["failure"], signal: AbortSignal) => Promise<Answer<unknown>>
  grace: AbortSignal
}

/** A worker that could not even begin says why. Whatever the answer is, there is no work. */
async function sayClaimFailure({ outcome, repeat, send, grace }: ClaimFailure): Promise<number> {
  if (outcome.status !== "failed") return EXIT.fenced
  const { failure } = outcome
  return exitOf(await repeat("claim", (signal) => send(failure, signal), grace))
}

function exitOf(answer: Exclude<Answer<unknown>, { kind: "later" }> | null): number {
  if (answer === null) return EXIT.unreachable
  if (answer.kind === "ok") return EXIT.accepted
  return answer.kind === "fenced" ? EXIT.fenced : EXIT.internal
}
