import type { JobStep } from "#contract/jobs.ts"
import type { WorkerEnv } from "./env.ts"
import type { Line } from "./line.ts"
import type { Log } from "./log.ts"
import type { ReadParameters } from "./platform/ssm.ts"
import type { Redactor } from "./redact.ts"
import type { Teller } from "./tell.ts"
import type { Transcript } from "./transcript.ts"

/** How long things may take, in milliseconds; tests make them short. */
export interface WorkerClocks {
  firstEventMs: number
  stopGraceMs: number
  checkpointMs: number
  checkpointStopMs: number
}

/** Everything a step may use of the world besides its own files. */
export interface Doors {
  env: WorkerEnv
  line: Line
  teller: Teller
  transcript: Transcript
  redactor: Redactor
  log: Log
  clocks: WorkerClocks
  now: () => number
  /**
   * Every effect outside: tells the intent, acts only when that is allowed now, and no longer than it is. The effect may be
   * tried again, so it finds what it did before. Throws Interrupted.
   */
  outside<T>(step: JobStep, act: (lease: AbortSignal) => Promise<T>): Promise<T>
  /** Called when the attempt ends, however it does; before its last word. */
  atEnd(close: () => Promise<void>): void
  parameters: ReadParameters
}

export type Step<From, To> = (facts: From, doors: Doors, signal: AbortSignal) => Promise<To>
