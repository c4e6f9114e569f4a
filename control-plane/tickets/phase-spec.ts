import type { Phase } from "#contract/tickets.ts"
import type { ServingClanker } from "../clankers/store.ts"
import type { FullSpec, JobSpec, RunWishes } from "../jobs/spec.ts"
import { type MergedSettings, toWorkerSettings } from "../projects/settings.ts"
import type { ProjectRecord } from "../projects/store.ts"
import type { SecretRecord } from "../secrets/store.ts"
import type { Actor } from "./edit.ts"
import { jobSecrets } from "./job-secrets.ts"
import type { TicketRecord } from "./store.ts"

export interface SpecFacts {
  user: Actor
  ticket: TicketRecord
  project: ProjectRecord
  phase: Phase
  clanker: ServingClanker
  secrets: { ticked: readonly SecretRecord[]; scm: SecretRecord | null }
  settings: MergedSettings
  branch: string
  prompt: string
  wishes: RunWishes
  retryOf: string | null
  startAt: "commit-and-push" | "open-pull-request" | null
}

/** Everything the job will ever need. Nothing here reads or decides anew: the gates are behind. */
export function buildSpec({
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
  retryOf,
  startAt,
}: SpecFacts): FullSpec {
  const { maxExecutionTime, maxChanges, budgetUsd } = settings
  return {
    kind: phase,
    revisionOf: null,
    subject: { type: "ticket-phase", ticketId: ticket.id, phase },
    projectId: project.id,
    requestedBy: user.id,
    priority: wishes.priority ?? 0,
    retryOf,
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
      budgetUsd: budgetUsd.value ?? undefined,
    },
    resume: startAt === null ? null : { startAt },
    texts: { prompt, instructions: project.agentInstructions, files: clanker.files },
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
