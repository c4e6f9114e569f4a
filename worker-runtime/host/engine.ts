import type { z } from "zod"
import type { HostSays, RunArgs } from "#contract/host.ts"
import type { imageFactsSchema } from "#contract/host.schema.ts"

type Hello = Extract<HostSays, { type: "hello" }>
export type Reply = Extract<HostSays, { type: "reply" }>
export type EngineKind = Hello["engine"]["kind"]
export type Running = Hello["running"][number]
export type Exited = Omit<Extract<HostSays, { type: "exited" }>, "type">
export type ImageFacts = z.infer<typeof imageFactsSchema>

/** `gone`: this machine knows nothing (any more) of that handle. `exitCode` is null when nobody could read it. */
export interface Inspection {
  state: "running" | "stopped" | "gone"
  exitCode?: number | null | undefined
  signal?: string | undefined
  oom: boolean
  reason: string
  /** ISO 8601, where known. */
  startedAt?: string | undefined
  finishedAt?: string | undefined
}

/**
 * Runs workers on this machine. Everything that must outlive a crash of the host (that an attempt was started, that an
 * exit is not stored yet) is the engine's to keep, in one place, so that a crash cannot fall between two records.
 * Every failure that a caller is told is an `EngineError`.
 */
export interface Engine {
  kind: EngineKind
  version: string
  image(name: string, pull: boolean): Promise<ImageFacts>
  /** Starts one attempt, once. The same `callId` again (after a crash of the host) finds the run that it began. */
  run(args: RunArgs, callId: string): Promise<{ handle: string }>
  inspect(handle: string): Promise<Inspection>
  /** Asks the worker to end and answers at once; after `graceMs` it is killed. Proof comes from `inspect` and `onExit`. */
  stop(handle: string, graceMs: number): Promise<void>
  /** The last lines of the worker's own output. */
  logs(handle: string, tail: number): Promise<string>
  running(): Running[]
  /** Exits that the control plane has not confirmed yet, also those of a host process before this one. */
  unstored(): Exited[]
  stored(jobId: string, attempt: number): void
  onExit(listener: (exited: Exited) => void): void
  /** Stops watching; the workers go on. */
  close(): void
}

type ErrorClass = NonNullable<Reply["error"]>["class"]

/** A class because callers tell it from a bug by `instanceof`. */
export class EngineError extends Error {
  readonly class: ErrorClass
  readonly code: string
  constructor(errorClass: ErrorClass, code: string, message: string) {
    super(message)
    this.name = "EngineError"
    this.class = errorClass
    this.code = code
  }
}
