import { type Job, jobCan, type Retry } from "#contract/jobs.ts"
import { type Phase, PHASES } from "#contract/tickets.ts"
import { findServing, type ServingClanker } from "../clankers/store.ts"
import { STRATEGIES } from "../compute/strategy.ts"
import { type Context, iso } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import type { RunWishes } from "../jobs/spec.ts"
import { startJob } from "../jobs/start.ts"
import { loadSpec } from "../jobs/store.ts"
import { renderBranch } from "../projects/branch-name.ts"
import { refuseArchived } from "../projects/edit.ts"
import { isReady, readinessChecks } from "../projects/readiness.ts"
import { mergeSettings } from "../projects/settings.ts"
import { findProject, type ProjectRecord } from "../projects/store.ts"
import { renderPrompt } from "../prompts/render.ts"
import { resolveTemplate } from "../prompts/resolve.ts"
import { isUsableIn } from "../secrets/scope.ts"
import { findSecrets, type SecretRecord } from "../secrets/store.ts"
import { announceTicket } from "./announce.ts"
import { type Documents, findDocuments } from "./document-store.ts"
import { refuseUnderLaterJob } from "./document-edit.ts"
import { type Actor, existingTicket } from "./edit.ts"
import { buildSpec } from "./phase-spec.ts"
import { gateOf } from "./phases.ts"
import { promptKeyOf, promptValues } from "./prompt-values.ts"
import { branchItem, isBranchTaken, moveItem, type TicketRecord } from "./store.ts"
import { entryItem } from "./timeline-store.ts"

export interface PhaseRun extends RunWishes {
  clankerId?: string | undefined
}
interface Order {
  user: Actor
  ticketId: string
  phase: Phase
  run: PhaseRun
  retry?: { of: string; startAt: "commit-and-push" | "open-pull-request" | null }
}

/** Starts a phase of a ticket, by id or key: every gate, then one job. Throws with the code of the first gate that is shut. */
export async function startPhase(context: Context, order: Order): Promise<Job> {
  const { user, phase, run, retry } = order
  const { clankerId, ...wishes } = run
  const ticket = await existingTicket(context, order.ticketId)
  const [project, documents] = await Promise.all([findProject(context, ticket.projectId), findDocuments(context, ticket.id)])
  if (!project) throw notFound("project")
  refuseArchived(project)
  await checkPhase(context, ticket, phase, documents)
  const clanker = await chooseClanker(context, project, phase, clankerId)
  const [secrets, { template }] = await Promise.all([
    readySecrets(context, project, clanker),
    resolveTemplate(context, promptKeyOf(phase, documents), project.id),
  ])
  const strategyMaxMs = STRATEGIES[clanker.deploymentConfig.computeType].maxExecutionMs(clanker.deploymentConfig)
  const settings = mergeSettings({ run, project: project.workerSettings, clanker, strategyMaxMs })
  const id = context.newId("job")
  const branch = await branchOf(context, { ticket, project, clanker, phase, jobId: id })
  const values = promptValues({
    ticket,
    project,
    documents,
    branch,
    clanker: clanker.name,
    testCommand: settings.testCommand.value ?? "",
    additionalContext: run.additionalContext ?? "",
  })
  const prompt = renderPrompt(template, values)
  const spec = buildSpec({
    user,
    ticket,
    project,
    phase,
    clanker,
    secrets,
    settings,
    branch,
    prompt,
    wishes,
    retryOf: retry?.of ?? null,
    startAt: retry?.startAt ?? null,
  })
  const job = await startJob(context, { id, spec, exclusive: `ticket:${ticket.id}:${phase}`, ticketId: ticket.id }, (jobId) => [
    moveItem(context, ticket.id, phase),
    ...(phase === "execution" ? [branchItem(context, ticket.id, branch)] : []),
    entryItem(context, {
      ticketId: ticket.id,
      key: `job:${jobId}:started`,
      act: retry ? "phase-retried" : "phase-started",
      actor: user.name,
      detail: { userId: user.id, phase, jobId, clanker: clanker.name, ...(retry ? { retryOf: retry.of } : {}) },
    }),
  ])
  await announceTicket(context, ticket)
  return job
}

