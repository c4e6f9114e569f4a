import type { ReadinessCheck } from "#contract/projects.ts"
import { PHASES } from "#contract/tickets.ts"
import { servingAmong } from "../clankers/serving-store.ts"
import type { Context } from "../context.ts"
import { listed } from "../db/client.ts"
import { spentQuery } from "../jobs/usage-store.ts"
import { budgetChecks, monthStart } from "../projects/budget.ts"
import { type ChosenClanker, isReady, readinessChecks, withProbe } from "../projects/readiness.ts"
import type { ProjectRecord } from "../projects/store.ts"
import { isUsableIn } from "../secrets/scope.ts"
import { secretsQuery } from "../secrets/store.ts"
import { probeRepository } from "./repository-probe.ts"

/** Whether each phase of a ticket could start on the clanker that it would use: by what is stored. What the network says is shown beside it. */
export async function projectReadiness(context: Context, project: ProjectRecord): Promise<{ ready: boolean; checks: ReadinessCheck[] }> {
  const ids = [...new Set(PHASES.map((phase) => project.phaseClankers[phase] ?? project.defaultClankerId))]
  const serving = await servingAmong(
    context,
    ids.flatMap((id) => id ?? []),
  )
  const scmId = project.scm?.secretId
  const wanted = [...new Set([...serving.flatMap(({ secretIds }) => secretIds), ...(scmId ? [scmId] : [])])]
  const [secrets, [spent]] = await context.db.batch([
    secretsQuery(context, listed(wanted)),
    spentQuery(context, project.id, monthStart(context.now())),
  ])
  const usable = new Map(secrets.filter((secret) => isUsableIn(secret, project.id)).map((secret) => [secret.id, secret]))
  const clankers = ids.map((id): ChosenClanker => {
    const found = serving.find((clanker) => clanker.id === id) ?? null
    return { id, found: found && { ...found, secrets: found.secretIds.flatMap((secretId) => usable.get(secretId) ?? []) } }
  })
  const scmFound = scmId ? { found: usable.get(scmId) ?? null } : null
  const checks = [
    ...readinessChecks({ repositoryUrl: project.repositoryUrl, scm: scmFound, clankers }),
    ...budgetChecks(project.workerSettings, spent ?? { costUsd: 0, unknownCostTokens: 0 }),
  ]
  const scm = scmId ? (usable.get(scmId) ?? null) : null
  const probe = await probeRepository(context, project, scm)
  const { repositoryUrl, baseBranch } = project
  const shown = probe ? withProbe(checks, probe, { repositoryUrl, baseBranch, withCredential: scm !== null }) : checks
  return { ready: isReady(checks), checks: shown }
}
