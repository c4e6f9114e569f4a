import type { Phase } from "#contract/tickets.ts"
import { AppError } from "../errors.ts"
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
