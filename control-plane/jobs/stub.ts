import type { Job } from "#contract/jobs.ts"
import type { Claim, EventsReply, Outcome, ResumePart, WorkerEvent } from "#contract/worker.ts"
import type { Bindings } from "../config.ts"
import type { Origin } from "./spec.ts"
import type { Refusal } from "./state.ts"

/** Why a worker's request was not carried out; `jobs/callbacks.ts` turns it into a code. */
export type Refused = {
  ok: false
  refusal: Refusal | "unknown" | "wrong-secret" | "not-proven" | "not-proven-now" | "events-missing" | "too-many" | "no-file"
  expected?: number
  /** What the claim's proof lacks. */
  why?: string
}
export type Said<T> = ({ ok: true } & T) | Refused

/** What the host or the cloud says of an attempt without being asked. */
export type ComputeReport =
  /** Something changed at what the launch answered: it is looked at, where that makes sense. */
  | { kind: "changed"; handle: string }
  | { kind: "stopped"; attempt: number; reason: string; oom: boolean }
  | { kind: "refused"; attempt: number; transient: boolean; code: string; message: string }

/** An attachment of the job, or a part of what the attempt goes on from. */
export type WantedFile = { attachment: string } | { resume: ResumePart }

export interface JobStub {
  /** Idempotent. Reads spec and ciphertexts from D1 once; after it the job never needs D1. */
  accept(jobId: string): Promise<Job>
  granted(leaseId: string): Promise<"accepted" | "not-wanted">
  holds(leaseId: string): Promise<boolean>
  /** Null when this job was never accepted here. */
  read(): Promise<Job | null>
  prompt(): Promise<string | null>
  cancel(by: string): Promise<Said<{ job: Job }>>
  /** `{ items, nextCursor }` as JSON text. */
  page(after: number, limit: number): Promise<string>
  /** The log as people read it, a part at a time; `next` is where the following part begins. */
  text(after: number): Promise<{ text: string; next: number | null }>
  artifacts(): Promise<{ attempt: number; name: string; size: number; at: number }[]>

  /** The claim reply as JSON text. */
  claim(claim: Claim, nonce: string): Promise<Said<{ reply: string }>>
  events(attempt: number, secret: string, events: WorkerEvent[]): Promise<Said<{ reply: EventsReply }>>
  result(attempt: number, secret: string, lastSeq: number, outcome: Outcome): Promise<Said<{ status: string }>>
  /** The secrets of these names for the current attempt, as JSON text of `{ secrets }`. */
  credentials(attempt: number, secret: string, names: string[]): Promise<Said<{ reply: string }>>
  /** With a size: it is stored; without: may it come? */
  addArtifact(attempt: number, secret: string, artifact: { name: string; size: number | null }): Promise<Said<{ key: string }>>
  /** Where a file that this attempt may read lies in the bucket. */
  file(attempt: number, secret: string, wanted: WantedFile): Promise<Said<{ key: string }>>
  /** What a job that tries this one again goes on from. */
  lastCheckpoint(): Promise<Origin | null>

  /** What it makes due is settled at once. */
  reported(report: ComputeReport): Promise<void>
  /** Forgets everything: log, state, alarm. Viewers are told. */
  remove(): Promise<void>
  /** Re-arms the clock, starts what is due, projects anew: the watchdog's poke. */
  poke(): Promise<void>
  /** The live stream: a WebSocket upgrade with `?after=`. */
  fetch(request: Request): Promise<Response>
}

declare module "../config.ts" {
  interface Bindings {
    JOBS: ObjectNamespace<JobStub>
  }
}

export const jobObject = (env: Bindings, jobId: string): JobStub => env.JOBS.get(env.JOBS.idFromName(jobId))
