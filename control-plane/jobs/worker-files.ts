import { ARTIFACT_LIMITS, type ResumePart } from "#contract/worker.ts"
import { originOf } from "./payload.ts"
import { artifactKey } from "./resume.ts"
import type { SpecAttachment } from "./spec.ts"
import type { Said } from "./stub.ts"
import { type Bench, checkSession } from "./worker-side.ts"

/** A size notes what was stored; null asks whether it may come. The key is where it lies in R2. */
export async function addArtifact(
  bench: Bench,
  attempt: number,
  secret: string,
  { name, size }: { name: string; size: number | null },
): Promise<Said<{ key: string }>> {
  const refused = await checkSession(bench, attempt, secret)
  if (refused) return refused
  if (!bench.job) return { ok: false, refusal: "unknown" }
  const others = bench.ledger.artifacts().filter((one) => one.attempt === attempt && one.name !== name)
  if (others.length >= ARTIFACT_LIMITS.count) return { ok: false, refusal: "too-many" }
  if (size !== null) bench.ledger.addArtifact(attempt, name, size, bench.now())
  return { ok: true, key: artifactKey(bench.job.id, attempt, name) }
}

/**
 * Where a part of what this attempt goes on from lies. The worker names the part and never the job: what it may read of
 * another job was fixed when its own was made.
 */
export async function resumeFile(bench: Bench, attempt: number, secret: string, part: ResumePart): Promise<Said<{ key: string }>> {
  const refused = await checkSession(bench, attempt, secret)
  if (refused) return refused
  const { job } = bench
  const origin = job && originOf(job.id, job.spec, job.state)
  const name = part === "checkpoint" ? origin?.checkpoint.artifact : origin?.checkpoint.agentState
  if (!origin || !name) return { ok: false, refusal: "no-file" }
  return { ok: true, key: artifactKey(origin.jobId, origin.checkpoint.attempt, name) }
}

export async function attachment(bench: Bench, attempt: number, secret: string, id: string): Promise<Said<{ file: SpecAttachment }>> {
  const refused = await checkSession(bench, attempt, secret)
  if (refused) return refused
  const file = bench.job?.spec.attachments?.find((one) => one.id === id)
  return file ? { ok: true, file } : { ok: false, refusal: "no-file" }
}
