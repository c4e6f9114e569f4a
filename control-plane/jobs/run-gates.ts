import { notActive } from "../clankers/not-active.ts"
import type { ServingClanker } from "../clankers/serving-store.ts"
import { AppError, invalid } from "../errors.ts"
import { monthlyBudget, type Spent } from "../projects/budget.ts"
import { isReady, readinessChecks } from "../projects/readiness.ts"
import type { ProjectRecord } from "../projects/store.ts"
import { isUsableIn } from "../secrets/scope.ts"
import type { SecretRecord } from "../secrets/store.ts"

/** The clanker that was found for the run, if it takes jobs: the chosen one, else the named one, else the project's. Throws `clanker.not-active` or `project.not-ready`. */
export function activeClanker(
  clanker: ServingClanker | null,
  { project, named, chosen }: { project: ProjectRecord; named: string | null | undefined; chosen: string | undefined },
): ServingClanker {
  if (clanker?.acceptsJobs) return clanker
  if (clanker) throw notActive(clanker)
  if (chosen !== undefined) throw invalid("clankerId", "names no clanker")
  const id = named ?? project.defaultClankerId
  throw notReady(
    readinessChecks({ repositoryUrl: project.repositoryUrl, scm: null, clankers: [{ id, found: null }] }).filter(
      ({ name }) => name === "clanker",
    ),
  )
}

/** `added` names what the run brings beside the clanker's own. Throws `project.not-ready` with every check. */
export function readySecrets(
  found: readonly SecretRecord[],
  { project, clanker, added = [] }: { project: ProjectRecord; clanker: ServingClanker; added?: readonly string[] },
): { ticked: SecretRecord[]; added: SecretRecord[]; scm: SecretRecord | null } {
  const scmId = project.scm?.secretId
  const usable = new Map(found.filter((secret) => isUsableIn(secret, project.id)).map((secret) => [secret.id, secret]))
  const ticked = clanker.secretIds.flatMap((id) => usable.get(id) ?? [])
  const more = added.flatMap((id) => usable.get(id) ?? [])
  const scm = scmId ? (usable.get(scmId) ?? null) : null
  const checks = readinessChecks({
    repositoryUrl: project.repositoryUrl,
    scm: scmId ? { found: scm } : null,
    clankers: [{ id: clanker.id, found: { ...clanker, secrets: [...more, ...ticked] } }],
  })
  if (!isReady(checks)) throw notReady(checks)
  return { ticked, added: more, scm }
}

/** What the month has left for the run. Throws `project.budget-spent`. */
export function withinBudget(project: ProjectRecord, [spent]: readonly Spent[]): number | null {
  const { state, leftUsd, sentence } = monthlyBudget(project.workerSettings, spent ?? { costUsd: 0, unknownCostTokens: 0 })
  if (state === "spent") throw new AppError("project.budget-spent", sentence, { projectId: project.id, ...spent })
  return leftUsd
}

function notReady(checks: ReturnType<typeof readinessChecks>): AppError {
  const [first] = checks.filter(({ state }) => state === "missing" || state === "invalid")
  return new AppError("project.not-ready", `The project is not ready for a run. ${first?.action ?? ""}`.trim(), { checks })
}
