import type { Phase } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import type { ProjectRecord } from "../projects/store.ts"
import type { Actor } from "./edit.ts"
import { startPhase } from "./start-phase.ts"
import type { TicketRecord } from "./store.ts"
import { addEntry } from "./timeline-store.ts"

/**
 * Starts a phase by itself when the project says so: a new ticket's (all of them, or those with one of its labels), and
 * execution when its plan is approved. What keeps it from starting is written into the timeline: the act that led here
 * was done, and stays done. Says whether a phase was started.
 */
export async function autoStart(
  context: Context,
  {
    user,
    ticket,
    project,
    because,
  }: { user: Actor; ticket: TicketRecord; project: ProjectRecord | undefined; because: "created" | "plan-approved" },
): Promise<boolean> {
  const phase = project && phaseToStart(project, ticket, because)
  if (!phase) return false
  try {
    await startPhase(context, { user, ticketId: ticket.id, phase, run: {} })
    return true
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const detail = { userId: user.id, phase, code: error.code, message: error.message }
    await addEntry(context, { ticketId: ticket.id, act: "start-refused", actor: user.name, detail })
    return false
  }
}

function phaseToStart(
  { autoStart: { onCreate, labels, onApproval } }: ProjectRecord,
  ticket: TicketRecord,
  because: "created" | "plan-approved",
): Phase | null {
  if (because === "plan-approved") return onApproval ? "execution" : null
  const own = ticket.labels.map((label) => label.toLowerCase())
  return onCreate || labels.some((label) => own.includes(label.toLowerCase())) ? ticket.phase : null
}
