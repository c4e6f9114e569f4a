import type { Job } from "#contract/jobs.ts"
import { KIND_WORDS } from "./words.ts"

/** "Research", "Planning, revision of 2". */
export const jobName = (job: Pick<Job, "kind" | "revisionOf">): string =>
  job.revisionOf === undefined ? KIND_WORDS[job.kind] : `${KIND_WORDS[job.kind]}, revising ${job.revisionOf}`
