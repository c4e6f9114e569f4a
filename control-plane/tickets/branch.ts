import type { Phase } from "#contract/tickets.ts"
import type { ServingClanker } from "../clankers/serving-store.ts"
import { type Context, iso } from "../context.ts"
import { renderBranch } from "../projects/branch-name.ts"
import type { ProjectRecord } from "../projects/store.ts"
import { isOver, nextRounds, type Round } from "./branch-rounds.ts"
import { takenBranches } from "./pull-request-store.ts"
import type { TicketRecord } from "./store.ts"

export interface BranchFacts {
  ticket: TicketRecord
  project: ProjectRecord
  clanker: ServingClanker
  phase: Phase
  jobId: string
}

/**
 * The ticket's own branch as long as its pull request is not merged or closed. Otherwise an execution makes the next one, and
 * a document is written on the base branch.
 */
export async function branchOf(context: Context, facts: BranchFacts): Promise<Round> {
  const { ticket, project, phase } = facts
  const { branch, branchRound: round, pullRequest } = ticket
  if (branch !== null && !isOver(branch, pullRequest)) return { branch, round }
  if (phase !== "execution") return { branch: project.baseBranch, round }
  return firstFree(context, ticket, branch === null ? firstNames(facts, context.now()) : nextRounds({ branch, round }))
}

/** A template without the ticket's key may name a branch that another ticket has: then the number tells them apart. */
function firstNames({ ticket, project, clanker, phase, jobId }: BranchFacts, now: number): Round[] {
  const values = {
    ticket: ticket.key,
    original_ticket: ticket.externalId ?? ticket.key,
    clanker: clanker.slug,
    phase,
    date: iso(now).slice(0, 10),
    job: jobId.slice(-8),
  }
  const branch = renderBranch(project.branchNameTemplate, values, [project.baseBranch, project.pullRequestBaseBranch ?? project.baseBranch])
  return [branch, `${branch}-${ticket.number}`].map((name) => ({ branch: name, round: 1 }))
}

async function firstFree(context: Context, ticket: TicketRecord, rounds: readonly Round[]): Promise<Round> {
  const names = rounds.map(({ branch }) => branch)
  const taken = await takenBranches(context, { projectId: ticket.projectId, ticketId: ticket.id, names })
  const free = rounds.find(({ branch }) => !taken.includes(branch)) ?? rounds.at(-1)
  if (!free) throw new Error("a branch has no next name")
  return free
}
