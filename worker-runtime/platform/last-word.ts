import type { JobStep } from "#contract/jobs.ts"
import { EXIT } from "#contract/worker.ts"
import type { Outcome } from "#contract/worker.ts"
import type { Log } from "../log.ts"
import type { Answer } from "./answers.ts"
import type { ControlPlane } from "./control-plane.ts"
import type { Journal } from "./journal.ts"
import type { Repeat, Settled } from "./repeat.ts"
import type { Sender } from "./sender.ts"

export interface Saying {
  journal: Journal
  sender: Sender
  plane: ControlPlane
  outcome: Outcome
  step: JobStep
  log: Log
  repeat: Repeat
  signal: AbortSignal
}

/** Everything that was told first, then the result; what the other side misses is sent again. */
export async function sayResult({ journal, sender, plane, outcome, step, log, repeat, signal }: Saying): Promise<number> {
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

export interface ClaimFailure {
  outcome: Outcome
  repeat: Repeat
  send: (failure: Extract<Outcome, { status: "failed" }>["failure"], signal: AbortSignal) => Promise<Answer<unknown>>
  grace: AbortSignal
}

/** A worker that could not even begin says why; one that was stopped before it had asked has nothing to say. */
export async function sayClaimFailure({ outcome, repeat, send, grace }: ClaimFailure): Promise<number> {
  if (outcome.status !== "failed") return EXIT.unreachable
  const { failure } = outcome
  return exitOf(await repeat("claim", (signal) => send(failure, signal), grace))
}

/** The exit code after a last word with this answer. */
export function exitOf(answer: Settled<unknown>): number {
  if (answer === null) return EXIT.unreachable
  if (answer.kind === "ok") return EXIT.accepted
  return answer.kind === "fenced" ? EXIT.fenced : EXIT.internal
}
