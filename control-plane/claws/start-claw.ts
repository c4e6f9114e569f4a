import { sql } from "drizzle-orm"
import { OUTPUT_DIRECTORY } from "#contract/prompts.ts"
import { servingFiles, type ServingClanker, servingQuery, servingSecrets, toServing } from "../clankers/serving-store.ts"
import { STRATEGIES } from "../compute/strategy.ts"
import { type Context, iso } from "../context.ts"
import { type Answered, listed } from "../db/client.ts"
import { AppError } from "../errors.ts"
import { jobSecrets } from "../jobs/job-secrets.ts"
import { activeClanker, readySecrets, withinBudget } from "../jobs/run-gates.ts"
import type { FullSpec } from "../jobs/spec.ts"
import { startJob } from "../jobs/start.ts"
import { spentQuery } from "../jobs/usage-store.ts"
import { cappedBudget, monthStart } from "../projects/budget.ts"
import { renderBranch } from "../projects/branch-name.ts"
import { refuseArchived } from "../projects/edit.ts"
import { slugOf } from "../projects/naming.ts"
import { mergeSettings, type MergedSettings, toWorkerSettings } from "../projects/settings.ts"
import { isOpen, projectQuery, type ProjectRecord, scmSecretsOf } from "../projects/store.ts"
import { renderPrompt } from "../prompts/render.ts"
import { templateOf } from "../prompts/resolve.ts"
import { overridesQuery } from "../prompts/store.ts"
import { secretsQuery } from "../secrets/store.ts"
import { deliveryItem } from "./delivery-store.ts"
import { type ExecutionRow, runningItem } from "./execution-store.ts"
import { clawSchedules, clawTemplates } from "./table.ts"
import { type TemplateRow, templateRowQuery } from "./template-store.ts"

/** One job for each execution, whoever starts it how often: the job's id is made of the execution's. */
export const jobIdOf = (executionId: string): string => `job_${executionId.slice("exe_".length)}`

/**
 * Makes and accepts the job of an execution that is due. Throws an AppError when it cannot be run as things are: then nothing
 * was made. Any other error leaves it pending, and the next tick tries again.
 */
export async function startClaw(context: Context, execution: ExecutionRow, loaded: ClawFacts): Promise<void> {
  const { template, project } = loaded
  if (!template || !project) throw new AppError("not-found", "Its template or project is gone.")
  refuseArchived(project)
  const clanker = activeClanker(loaded.clanker, { project, named: template.clankerId, chosen: undefined })
  const secrets = readySecrets(loaded.secrets, { project, clanker, added: template.secretIds })
  const leftUsd = withinBudget(project, loaded.spent)
  const strategyMaxMs = STRATEGIES[clanker.deploymentConfig.computeType].maxExecutionMs(clanker.deploymentConfig)
  const settings = mergeSettings({ project: project.workerSettings, clanker, strategyMaxMs })
  const id = jobIdOf(execution.id)
  const place = placeOf({ template, project, clanker, jobId: id, now: context.now() })
  const prompt = renderPrompt(templateOf(loaded.overrides, "claw_scheduled_task"), {
    ...{ projectName: project.name, repositoryUrl: project.repositoryUrl, ...place, clanker: clanker.name },
    ...{ taskInstructions: template.instructions, testCommand: settings.testCommand.value ?? "" },
    ...{ agentInstructions: project.agentInstructions, outputDirectory: OUTPUT_DIRECTORY },
  })
  const of = { execution, template, project, clanker, settings, leftUsd, place }
  const spec: FullSpec = {
    ...specOf(of),
    secrets: jobSecrets(secrets.ticked, secrets.scm, secrets.added),
    scm: { provider: project.scm?.provider ?? "github", apiUrl: project.scm?.apiUrl, secretName: secrets.scm?.name },
    texts: { prompt, instructions: project.agentInstructions, files: [...loaded.files] },
    wishes: {},
  }
  const told = {
    executionId: execution.id,
    scheduleId: execution.scheduleId,
    template: template.name,
    dueAt: iso(execution.dueAt),
    jobId: id,
  }
  const others = [
    runningItem(context, execution.id, id),
    deliveryItem(context, { scheduleId: execution.scheduleId, event: "claw.execution.started", subject: execution.id, data: told }),
  ]
  if (!(await startJob(context, { id, spec }, { onlyIf: isOpen(project.id), others })))
    throw new AppError("project.archived", `The project ${project.name} was archived or deleted meanwhile.`)
}

