import type { JobStep } from "#contract/jobs.ts"
import type { ClaimReply, Outcome, Payload, ResumePart, SecretDelivery, WorkerEvent } from "#contract/worker.ts"
import type { Stop } from "./failure.ts"
import type { Effect } from "./platform/lease.ts"
import type { Workspace } from "./workspace.ts"

type Unnumbered<E> = E extends WorkerEvent ? Omit<E, "seq" | "at"> : never
/** An event before it has its number. Gaps are the journal's own word. */
export type EventBody = Unnumbered<Exclude<WorkerEvent, { kind: "gap" }>>

export interface Vitals {
  agentAlive: boolean
  openTool?: string
  cpuMs: number
  rssBytes: number
}

export interface Work {
  payload: Payload
  secrets: readonly SecretDelivery[]
  /** Null: nobody keeps the agent's state. */
  stateKeys: NonNullable<ClaimReply["stateKeys"]> | null
  workspace: Workspace
  /** How long this attempt may take from now on. */
  limitMs: number
}

/**
 * The worker's connection to whoever gave it the job: the control plane, or a terminal when there is a payload and
 * nobody to ask. Steps never know which.
 */
export interface Line {
  /** Called with the reason when the other side wants the attempt to end. */
  onStop: (stop: Stop) => void
  /** Asks for the work; `makeRoom` is called once the work is ours. Throws a StepFailure that can be reported, or Refused when nobody would listen to it. */
  take(makeRoom: (name: string) => Promise<Workspace>, stop: AbortSignal): Promise<Work>
  /** Numbers an event that is already redacted, and sends it when it suits. Answers its seq. */
  append(body: EventBody): number
  /** Carries out an effect outside while that is allowed; throws Interrupted when it is not. */
  outside<T>(effect: Effect<T>): Promise<T>
  /** Fresh credentials, or null when there is nobody to mint them. */
  credentials(names: readonly string[], signal: AbortSignal): Promise<readonly SecretDelivery[] | null>
  /** A file of the ticket's, or null when it cannot be had. */
  attachment(id: string, signal: AbortSignal): Promise<Uint8Array | null>
  /** Whether artifacts are kept at all. */
  keepsArtifacts: boolean
  /** Answers whether it has arrived; never throws for the network. */
  putArtifact(name: string, content: Uint8Array, signal: AbortSignal): Promise<boolean>
  /** What this attempt goes on from; null when it is not there any more, or could not be had. */
  resumeFile(part: ResumePart, signal: AbortSignal): Promise<Uint8Array | null>
  /** Says the one final word, after everything before it has arrived. Answers the exit code; never throws for the network. */
  finish(outcome: Outcome, step: JobStep, grace: AbortSignal): Promise<number>
  /** Hangs up without a word: the attempt is somebody else's. */
  abandon(): void
  /** Where heartbeats find out how the agent is. */
  watch(probe: (() => Vitals) | null): void
}

/** The claim was answered with a refusal: somebody else has the attempt, or it is over. Ends with this exit code. */
export class Refused extends Error {
  readonly exitCode: number
  constructor(reason: string, exitCode: number) {
    super(reason)
    this.exitCode = exitCode
  }
}
