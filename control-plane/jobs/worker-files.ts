import { ARTIFACT_LIMITS, type ResumePart } from "#contract/worker.ts"
import { originOf } from "./payload.ts"
import { artifactKey } from "./resume.ts"
import type { JobSpec } from "./spec.ts"
import type { Said, WantedFile } from "./stub.ts"
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
 * Where a file lies that this attempt may read. Of what it goes on from the worker names the part and never the job: what it
 * may read of another job was fixed when its own was made.
 */
export async function file(bench: Bench, attempt: number, secret: string, wanted: WantedFile): Promise<Said<{ key: string }>> {
  const refused = await checkSession(bench, attempt, secret)
  if (refused) return refused
  if (!bench.job) return { ok: false, refusal: "unknown" }
  const key = "attachment" in wanted ? attachmentKey(bench.job.spec, wanted.attachment) : resumeKey(bench.job, wanted.resume)
  return key === null ? { ok: false, refusal: "no-file" } : { ok: true, key }
}

const attachmentKey = ({ attachments = [] }: JobSpec, id: string): string | null => attachments.find((one) => one.id === id)?.key ?? null

function resumeKey({ id, spec, state }: NonNullable<Bench["job"]>, part: ResumePart): string | null {
  const origin = originOf(id, spec, state)
  const name = part === "checkpoint" ? origin?.checkpoint.artifact : origin?.checkpoint.agentState
  return origin && name ? artifactKey(origin.jobId, origin.checkpoint.attempt, name) : null
}
