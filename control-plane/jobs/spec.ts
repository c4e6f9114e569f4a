import type { AgentSlug } from "#contract/agents.ts"
import type { ComputeType } from "#contract/clankers.ts"
import type { JobKind } from "#contract/jobs.ts"
import type { WorkerSettings } from "#contract/projects.ts"
import type { SecretLocation } from "#contract/secrets.ts"
import type { Checkpoint } from "./state.ts"

/**
 * Everything a job will ever need, fixed when it is created: its object never reads D1 again. The subject is opaque to
 * this room; it is handed back to `react`.
 */
export interface JobSpec {
  kind: JobKind
  revisionOf: number | null
  subject: JobSubject
  /** Null: of the installation, as a self-test that uses no project's secrets. */
  projectId: string | null
  requestedBy: string
  priority: number
  retryOf: string | null
  clanker: { id: string; name: string; slug: string; revision: number; maxConcurrency: number }
  compute: { type: ComputeType; facts: ComputeFacts }
  agent: { slug: AgentSlug; model?: string | undefined; baseUrl?: string | undefined; extraArgs: string[] }
  secrets: SpecSecret[]
  project: { name: string; slug: string; settings: WorkerSettings }
  /** Absent in jobs of releases that knew none. */
  attachments?: SpecAttachment[]
  task: { ticketKey?: string; title?: string; text?: string; requestedBy?: string }
  repository: {
    url: string
    baseBranch: string
    branch: string
    pullRequest: { repository: string; baseBranch: string; draft: boolean; labels: string[]; reviewers: string[]; existing?: number } | null
  }
  scm: { provider: "github"; apiUrl?: string | undefined; secretName?: string | undefined }
  limits: { maxExecutionMs: number; maxChanges?: number | undefined; budgetUsd?: number | undefined }
  /** Where a retry goes on, and from what. */
  resume: { startAt?: StartAt | null; from?: Origin | null } | null
}

export type StartAt = "clone" | "commit-and-push" | "open-pull-request"

/** A checkpoint and whose it is. */
export interface Origin {
  jobId: string
  agent: AgentSlug
  checkpoint: Checkpoint
  /** Name of the work folder that it was made in. */
  folder: string
}

/** The long texts of a job, kept apart so that an object's every step need not read them. */
export interface JobTexts {
  prompt: string
  instructions: string
  files: { path: string; content: string }[]
}
/** What was asked of this run beside its phase; a retry asks for the same. */
export interface RunWishes {
  additionalContext?: string | undefined
  maxExecutionTime?: number | undefined
  priority?: number | undefined
}
export type FullSpec = JobSpec & { texts: JobTexts; wishes: RunWishes }

export type JobSubject =
  /** `feedback` is what a revise job was asked for, empty when comments alone said it. */
  | { type: "ticket-phase"; ticketId: string; phase: "research" | "planning" | "execution"; feedback?: string }
  | { type: "claw"; executionId: string; scheduleId: string }
  | { type: "self-test"; clankerId: string }

/** What a launch needs of a deployment; `hostId` and `image` for Docker. */
export type ComputeFacts = Record<string, string | number | boolean | null>

/** A file as it was attached when the job was made; `key` is where it lies in the bucket. */
export interface SpecAttachment {
  id: string
  name: string
  mime: string
  size: number
  key: string
}

/** A secret as the job names it. Its sealed text is copied into the job's object at accept and erased when it has ended. */
export interface SpecSecret {
  id: string
  name: string
  location: SecretLocation
  reference: string | null
  use: "agent" | "scm" | "both"
}

/** Above this the spec lies in R2 and the rows only point there: D1 and the objects take 2 MB a row. */
export const SPEC_INLINE_BYTES = 262_144
