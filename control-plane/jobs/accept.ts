import { CLOCKS } from "#contract/jobs.ts"
import type { Context } from "../context.ts"
import { notFound } from "../errors.ts"
import { findSealed } from "../secrets/store.ts"
import type { initial } from "./machine.ts"
import { type FullSpec, type JobSpec, type JobTexts, SPEC_INLINE_BYTES } from "./spec.ts"
import { findStored, readSpec } from "./store.ts"

/** Everything an accept reads, once: the spec and the sealed values of its secrets. */
export async function readAll(context: Context, jobId: string): Promise<{ full: FullSpec; sealed: { id: string; sealed: string }[] }> {
  const stored = await findStored(context, jobId)
  const full = stored && (await readSpec(context, stored.spec))
  if (!full) throw notFound("job")
  const ids = full.secrets.filter(({ location }) => location === "database").map(({ id }) => id)
  return { full, sealed: await findSealed(context, ids) }
}

export function splitSpec({ full, sealed }: { full: FullSpec; sealed: { id: string; sealed: string }[] }): {
  spec: JobSpec
  texts: JobTexts
  sealed: { id: string; sealed: string }[]
} {
  const { texts, wishes: _forRetries, ...spec } = full
  return { spec, texts, sealed }
}

/** Where AWS tells of a task's end, looks are only for what was lost on the way. */
export const limitsOf = ({ compute, limits }: JobSpec, keys: Context["keys"]): Parameters<typeof initial>[0] => ({
  computeType: compute.type,
  maxExecutionMs: limits.maxExecutionMs,
  ...(compute.type === "ecs" && keys.awsEvents !== null ? { lookMs: CLOCKS.lookWithEventsMs.ms } : {}),
})

/** Long texts lie in R2: a row takes at most 2 MB. */
export async function writeTexts(bucket: R2Bucket, jobId: string, texts: JobTexts): Promise<JobTexts | { inBucket: string }> {
  const text = JSON.stringify(texts)
  if (text.length <= SPEC_INLINE_BYTES) return texts
  const inBucket = `texts/${jobId}.json`
  await bucket.put(inBucket, text)
  return { inBucket }
}
