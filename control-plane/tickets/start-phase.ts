import { type Job, jobCan, type Retry } from "#contract/jobs.ts"
import { type DocumentPhase, DOCUMENT_PHASES, type Phase, PHASES, type TimelineAct } from "#contract/tickets.ts"
import { STRATEGIES } from "../compute/strategy.ts"
import type { Context } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import type { JobSpec, RunWishes, StartAt } from "../jobs/spec.ts"
import { startJob } from "../jobs/start.ts"
import { loadSpec } from "../jobs/store.ts"
import { jobObject } from "../jobs/stub.ts"
import { refuseArchived as refuseArchivedProject } from "../projects/edit.ts"
import { mergeSettings } from "../projects/settings.ts"
import { findProject } from "../projects/store.ts"
import { renderPrompt } from "../prompts/render.ts"
import { resolveTemplate } from "../prompts/resolve.ts"
import { announceTicket } from "./announce.ts"
import { attachmentsOf } from "./attachment-store.ts"
import { branchOf } from "./branch.ts"
import { openComments } from "./comment-store.ts"
import { refuseUnderLaterJob } from "./document-edit.ts"
import { type Documents, findDocuments } from "./document-store.ts"
import { type Actor, existingTicket, refuseArchived } from "./edit.ts"
import { buildSpec } from "./phase-spec.ts"
import { branchItem } from "./pull-request-store.ts"
import { type Asked, promptKeyOf, promptValues } from "./prompt-values.ts"
import { checkPhase, chooseClanker, readySecrets } from "./run-gates.ts"
import { moveItem, type TicketRecord } from "./store.ts"
import { entryItem } from "./timeline-store.ts"

export interface PhaseRun extends RunWishes {
  clankerId?: string | undefined
}
interface Order {
  user: Actor
  ticketId: string
  phase: Phase
  run: PhaseRun
  /** Not a run from scratch, but the next revision of the phase's document. */
  revise?: { feedback: string }
  retry?: { of: string; resume: JobSpec["resume"] }
}

/** Starts a phase of a ticket, or the revision of its document, by the ticket's id or key: every gate, then one job. Throws with the code of the first gate that is shut. */
export async function startPhase(context: Context, order: Order): Promise<Job> {
  const { user, phase, run, retry = null } = order
  const { clankerId, ...wishes } = run
  const ticket = await existingTicket(context, order.ticketId)
  refuseArchived(ticket)
  const [project, documents, attachments] = await Promise.all([
    findProject(context, ticket.projectId),
    findDocuments(context, ticket.id),
    attachmentsOf(context, ticket.id),
  ])
  if (!project) throw notFound("project")
  refuseArchivedProject(project)
  const asked = await checkOrder(context, { order, ticket, documents })
  const clanker = await chooseClanker(context, project, phase, clankerId)
  const [secrets, { template }] = await Promise.all([
    readySecrets(context, project, clanker),
    resolveTemplate(context, promptKeyOf(phase, documents, asked), project.id),
  ])
  const strategyMaxMs = STRATEGIES[clanker.deploymentConfig.computeType].maxExecutionMs(clanker.deploymentConfig)
  const settings = mergeSettings({ run, project: project.workerSettings, clanker, strategyMaxMs })
  const id = context.newId("job")
  const { branch, round } = await branchOf(context, { ticket, project, clanker, phase, jobId: id })
  const testCommand = settings.testCommand.value ?? ""
  const additionalContext = run.additionalContext ?? ""
  const facts = { ticket, project, documents, attachments, asked, branch, clanker: clanker.name, testCommand, additionalContext }
  const prompt = renderPrompt(template, promptValues(facts))
  const spec = buildSpec({ user, ticket, project, phase, clanker, secrets, settings, attachments, asked, branch, prompt, wishes, retry })
  const job = await startJob(context, { id, spec, exclusive: `ticket:${ticket.id}:${phase}`, ticketId: ticket.id }, (jobId) => [
    moveItem(context, ticket.id, phase),
    ...(phase === "execution" ? [branchItem(context, ticket, { branch, round })] : []),
    entryItem(context, {
      ticketId: ticket.id,
      key: `job:${jobId}:started`,
      act: actOf(asked !== null, retry !== null),
      actor: user.name,
      detail: {
        ...{ userId: user.id, phase, jobId, clanker: clanker.name },
        ...(asked ? { revisionOf: asked.revision, feedback: asked.feedback } : {}),
        ...(retry ? { retryOf: retry.of } : {}),
      },
    }),
  ])
  await announceTicket(context, ticket)
  return job
}

const actOf = (revises: boolean, retries: boolean): TimelineAct =>
  revises ? (retries ? "revision-retried" : "revision-requested") : retries ? "phase-retried" : "phase-started"

/** Null for a run from scratch. A revision needs nothing but its document, and something that is wanted of it. */
async function checkOrder(
  context: Context,
  { order: { phase, revise }, ticket, documents }: { order: Order; ticket: TicketRecord; documents: Documents },
): Promise<Asked | null> {
  if (!revise) {
    await checkPhase(context, ticket, phase, documents)
    return null
  }
  const written = documentPhase(phase)
  const document = written && documents[written]
  if (!document) throw new AppError("document.none", `This ticket has no ${phase} document yet.`)
  await refuseUnderLaterJob(context, ticket.id, phase)
  const comments = await openComments(context, document)
  if (revise.feedback === "" && comments.length === 0) throw invalid("feedback", "is required where no comment is open")
  return { phase: document.phase, revision: document.revision, feedback: revise.feedback, comments }
}

const documentPhase = (phase: Phase): DocumentPhase | undefined => DOCUMENT_PHASES.find((candidate) => candidate === phase)

/**
 * Another job for the same phase or revision, clanker and wishes unless told otherwise. It goes on from the newest
 * checkpoint, after a refused push or pull request right there: unless the agent is told something new.
 */
export async function retryTicketJob(context: Context, { user, job, body }: { user: Actor; job: Job; body: Retry }): Promise<Job> {
  const phase = PHASES.find((candidate) => candidate === job.kind)
  if (!phase || job.ticketId === undefined) throw new AppError("job.not-retryable", "Only jobs of tickets can be tried again.")
  if (!jobCan[job.status].retry) throw new AppError("job.not-retryable", "Only a failed or cancelled job can be tried again.")
  const { fresh = false, ...asked } = body
  const former = await loadSpec(context, job.id)
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
  return failure?.kind === "pull-request-rejected" ? "open-pull-request" : null
}
