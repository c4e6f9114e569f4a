import { type DocumentPhase, DOCUMENT_PHASES, type Phase, type TimelineAct } from "#contract/tickets.ts"
import { STRATEGIES } from "../compute/strategy.ts"
import type { Context } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import type { FullSpec, JobSpec, RunWishes } from "../jobs/spec.ts"
import { activeClanker, readySecrets, withinBudget } from "../jobs/run-gates.ts"
import { refuseUnlessEnded } from "../jobs/start.ts"
import { refuseArchived as refuseArchivedProject } from "../projects/edit.ts"
import { mergeSettings } from "../projects/settings.ts"
import { renderPrompt } from "../prompts/render.ts"
import { templateOf } from "../prompts/resolve.ts"
import { branchOf } from "./branch.ts"
import type { Round } from "./branch-rounds.ts"
import { type Actor, refuseArchived } from "./edit.ts"
import type { RunFacts } from "./load-run.ts"
import { buildSpec } from "./phase-spec.ts"
import { type Asked, promptKeyOf, promptValues } from "./prompt-values.ts"
import { checkPhase, refuseUnderLaterJob } from "./run-gates.ts"
import type { TicketRecord } from "./store.ts"
import type { Entry } from "./timeline-store.ts"

export interface PhaseRun extends RunWishes {
  clankerId?: string | undefined
}
export interface Order {
  user: Actor
  phase: Phase
  run: PhaseRun
  /** Not a run from scratch, but the next revision of the phase's document. */
  revise?: { feedback: string }
  retry?: { of: string; resume: JobSpec["resume"] }
}
/** A job that may start, and what its start writes. */
export interface PreparedRun {
  jobId: string
  spec: FullSpec
  ticket: TicketRecord
  phase: Phase
  round: Round
  entry: Entry
}

/** Every gate, then the job. Throws with the code of the first gate that is shut; writes nothing. */
export async function prepareRun(context: Context, ticket: TicketRecord, facts: RunFacts, order: Order): Promise<PreparedRun> {
  const { user, phase, run, retry = null } = order
  const { clankerId, ...wishes } = run
  const { project, documents, attachments, files } = facts
  refuseArchived(ticket)
  if (!project) throw notFound("project")
  refuseArchivedProject(project)
  const asked = checkOrder(order, ticket, facts)
  const clanker = activeClanker(facts.clanker, { project, named: project.phaseClankers[phase], chosen: clankerId })
  const secrets = readySecrets(facts.secrets, { project, clanker })
  const same = facts.jobs.find(({ kind, terminal }) => kind === phase && !terminal)
  if (same) await refuseUnlessEnded(context, same.id)
  const leftUsd = withinBudget(project, facts.spent)
  const strategyMaxMs = STRATEGIES[clanker.deploymentConfig.computeType].maxExecutionMs(clanker.deploymentConfig)
  const settings = mergeSettings({ run, project: project.workerSettings, clanker, strategyMaxMs })
  const jobId = context.newId("job")
  const round = await branchOf(context, { ticket, project, clanker, phase, jobId })
  const testCommand = settings.testCommand.value ?? ""
  const additionalContext = run.additionalContext ?? ""
  const told = {
    ticket,
    project,
    documents,
    attachments,
    asked,
    branch: round.branch,
    clanker: clanker.name,
    testCommand,
    additionalContext,
  }
  const prompt = renderPrompt(templateOf(facts.overrides, promptKeyOf(phase, documents, asked)), promptValues(told))
  const made = { user, ticket, project, phase, clanker, files, secrets, settings, leftUsd, attachments, asked, branch: round.branch }
  const spec = buildSpec({ ...made, prompt, wishes, retry })
  return { jobId, spec, ticket, phase, round, entry: entryOf(order, { ticketId: ticket.id, jobId, clanker: clanker.name, asked }) }
}

function entryOf(
  { user, phase, retry }: Order,
  { ticketId, jobId, clanker, asked }: { ticketId: string; jobId: string; clanker: string; asked: Asked | null },
): Entry {
  return {
    ticketId,
    key: `job:${jobId}:started`,
    act: actOf(asked !== null, retry !== undefined),
    actor: user.name,
    detail: {
      ...{ userId: user.id, phase, jobId, clanker },
      ...(asked ? { revisionOf: asked.revision, feedback: asked.feedback } : {}),
      ...(retry ? { retryOf: retry.of } : {}),
    },
  }
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
