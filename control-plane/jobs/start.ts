import { isTerminal, type Job } from "#contract/jobs.ts"
import type { Context } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { AppError } from "../errors.ts"
import type { FullSpec } from "./spec.ts"
import { type Beside, findUnfinished, insertJob, projectJob } from "./store.ts"
import { jobObject } from "./stub.ts"

/**
 * Creates a job: one batch for the row and everything that happens with it, then the object's accept; answered only after
 * both. Null, and nothing is written, where `beside.onlyIf` does not hold. `exclusive` allows one unfinished job at a time:
 * the unique index decides races, and when the other job has in truth ended its projection is applied and the insert
 * repeated once. Throws `ticket.job-unfinished` with the job's id.
 */
export async function startJob(
  context: Context,
  {
    id = context.newId("job"),
    spec,
    exclusive = id,
    ticketId = null,
  }: { id?: string; spec: FullSpec; exclusive?: string; ticketId?: string | null },
  beside: Beside = {},
): Promise<Job | null> {
  const write = () => insertJob(context, { id, spec, exclusive, ticketId }, beside)
  const written = await write().catch(async (error: unknown) => {
    if (!isUniqueConflict(error)) throw error
    const other = await findUnfinished(context, exclusive)
    if (other) await refuseUnlessEnded(context, other)
    return write().catch(async (again: unknown) => {
      const faster = isUniqueConflict(again) ? await findUnfinished(context, exclusive) : null
      throw faster ? unfinished(faster) : again
    })
  })
  return written ? jobObject(context.env, id).accept(id) : null
}

/** The row of a job that stands in the way may only be late: its object knows whether the job has ended. */
export async function refuseUnlessEnded(context: Context, jobId: string): Promise<void> {
  const job = await jobObject(context.env, jobId).read()
  if (!job || !isTerminal(job.status)) throw unfinished(jobId)
  await projectJob(context, job)
}

const unfinished = (jobId: string) =>
  new AppError("ticket.job-unfinished", "A job for this is not finished yet: cancel it or wait for its end.", { jobId })
