// PURE: what a ticket's phase is at, and the one thing to do next.
import { isTerminal, type Job } from "#contract/jobs.ts"
import { type DocumentState, type Phase, PHASES, type Ticket } from "#contract/tickets.ts"

export type PhaseState =
  | { at: "running"; job: Job }
  /** The newest job failed, and nothing newer came of the phase. */
  | { at: "failed"; job: Job }
  | { at: "review"; document: Exclude<DocumentState, "approved"> }
  | { at: "approved" }
  | { at: "delivered" }
  | { at: "ready" }
  | { at: "closed"; why: string }

/** `job` is the phase's newest; undefined while it is not known. */
export function phaseState(ticket: Ticket, phase: Phase, job: Job | undefined): PhaseState {
  if (job && !isTerminal(job.status)) return { at: "running", job }
  const document = ticket.phases[phase].document
  if (job?.status === "failed" && document !== "approved") return { at: "failed", job }
  if (document === "approved") return { at: "approved" }
  if (document !== null) return { at: "review", document }
  if (phase === "execution" && ticket.pullRequest && job?.status === "succeeded") return { at: "delivered" }
  const why = closedBecause(ticket, phase)
  return why === null ? { at: "ready" } : { at: "closed", why }
}

const isAtLeast = (phase: Phase, other: Phase) => PHASES.indexOf(phase) >= PHASES.indexOf(other)

/** The same gates as the server's, which decides; here only to say why before somebody tries. */
function closedBecause({ phase: now, phases, override }: Ticket, phase: Phase): string | null {
  switch (phase) {
    case "research":
      return null
    case "planning":
      return isAtLeast(now, "planning") || phases.research.document !== null
        ? null
        : "Planning needs a research document: run research first, or write one."
    case "execution":
      if (phases.planning.document === "approved" || override?.opens === "execution") return null
      return phases.planning.document === null
        ? "Execution needs an approved plan: run planning first, or record why it goes without."
        : "Execution needs an approved plan: approve it first, or record why it goes without."
  }
}

/** The first phase, from where the ticket is, that waits for somebody: its act is the page's primary one. */
export function activePhase(states: Readonly<Record<Phase, PhaseState>>, now: Phase): Phase {
  const open = PHASES.filter((phase) => isAtLeast(phase, now)).find((phase) => !["approved", "closed"].includes(states[phase].at))
  return open ?? now
}
