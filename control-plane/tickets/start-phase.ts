import type { Job } from "#contract/jobs.ts"
import { type DocumentPhase, DOCUMENT_PHASES, type Phase, type TimelineAct } from "#contract/tickets.ts"
import { STRATEGIES } from "../compute/strategy.ts"
import type { Context } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import type { JobSpec, RunWishes } from "../jobs/spec.ts"
import { startJob } from "../jobs/start.ts"
import { refuseArchived as refuseArchivedProject } from "../projects/edit.ts"
import { mergeSettings } from "../projects/settings.ts"
import { renderPrompt } from "../prompts/render.ts"
import { templateOf } from "../prompts/resolve.ts"
import { announceTicket } from "./announce.ts"
import { branchOf } from "./branch.ts"
import { refuseUnderLaterJob } from "./document-edit.ts"
import { type Actor, reached, refuseArchived } from "./edit.ts"
import { loadRun, type RunFacts } from "./load-run.ts"
import { buildSpec } from "./phase-spec.ts"
import { branchItem } from "./pull-request-store.ts"
import { type Asked, promptKeyOf, promptValues } from "./prompt-values.ts"
import { activeClanker, checkPhase, readySecrets } from "./run-gates.ts"
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
  const loaded = await loadRun(context, { ticketId: order.ticketId, phase, clankerId, revises: order.revise !== undefined })
  const { project, documents, attachments, files } = loaded
  const ticket = reached(context, loaded.ticket)
  refuseArchived(ticket)
  if (!project) throw notFound("project")
  refuseArchivedProject(project)
  const asked = checkOrder(order, ticket, loaded)
  const clanker = activeClanker(loaded.clanker, { project, phase, chosen: clankerId })
  const secrets = readySecrets(loaded.secrets, { project, clanker })
  const strategyMaxMs = STRATEGIES[clanker.deploymentConfig.computeType].maxExecutionMs(clanker.deploymentConfig)
  const settings = mergeSettings({ run, project: project.workerSettings, clanker, strategyMaxMs })
  const id = context.newId("job")
  const { branch, round } = await branchOf(context, { ticket, project, clanker, phase, jobId: id })
  const testCommand = settings.testCommand.value ?? ""
  const additionalContext = run.additionalContext ?? ""
  const facts = { ticket, project, documents, attachments, asked, branch, clanker: clanker.name, testCommand, additionalContext }
  const prompt = renderPrompt(templateOf(loaded.overrides, promptKeyOf(phase, documents, asked)), promptValues(facts))
  const spec = buildSpec({
    user,
    ticket,
    project,
    phase,
    clanker,
    files,
    secrets,
    settings,
    attachments,
    asked,
    branch,
    prompt,
    wishes,
    retry,
  })
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
function checkOrder({ phase, revise }: Order, ticket: TicketRecord, { documents, jobs, comments }: RunFacts): Asked | null {
  if (!revise) {
    checkPhase(ticket, phase, { documents, jobs })
    return null
  }
  const written = documentPhase(phase)
  const document = written && documents[written]
  if (!document) throw new AppError("document.none", `This ticket has no ${phase} document yet.`)
  refuseUnderLaterJob(phase, jobs)
  if (revise.feedback === "" && comments.length === 0) throw invalid("feedback", "is required where no comment is open")
  return { phase: document.phase, revision: document.revision, feedback: revise.feedback, comments }
}

const documentPhase = (phase: Phase): DocumentPhase | undefined => DOCUMENT_PHASES.find((candidate) => candidate === phase)
