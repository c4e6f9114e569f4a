import type { Ticket, TimelineAct } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { announceTicket } from "./announce.ts"
import { findByPullRequest, setPullRequest } from "./pull-request-store.ts"
import type { TicketRecord } from "./store.ts"

type State = NonNullable<Ticket["pullRequest"]>["state"]

const ACTS = {
  open: "pull-request-reopened",
  merged: "pull-request-merged",
  closed: "pull-request-closed",
} as const satisfies Record<State, TimelineAct>

/**
 * The forge says what became of a pull request: a merge resolves its ticket, and after a merge or a close the next execution
 * gets a branch of its own. Null when it is no ticket's; a repeat changes nothing.
 */
export async function pullRequestMoved(
  context: Context,
  { url, state, actor }: { url: string; state: State; actor: string },
): Promise<TicketRecord | null> {
  const ticket = await findByPullRequest(context, url)
  if (!ticket?.pullRequest || ticket.pullRequest.state === state) return ticket
  const pullRequest = { ...ticket.pullRequest, state }
  const entry = { ticketId: ticket.id, act: ACTS[state], actor, detail: { pullRequest: url } }
  if (await setPullRequest(context, ticket, { pullRequest, entry })) await announceTicket(context, ticket)
  return { ...ticket, pullRequest }
}
