import { DOCUMENT_PHASES } from "#contract/tickets.ts"
import { outcomeSchema } from "#contract/worker.schema.ts"
import type { Context } from "../context.ts"
import type { EndedJob } from "../jobs/effects.ts"
import { announceTicket } from "./announce.ts"
import { agentRevisionItems } from "./document-store.ts"
import { pullRequestItem } from "./pull-request-store.ts"
import { findTicket, touchItem } from "./store.ts"
import { entryItem } from "./timeline-store.ts"

/**
 * What the end of a phase's job means for its ticket: a document's next revision, a pull request, a line in the timeline.
 * A failed job leaves phase, document and approval as they were. One batch; running it again changes nothing.
 */
export async function ticketJobEnded(context: Context, { job, spec, outcome }: EndedJob): Promise<void> {
  if (spec.subject.type !== "ticket-phase") return
  const { ticketId, phase, feedback = null } = spec.subject
  const ticket = await findTicket(context, ticketId)
  if (!ticket) return
  const documentPhase = DOCUMENT_PHASES.find((candidate) => candidate === phase)
  const content = documentPhase && job.status === "succeeded" ? documentOf(outcome) : null
  await context.db.batch([
    touchItem(context, ticket.id),
    ...(documentPhase && content !== null
      ? agentRevisionItems(context, { ticketId, phase: documentPhase, content, feedback, jobId: job.id, starterId: spec.requestedBy })
      : []),
    // Also after a failure: a pull request that exists is the ticket's, and the next run goes on with it.
    ...(job.pullRequest ? [pullRequestItem(context, ticketId, { ...job.pullRequest, branch: spec.repository.branch })] : []),
    entryItem(context, {
      ticketId,
      key: `job:${job.id}:ended`,
      act: spec.revisionOf === null ? "phase-ended" : "revision-ended",
      actor: spec.clanker.name,
      detail: {
        phase,
        ...(spec.revisionOf === null ? {} : { revisionOf: spec.revisionOf }),
        jobId: job.id,
        status: job.status,
        ...(job.failure ? { failure: job.failure.kind, message: job.failure.message } : {}),
        ...(job.pullRequest ? { pullRequest: job.pullRequest.url } : {}),
      },
    }),
  ])
  await announceTicket(context, ticket)
}

/** The document in the worker's final word; what cannot be read as one is none. */
function documentOf(outcome: string | null): string | null {
  const said = outcomeSchema.safeParse(outcome === null ? null : JSON.parse(outcome))
  return said.success && said.data.status === "succeeded" ? (said.data.document ?? null) : null
}
