import type { SQL } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Job } from "#contract/jobs.ts"
import type { Phase } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import type { ProjectRecord } from "../projects/store.ts"
import type { Actor } from "./edit.ts"
import type { RunFacts } from "./load-run.ts"
import { prepareRun } from "./prepare-run.ts"
import { startRun } from "./start-phase.ts"
import type { TicketRecord } from "./store.ts"
import type { Entry } from "./timeline-store.ts"

/** The phase that a new ticket starts with by itself: every ticket's, or one's with a label that the project names. */
export function phaseOfNew({ autoStart: { onCreate, labels } }: ProjectRecord, ticket: TicketRecord): Phase | null {
  const own = ticket.labels.map((label) => label.toLowerCase())
  return onCreate || labels.some((label) => own.includes(label.toLowerCase())) ? ticket.phase : null
}

/** The job, on the branch that it was given; or the line for the timeline that says what kept it from starting. */
export type Started = { job: Job; branch: Pick<TicketRecord, "branch" | "branchRound"> } | { job: null; refusal: Entry }

/**
 * Starts the phase that somebody's act starts by itself, in one batch with the act's own writes (`others`): neither is ever
 * there without the other. `ticket` and `facts` are as the act leaves them; `onlyIf` must hold before it. Where the start is
 * refused nothing is written: the act is the caller's to write, with the refusal.
 */
export async function startWith(
  context: Context,
  {
    user,
    ticket,
    facts,
    phase,
    ...beside
  }: { user: Actor; ticket: TicketRecord; facts: RunFacts; phase: Phase; onlyIf: SQL; others: readonly BatchItem<"sqlite">[] },
): Promise<Started> {
  try {
    const run = await prepareRun(context, ticket, facts, { user, phase, run: {} })
    const job = await startRun(context, run, beside)
    if (!job) throw new AppError("ticket.archived", "The ticket or its project was archived meanwhile.")
    const { branch, round } = run.round
    return { job, branch: phase === "execution" ? { branch, branchRound: round } : ticket }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const detail = { userId: user.id, phase, code: error.code, message: error.message }
    return { job: null, refusal: { ticketId: ticket.id, act: "start-refused", actor: user.name, detail } }
  }
}