/** What a run of a schedule is decided by and made of: for one batch, of one moment. */
export function clawQueries(context: Context, { scheduleId, projectId }: { scheduleId: string; projectId: string }) {
  const templateId = sql`(SELECT ${clawSchedules.templateId} FROM ${clawSchedules} WHERE ${clawSchedules.id} = ${scheduleId})`
  const ofTemplate = (column: typeof clawTemplates.clankerId | typeof clawTemplates.secretIds) =>
    sql`SELECT ${column} FROM ${clawTemplates} WHERE ${clawTemplates.id} = ${templateId}`
  const ofProject = sql`SELECT default_clanker_id FROM projects WHERE projects.id = ${projectId}`
  const chosen = sql`COALESCE((${ofTemplate(clawTemplates.clankerId)}), (${ofProject}))`
  const added = sql`SELECT added.value FROM json_each((${ofTemplate(clawTemplates.secretIds)})) AS added`
  return [
    templateRowQuery(context, templateId),
    projectQuery(context, projectId),
    servingQuery(context, chosen),
    servingFiles(context, chosen),
    secretsQuery(context, sql`${servingSecrets(chosen)} UNION ${added} UNION ${scmSecretsOf(listed([projectId]))}`),
    overridesQuery(context, ["claw_scheduled_task"], projectId),
    spentQuery(context, projectId, monthStart(context.now())),
  ] as const
}

export type ClawFacts = ReturnType<typeof toClawFacts>

export function toClawFacts([[template], [project], [serving], files, secrets, overrides, spent]: Answered<
  ReturnType<typeof clawQueries>
>) {
  return { template, project, clanker: serving ? toServing(serving) : null, files, secrets, overrides, spent }
}

export const loadClaw = async (context: Context, of: { scheduleId: string; projectId: string }): Promise<ClawFacts> =>
  toClawFacts(await context.db.batch(clawQueries(context, of)))

interface Place {
  branch: string
  baseBranch: string
}

/** A branch of its own for each occasion: the job's tail is in it whatever the project's template says. */
function placeOf(of: { template: TemplateRow; project: ProjectRecord; clanker: ServingClanker; jobId: string; now: number }): Place {
  const { template, project, clanker, jobId } = of
  const job = jobId.slice(-8)
  const baseBranch = template.baseBranch ?? project.baseBranch
  const name = `${slugOf(template.name)}-${job}`
  const values = { ticket: name, original_ticket: name, clanker: clanker.slug, phase: "claw", date: iso(of.now).slice(0, 10), job }
  const branch = renderBranch(project.branchNameTemplate, values, [baseBranch, project.baseBranch, project.pullRequestBaseBranch ?? ""])
  return { branch: branch.includes(job) ? branch : renderBranch(`${branch}-${job}`, values), baseBranch }
}

interface SpecParts {
  execution: ExecutionRow
  template: TemplateRow
  project: ProjectRecord
  clanker: ServingClanker
  settings: MergedSettings
  leftUsd: number | null
  place: Place
}

function specOf({
  execution,
  template,
  project,
  clanker,
  settings,
  leftUsd,
  place,
}: SpecParts): Omit<FullSpec, "secrets" | "scm" | "texts" | "wishes"> {
  const { repositoryUrl: url } = project
  const pullRequest = {
    repository: project.pullRequestRepository ?? url,
    baseBranch: template.baseBranch ?? project.pullRequestBaseBranch ?? project.baseBranch,
    draft: settings["pullRequest.draft"].value,
    labels: settings["pullRequest.labels"].value,
    reviewers: settings["pullRequest.reviewers"].value,
  }
  return {
    kind: "claw",
    revisionOf: null,
    subject: { type: "claw", executionId: execution.id, scheduleId: execution.scheduleId },
    projectId: project.id,
    requestedBy: execution.requestedBy,
    priority: 0,
    retryOf: null,
    clanker: { id: clanker.id, name: clanker.name, slug: clanker.slug, revision: clanker.revision, maxConcurrency: clanker.maxConcurrency },
    compute: { type: clanker.deploymentConfig.computeType, facts: clanker.facts },
    agent: {
      slug: clanker.agent,
      model: clanker.agentSettings.model,
      baseUrl: clanker.agentSettings.baseUrl,
      extraArgs: clanker.agentSettings.extraArgs ?? [],
    },
    project: { name: project.name, slug: project.slug, settings: toWorkerSettings(settings) },
    task: { title: template.name, text: template.instructions },
    repository: { url, ...place, pullRequest: template.opensPullRequest ? pullRequest : null },
    limits: {
      maxExecutionMs: settings.maxExecutionTime.value * 1000,
      maxChanges: settings.maxChanges.value ?? undefined,
      budgetUsd: cappedBudget(settings.budgetUsd.value ?? undefined, leftUsd),
    },
    resume: null,
  }
}
