import { type Job, jobCan, type Retry } from "#contract/jobs.ts"
import { PHASES } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import type { JobSpec, StartAt } from "../jobs/spec.ts"
import { findStored, readSpec } from "../jobs/store.ts"
import { startSelfTest } from "../jobs/self-test.ts"
import { jobObject } from "../jobs/stub.ts"
import type { Actor } from "./edit.ts"
import { startPhase } from "./start-phase.ts"

/**
 * A self-test is made anew. Of a ticket: another job for the same phase or revision, clanker and wishes unless told
 * otherwise. It goes on from the newest checkpoint, after a refused push or pull request right there: unless the agent is
 * told something new.
 */
export async function retryJob(context: Context, { user, id, body }: { user: Actor; id: string; body: Retry }): Promise<Job> {
  const stored = await findStored(context, id)
  if (!stored) throw notFound("job")
  context.reach.check(stored.projectId, "job")
  const job = await jobObject(context.env, id).read()
  if (!job) throw notFound("job")
  if (!jobCan[job.status].retry) throw new AppError("job.not-retryable", "Only a failed or cancelled job can be tried again.")
  if (job.kind === "self-test")
    return startSelfTest(context, { user, clanker: body.clankerId ?? job.clankerId, projectId: job.projectId, retryOf: job.id })
  const phase = PHASES.find((candidate) => candidate === job.kind)
  if (!phase || job.ticketId === undefined)
    throw new AppError("job.not-retryable", "Only jobs of tickets and self-tests can be tried again.")
  const { fresh = false, ...asked } = body
  const former = await readSpec(context, stored.spec)
  const feedback = former?.subject.type === "ticket-phase" ? former.subject.feedback : undefined
  return startPhase(context, {
    user,
    ticketId: job.ticketId,
    phase,
    run: { ...former?.wishes, clankerId: job.clankerId, ...asked },
    ...(feedback === undefined ? {} : { revise: { feedback } }),
    retry: { of: job.id, resume: fresh ? null : await resumeOf(context, job, asked.additionalContext) },
  })
}

async function resumeOf({ env }: Context, job: Job, toldAnew: string | undefined): Promise<JobSpec["resume"]> {
  const from = await jobObject(env, job.id).lastCheckpoint()
  return { from, startAt: toldAnew === undefined ? startAtOf(job) : null }
}

function startAtOf({ failure }: Job): StartAt | null {
  if (failure?.kind === "push-rejected") return "commit-and-push"
  // Once the project has LFS, or the forge takes it, the same work can be published.
  if (failure?.kind === "lfs-failed" && failure.step === "commit-and-push") return "commit-and-push"
  return failure?.kind === "pull-request-rejected" ? "open-pull-request" : null
}
