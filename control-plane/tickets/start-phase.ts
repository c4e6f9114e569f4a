import type { SQL } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Job } from "#contract/jobs.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { startJob } from "../jobs/start.ts"
import { announceTicket } from "./announce.ts"
import { existingTicket, reached, refuseArchived } from "./edit.ts"
import { loadRun } from "./load-run.ts"
import { type Order, type PreparedRun, prepareRun } from "./prepare-run.ts"
import { branchItem } from "./pull-request-store.ts"
import { isOpenTicket, moveItem } from "./store.ts"
import { entryItem } from "./timeline-store.ts"

/** Starts a phase of a ticket, or the revision of its document, by the ticket's id or key: every gate, then one job. Throws with the code of the first gate that is shut. */
export async function startPhase(context: Context, { ticketId, ...order }: Order & { ticketId: string }): Promise<Job> {
  const { phase, run, revise } = order
  const { ticket: found, facts } = await loadRun(context, { ticketId, phase, clankerId: run.clankerId, revises: revise !== undefined })
  const ticket = reached(context, found)
  const job = await startRun(context, await prepareRun(context, ticket, facts, order), { onlyIf: isOpenTicket(ticket.id) })
  if (!job) throw await whyShut(context, ticket.id)
  await announceTicket(context, ticket)
  return job
}

/** Writes a run that was prepared, in one batch with `others`, and starts it. Null, and nothing is written, where `onlyIf` does not hold. */
export const startRun = (
  context: Context,
  { jobId, spec, ticket, phase, round, entry }: PreparedRun,
  { onlyIf, others = [] }: { onlyIf: SQL; others?: readonly BatchItem<"sqlite">[] },
): Promise<Job | null> =>
  startJob(
    context,
    { id: jobId, spec, exclusive: `ticket:${ticket.id}:${phase}`, ticketId: ticket.id },
    {
      onlyIf,
      others: [
        ...others,
        moveItem(context, ticket.id, phase),
        ...(phase === "execution" ? [branchItem(context, ticket, round)] : []),
        entryItem(context, entry),
      ],
    },
  )

/** What came between the look at a ticket and its run. */
async function whyShut(context: Context, ticketId: string): Promise<AppError> {
  refuseArchived(await existingTicket(context, ticketId))
  return new AppError("project.archived", "The project of this ticket was archived meanwhile: take it out of the archive first.")
}
