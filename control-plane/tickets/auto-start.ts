import type { Phase } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { findProject, type ProjectRecord } from "../projects/store.ts"
import type { Actor } from "./edit.ts"
import { startPhase } from "./start-phase.ts"
import type { TicketRecord } from "./store.ts"
import { addEntry } from "./timeline-store.ts"

/**
 * Starts a phase by itself when the project says so: a new ticket's (all of them, or those with one of its labels), and
 * execution when its plan is approved. What keeps it from starting is written into the timeline: the act that led here
 * was done, and stays done.
 */
export async function autoStart(
  context: Context,
  { user, ticket, because }: { user: Actor; ticket: TicketRecord; because: "created" | "plan-approved" },
): Promise<void> {
  const project = await findProject(context, ticket.projectId)
  const phase = project && phaseToStart(project, ticket, because)
  if (!phase) return
  try {
    await startPhase(context, { user, ticketId: ticket.id, phase, run: {} })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const detail = { userId: user.id, phase, code: error.code, message: error.message }
    await addEntry(context, { ticketId: ticket.id, act: "start-refused", actor: user.name, detail })
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
