import type { ClaimReply } from "#contract/worker.ts"
import type { Context } from "../context.ts"
import { hmacHex } from "../hash.ts"
import type { Ledger } from "./ledger.ts"
import { originAt } from "./payload.ts"
import type { JobSpec, Origin } from "./spec.ts"
import type { JobState } from "./state.ts"

/** Names of the artifacts that only workers read. */
const KEPT_FOR_WORKERS = /^(?:checkpoint|agent-state)/
export const isForWorkers = (name: string): boolean => KEPT_FOR_WORKERS.test(name)

export const artifactKey = (jobId: string, attempt: number, name: string): string => `artifacts/${jobId}/${attempt}/${name}`

/** Agent states are sealed by the workers, each job's under a key of its own that follows from the server's. */
export async function stateKeys({ keys }: Context, jobId: string, origin: Origin | null): Promise<NonNullable<ClaimReply["stateKeys"]>> {
  const keyOf = (id: string) => hmacHex(keys.workerToken, `agent-state:${id}`)
  return { seal: await keyOf(jobId), ...(origin?.checkpoint.agentState ? { open: await keyOf(origin.jobId) } : {}) }
}

/** What a job that tries this one again goes on from; null once it was removed. */
export function lastCheckpoint(job: { id: string; spec: JobSpec; state: JobState } | null, ledger: Ledger): Origin | null {
  const checkpoint = job?.state.checkpoint
  if (!job || !checkpoint) return job?.spec.resume?.from ?? null
  const there = ledger.artifacts().some(({ attempt, name }) => attempt === checkpoint.attempt && name === checkpoint.artifact)
  return there ? originAt(job.id, job.spec, checkpoint) : null
}

/** Checkpoints live as long as the log lies in the object: afterwards a retry begins anew. */
export async function dropCheckpoints({ bucket, jobId, ledger }: { bucket: R2Bucket; jobId: string; ledger: Ledger }): Promise<void> {
  const old = ledger.artifacts().filter(({ name }) => isForWorkers(name))
  if (old.length === 0) return
  await bucket.delete(old.map(({ attempt, name }) => artifactKey(jobId, attempt, name)))
  for (const { attempt, name } of old) ledger.forgetArtifact(attempt, name)
}