/** Another job for the same phase, clanker and wishes unless told otherwise; after a refused push or pull request it goes on there. */
export async function retryTicketJob(context: Context, { user, job, body }: { user: Actor; job: Job; body: Retry }): Promise<Job> {
  const phase = PHASES.find((candidate) => candidate === job.kind)
  if (!phase || job.ticketId === undefined) throw new AppError("job.not-retryable", "Only jobs of tickets can be tried again.")
  if (!jobCan[job.status].retry) throw new AppError("job.not-retryable", "Only a failed or cancelled job can be tried again.")
  const { fresh = false, ...asked } = body
  const former = await loadSpec(context, job.id)
  return startPhase(context, {
    user,
    ticketId: job.ticketId,
    phase,
    run: { ...former?.wishes, clankerId: job.clankerId, ...asked },
    retry: { of: job.id, startAt: fresh ? null : startAtOf(job) },
  })
}

function startAtOf({ failure }: Job): "commit-and-push" | "open-pull-request" | null {
  if (failure?.kind === "push-rejected") return "commit-and-push"
  return failure?.kind === "pull-request-rejected" ? "open-pull-request" : null
}

async function checkPhase(context: Context, ticket: TicketRecord, phase: Phase, { research, planning }: Documents): Promise<void> {
  const gate = gateOf(phase, {
    phase: ticket.phase,
    documents: { research: research?.state ?? null, planning: planning?.state ?? null },
    override: ticket.override,
  })
  if (!gate.open) throw new AppError(gate.code, gate.message, { phase: ticket.phase })
  await refuseUnderLaterJob(context, ticket.id, phase)
}

async function chooseClanker(context: Context, project: ProjectRecord, phase: Phase, chosen: string | undefined): Promise<ServingClanker> {
  const id = chosen ?? project.phaseClankers[phase] ?? project.defaultClankerId
  const clanker = id === null ? null : await findServing(context, id)
  if (clanker?.acceptsJobs) return clanker
  if (clanker) {
    const { name, status, statusMessage } = clanker
    throw new AppError("clanker.not-active", `The clanker ${name} takes no jobs now (${statusMessage ?? status}): start it first.`, {
      clankerId: clanker.id,
      status,
      statusMessage,
    })
  }
  if (chosen !== undefined) throw invalid("clankerId", "names no clanker")
  throw notReady(
    readinessChecks({ repositoryUrl: project.repositoryUrl, scm: null, clankers: [{ id, found: null }] }).filter(
      ({ name }) => name === "clanker",
    ),
  )
}

async function readySecrets(
  context: Context,
  project: ProjectRecord,
  clanker: ServingClanker,
): Promise<{ ticked: SecretRecord[]; scm: SecretRecord | null }> {
  const scmId = project.scm?.secretId
  const found = await findSecrets(context, [...new Set([...clanker.secretIds, ...(scmId ? [scmId] : [])])])
  const usable = new Map(found.filter((secret) => isUsableIn(secret, project.id)).map((secret) => [secret.id, secret]))
  const ticked = clanker.secretIds.flatMap((id) => usable.get(id) ?? [])
  const scm = scmId ? (usable.get(scmId) ?? null) : null
  const checks = readinessChecks({
    repositoryUrl: project.repositoryUrl,
    scm: scmId ? { found: scm } : null,
    clankers: [{ id: clanker.id, found: { ...clanker, secrets: ticked } }],
  })
  if (!isReady(checks)) throw notReady(checks)
  return { ticked, scm }
}

function notReady(checks: ReturnType<typeof readinessChecks>): AppError {
  const [first] = checks.filter(({ state }) => state === "missing" || state === "invalid")
  return new AppError("project.not-ready", `The project is not ready for a run. ${first?.action ?? ""}`.trim(), { checks })
}

/**
 * The ticket's own branch once it has one. Before that an execution makes it, and a document is written on the base branch.
 * A template without the ticket's key may name a branch that another ticket has: then the number tells them apart.
 */
async function branchOf(
  context: Context,
  {
    ticket,
    project,
    clanker,
    phase,
    jobId,
  }: { ticket: TicketRecord; project: ProjectRecord; clanker: ServingClanker; phase: Phase; jobId: string },
): Promise<string> {
  if (ticket.branch !== null) return ticket.branch
  if (phase !== "execution") return project.baseBranch
  const date = iso(context.now()).slice(0, 10)
  const values = {
    ticket: ticket.key,
    original_ticket: ticket.externalId ?? ticket.key,
    clanker: clanker.slug,
    phase,
    date,
    job: jobId.slice(-8),
  }
  const branch = renderBranch(project.branchNameTemplate, values, [project.baseBranch, project.pullRequestBaseBranch ?? project.baseBranch])
  return (await isBranchTaken(context, { projectId: project.id, ticketId: ticket.id, branch })) ? `${branch}-${ticket.number}` : branch
}
