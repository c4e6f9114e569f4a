// PURE: what may start, what moves a ticket's phase, and what a ticket's status is.
import type { ErrorCode } from "#contract/errors.ts"
import { type DocumentPhase, type DocumentState, type Phase, PHASES, type Ticket, type TicketStatus } from "#contract/tickets.ts"

export interface PhaseFacts {
  phase: Phase
  documents: Record<DocumentPhase, DocumentState | null>
  override: { opens: "planning" | "execution" } | null
}
export type Gate = { open: true } | { open: false; code: Extract<ErrorCode, "phase.not-reached" | "phase.not-approved">; message: string }

/** Whether a run of this phase may start. Research always may; a ticket that has been somewhere may run that again. */
export function gateOf(wanted: Phase, { phase, documents, override }: PhaseFacts): Gate {
  switch (wanted) {
    case "research":
      return { open: true }
    case "planning":
      if (isAtLeast(phase, "planning") || documents.research !== null) return { open: true }
      return { open: false, code: "phase.not-reached", message: "Planning needs a research document: run research first, or write one." }
    case "execution":
      if (documents.planning === "approved" || override?.opens === "execution") return { open: true }
      if (documents.planning === null)
        return {
          open: false,
          code: "phase.not-reached",
          message: "Execution needs an approved plan: run planning first, or record an override.",
        }
      return {
        open: false,
        code: "phase.not-approved",
        message: `The plan is ${STATE_WORDS[documents.planning]}: approve it first, or record an override.`,
      }
  }
}

const STATE_WORDS = {
  draft: "a draft",
  approval_requested: "waiting for approval",
  approved: "approved",
  rejected: "rejected",
} as const satisfies Record<DocumentState, string>

export const isAtLeast = (phase: Phase, other: Phase): boolean => PHASES.indexOf(phase) >= PHASES.indexOf(other)
/** Phases that lie before this one: from these a ticket moves here. Nothing moves back. */
export const phasesBefore = (phase: Phase): Phase[] => PHASES.filter((other) => !isAtLeast(other, phase))
/** Where the approval of a phase's document takes its ticket. */
export const PHASE_AFTER = { research: "planning", planning: "execution" } as const satisfies Record<DocumentPhase, Phase>

export interface JobFact {
  id: string
  kind: string
  terminal: boolean
}

/** The unfinished job of a later phase, under which an earlier phase's document must not change. */
export function laterUnfinished(phase: Phase, jobs: readonly JobFact[]): JobFact | null {
  const later: readonly string[] = PHASES.filter((other) => other !== phase && isAtLeast(other, phase))
  return jobs.find(({ kind, terminal }) => !terminal && later.includes(kind)) ?? null
}

export interface StatusFacts {
  resolved: boolean
  /** After its pull request was merged somebody wanted more. */
  reopened: boolean
  pullRequest: Ticket["pullRequest"]
  jobs: readonly Pick<JobFact, "terminal">[]
  documents: readonly DocumentState[]
}

/** The first that holds. `listTickets` says the same in SQL, to filter by it. */
export function statusOf({ resolved, reopened, pullRequest, jobs, documents }: StatusFacts): TicketStatus {
  if (resolved || (pullRequest?.state === "merged" && !reopened)) return "resolved"
  if (jobs.some(({ terminal }) => !terminal)) return "in_progress"
  if (pullRequest?.state === "open" || documents.includes("approval_requested")) return "in_review"
  if (jobs.length > 0 || documents.length > 0) return "in_progress"
  return "open"
}
