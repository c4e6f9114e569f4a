import type { Phase } from "#contract/tickets.ts"
import type { ServingClanker } from "../clankers/serving-store.ts"
import type { ConfigFile } from "../clankers/revision-store.ts"
import { jobSecrets } from "../jobs/job-secrets.ts"
import type { FullSpec, JobSpec, RunWishes } from "../jobs/spec.ts"
import { cappedBudget } from "../projects/budget.ts"
import { type MergedSettings, toWorkerSettings } from "../projects/settings.ts"
import type { ProjectRecord } from "../projects/store.ts"
import type { SecretRecord } from "../secrets/store.ts"
import { fileKey } from "./attachment-files.ts"
import type { AttachmentRecord } from "./attachment-store.ts"
import type { Actor } from "./edit.ts"
import type { Asked } from "./prompt-values.ts"
import type { TicketRecord } from "./store.ts"

export interface SpecFacts {
  user: Actor
  ticket: TicketRecord
  project: ProjectRecord
  phase: Phase
  clanker: ServingClanker
  files: readonly ConfigFile[]
  secrets: { ticked: readonly SecretRecord[]; scm: SecretRecord | null }
  settings: MergedSettings
  /** What the month's budget has left; null without one. */
  leftUsd: number | null
  attachments: readonly AttachmentRecord[]
  /** Null for a run from scratch. */
  asked: Asked | null
  branch: string
  prompt: string
  wishes: RunWishes
  retry: { of: string; resume: JobSpec["resume"] } | null
}

/** Everything the job will ever need. Nothing here reads or decides anew: the gates are behind. */
export function buildSpec({
  user,
  ticket,
  project,
  phase,
  clanker,
  files,
  secrets,
  settings,
  leftUsd,
  attachments,
  asked,
  branch,
  prompt,
  wishes,
  retry,
}: SpecFacts): FullSpec {
  const { maxExecutionTime, maxChanges, budgetUsd } = settings
  return {
    kind: phase,
    revisionOf: asked?.revision ?? null,
    subject: { type: "ticket-phase", ticketId: ticket.id, phase, ...(asked ? { feedback: asked.feedback } : {}) },
    projectId: project.id,
    requestedBy: user.id,
    priority: wishes.priority ?? 0,
    retryOf: retry?.of ?? null,
    attachments: attachments.map(({ id, name, mime, size }) => ({ id, name, mime, size, key: fileKey(ticket, id) })),
    clanker: { id: clanker.id, name: clanker.name, slug: clanker.slug, revision: clanker.revision, maxConcurrency: clanker.maxConcurrency },
    compute: { type: clanker.deploymentConfig.computeType, facts: clanker.facts },
    agent: {
      slug: clanker.agent,
      model: clanker.agentSettings.model,
      baseUrl: clanker.agentSettings.baseUrl,
      extraArgs: clanker.agentSettings.extraArgs ?? [],
    },
    secrets: jobSecrets(secrets.ticked, secrets.scm),
    project: { name: project.name, slug: project.slug, settings: toWorkerSettings(settings) },
    task: { ticketKey: ticket.key, title: ticket.title, text: ticket.description, requestedBy: user.name },
    repository: repositoryOf({ ticket, project, phase, settings, branch }),
    scm: { provider: project.scm?.provider ?? "github", apiUrl: project.scm?.apiUrl, secretName: secrets.scm?.name },
    limits: {
      maxExecutionMs: maxExecutionTime.value * 1000,
      maxChanges: maxChanges.value ?? undefined,
      budgetUsd: cappedBudget(budgetUsd.value ?? undefined, leftUsd),
    },
    resume: retry?.resume ?? null,
    texts: { prompt, instructions: project.agentInstructions, files: [...files] },
    wishes,
  }
}

function repositoryOf({
  ticket,
  project,
  phase,
  settings,
  branch,
}: Pick<SpecFacts, "ticket" | "project" | "phase" | "settings" | "branch">): JobSpec["repository"] {
  const { repositoryUrl: url, baseBranch } = project
  const pullRequest = {
    repository: project.pullRequestRepository ?? url,
    baseBranch: project.pullRequestBaseBranch ?? baseBranch,
    draft: settings["pullRequest.draft"].value,
    labels: settings["pullRequest.labels"].value,
    reviewers: settings["pullRequest.reviewers"].value,
    ...(ticket.pullRequest?.state === "open" ? { existing: ticket.pullRequest.number } : {}),
  }
  return { url, baseBranch, branch, pullRequest: phase === "execution" ? pullRequest : null }
}
