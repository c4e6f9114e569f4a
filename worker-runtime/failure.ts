import { failureSchema } from "#contract/failures.schema.ts"
import type { Failure } from "#contract/failures.ts"
import type { JobStep } from "#contract/jobs.ts"
import { cleanDeep } from "./redact.ts"

/** A step says why the job cannot go on. Everything else that is thrown is a bug and becomes `internal`. */
export class StepFailure extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.detail === undefined ? failure.kind : `${failure.kind}: ${failure.detail}`)
    this.failure = failure
  }
}

/** The reason why the attempt's signal was aborted. */
export type Stop =
  /** `detail`: why the limit is another than the job's. */
  | { kind: "deadline"; limitMs: number; detail?: string }
  | { kind: "stop"; reason: string; graceMs: number }
  /** Another worker has the attempt, or nobody has answered for too long: nothing outside may be touched any more. */
  | { kind: "fenced"; reason: string }

/** What the attempt's signal is aborted with, and therefore what `signal.throwIfAborted()` throws. */
export class Interrupted extends Error {
  readonly stop: Stop
  constructor(stop: Stop) {
    super(stop.kind === "deadline" ? `time limit of ${stop.limitMs} ms` : stop.reason)
    this.stop = stop
  }
}

export function stopOf(signal: AbortSignal): Stop | null {
  const reason: unknown = signal.reason
  return signal.aborted && reason instanceof Interrupted ? reason.stop : null
}

/** The failure as it may leave the worker: with its step, every text redacted and cut to the contract's lengths. */
export function failureOf(error: unknown, step: JobStep, clean: (text: string) => string): Failure {
  const failure: Failure = error instanceof StepFailure ? error.failure : unexpected(error)
  const cleaned = failureSchema.safeParse(cleanDeep(fit({ step, ...failure }, clean), clean))
  return cleaned.success ? cleaned.data : { kind: "internal", step, detail: `The failure ${failure.kind} did not fit the contract.` }
}

const DISK_FULL = new Set(["ENOSPC", "EDQUOT"])

function unexpected(error: unknown): Failure {
  if (!(error instanceof Error)) return { kind: "internal", detail: String(error) }
  const kind = "code" in error && DISK_FULL.has(String(error.code)) ? "disk-full" : "internal"
  return { kind, detail: error.stack ?? error.message }
}

/** Cleaned before it is cut: half a secret would not be recognised. The lines as one text, for a key has several. */
function fit(failure: Failure, clean: (text: string) => string): Failure {
  const { detail, lastLines } = failure
  return {
    ...failure,
    ...(detail === undefined ? {} : { detail: clean(detail).slice(0, 3900) }),
    ...(lastLines === undefined ? {} : { lastLines: cleanLines(lastLines, clean) }),
  }
}

function cleanLines(lines: readonly string[], clean: (text: string) => string): string[] {
  return clean(lines.join("\n"))
    .split("\n")
    .slice(-50)
    .map((line) => line.slice(0, 1000))
}
