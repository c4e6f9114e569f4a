import type { BatchItem } from "drizzle-orm/batch"
import { isTerminal, type Job } from "#contract/jobs.ts"
import type { Context } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { AppError } from "../errors.ts"
import type { FullSpec } from "./spec.ts"
import { findUnfinished, insertJob, projectJob } from "./store.ts"
import { jobObject } from "./stub.ts"

/**
 * Creates a job: one batch for the row and everything that happens with it, then the object's accept; answered only after
 * both. `exclusive` allows one unfinished job at a time: the unique index decides races, and when the other job has in
 * truth ended its projection is applied and the insert repeated once. Throws `ticket.job-unfinished` with the job's id.
 */
export async function startJob(
  context: Context,
  {
    id = context.newId("job"),
    spec,
    exclusive,
    ticketId = null,
  }: { id?: string; spec: FullSpec; exclusive?: string; ticketId?: string | null },
  others: (jobId: string) => BatchItem<"sqlite">[] = () => [],
): Promise<Job> {
  const job = { id, spec, exclusive: exclusive ?? id, ticketId }
  try {
    await insertJob(context, job, others)
  } catch (error) {
    if (!isUniqueConflict(error)) throw error
    await clearEnded(context, job.exclusive)
    try {
      await insertJob(context, job, others)
    } catch (again) {
      if (!isUniqueConflict(again)) throw again
      throw await unfinished(context, job.exclusive)
    }
  }
  return jobObject(context.env, id).accept(id)
}

/** The row that stands in the way may only be late: its object knows whether the job has ended. */
async function clearEnded(context: Context, exclusive: string): Promise<void> {
  const other = await findUnfinished(context, exclusive)
  const job = other ? await jobObject(context.env, other).read() : null
  if (!job || !isTerminal(job.status)) throw await unfinished(context, exclusive)
  await projectJob(context, job)
}

async function unfinished(context: Context, exclusive: string): Promise<AppError> {
  const jobId = await findUnfinished(context, exclusive)
  return new AppError("ticket.job-unfinished", "A job for this is not finished yet: cancel it or wait for its end.", { jobId })
}
