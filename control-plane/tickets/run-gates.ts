import type { Phase } from "#contract/tickets.ts"
import { notActive } from "../clankers/not-active.ts"
import type { ServingClanker } from "../clankers/serving-store.ts"
import { AppError, invalid } from "../errors.ts"
import { isReady, readinessChecks } from "../projects/readiness.ts"
import type { ProjectRecord } from "../projects/store.ts"
import { isUsableIn } from "../secrets/scope.ts"
import type { SecretRecord } from "../secrets/store.ts"
import type { Documents } from "./document-store.ts"
import { gateOf, type JobFact, laterUnfinished } from "./phases.ts"
import type { TicketRecord } from "./store.ts"

/** Throws `phase.not-reached`, `phase.not-approved`, or `ticket.job-unfinished` under a later job. */
export function checkPhase(
  ticket: TicketRecord,
  phase: Phase,
  { documents: { research, planning }, jobs }: { documents: Documents; jobs: readonly JobFact[] },
): void {
  const gate = gateOf(phase, {
    phase: ticket.phase,
    documents: { research: research?.state ?? null, planning: planning?.state ?? null },
    override: ticket.override,
  })
  if (!gate.open) throw new AppError(gate.code, gate.message, { phase: ticket.phase })
  refuseUnderLaterJob(phase, jobs)
}

/** An earlier document must not change under a later job, which works from it. Throws `ticket.job-unfinished`. */
export function refuseUnderLaterJob(phase: Phase, jobs: readonly JobFact[]): void {
  const later = laterUnfinished(phase, jobs)
  if (later)
    throw new AppError("ticket.job-unfinished", `A job of the phase ${later.kind} is not finished yet: cancel it or wait for its end.`, {
      jobId: later.id,
    })
}

/** The clanker that was found for the run, if it takes jobs. Throws `clanker.not-active` or `project.not-ready`. */
export function activeClanker(
  clanker: ServingClanker | null,
  { project, phase, chosen }: { project: ProjectRecord; phase: Phase; chosen: string | undefined },
): ServingClanker {
  if (clanker?.acceptsJobs) return clanker
  if (clanker) throw notActive(clanker)
  if (chosen !== undefined) throw invalid("clankerId", "names no clanker")
  const id = project.phaseClankers[phase] ?? project.defaultClankerId
  throw notReady(
    readinessChecks({ repositoryUrl: project.repositoryUrl, scm: null, clankers: [{ id, found: null }] }).filter(
      ({ name }) => name === "clanker",
    ),
  )
}

/** Throws `project.not-ready` with every check. */
export function readySecrets(
  found: readonly SecretRecord[],
  { project, clanker }: { project: ProjectRecord; clanker: ServingClanker },
): { ticked: SecretRecord[]; scm: SecretRecord | null } {
  const scmId = project.scm?.secretId
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
