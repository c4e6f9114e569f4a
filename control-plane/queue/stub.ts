import type { Bindings } from "../config.ts"

export interface Enqueued {
  jobId: string
  /** Empty: of no project. Those share their turns as one project does. */
  projectId: string
  clankerId: string
  priority: number
  at: number
  /** Cap key → limit as known now; null leaves the limit as it is. */
  caps: Record<string, number | null>
}
export interface QueueStub {
  /** Idempotent per job: the newest entry counts. */
  enqueue(entry: Enqueued): Promise<void>
  /** Ends the lease; it may have ended already. A job that waits again meanwhile keeps its place. */
  release(leaseId: string): Promise<void>
  /** Leaves the line for good: the job has ended. */
  leave(jobId: string): Promise<void>
  /** A new limit; `reason` is what waiting jobs show when it is 0. */
  setCap(key: string, limit: number, reason: string | null): Promise<void>
  /** The cap goes: nothing of this key is limited any more. */
  dropCap(key: string): Promise<void>
  /** The caps of the installation and of every project, and whether new jobs are held back. */
  limits(): Promise<{ installation: number; project: number | null; paused: boolean }>
  describe(jobId: string): Promise<{ reason: string; position: number } | null>
  /** Running and waiting jobs per clanker. */
  counts(): Promise<Record<string, { running: number; queued: number }>>
  /** Asks the jobs behind old leases whether they still hold them; ends those that do not. */
  audit(): Promise<void>
}

declare module "../config.ts" {
  interface Bindings {
    QUEUE: ObjectNamespace<QueueStub>
  }
}

/** The one queue of the installation. */
export const queueObject = (env: Bindings): QueueStub => env.QUEUE.get(env.QUEUE.idFromName("installation"))
export const INSTALLATION_CAP = "installation"
/** Of each project that has no cap of its own; without it none is limited. */
export const PROJECT_CAP = "project"
/** Every job counts against it too; its limit is 0 while the installation is paused. */
export const PAUSE_CAP = "pause"
export const DEFAULT_INSTALLATION_LIMIT = 20
