// PURE: the names of a ticket's further branches. The first keeps its name; each time its pull request was merged or closed, the next gets the next number.
import { utf8Length } from "#contract/text.ts"
import type { Ticket } from "#contract/tickets.ts"

/** What forges and file systems take without trouble. */
const BRANCH_BYTES = 200
/** Names that are tried at once; the first that is free is taken. */
const CANDIDATES = 20

export interface Round {
  branch: string
  round: number
}

/** Whether work on this branch is over: its own pull request was merged or closed. */
export function isOver(branch: string, pullRequest: (NonNullable<Ticket["pullRequest"]> & { branch?: string }) | null): boolean {
  return pullRequest !== null && pullRequest.state !== "open" && (pullRequest.branch ?? branch) === branch
}

export function nextRounds({ branch, round }: Round): Round[] {
  const first = round > 1 && branch.endsWith(`-${round}`) ? branch.slice(0, -`-${round}`.length) : branch
  return Array.from({ length: CANDIDATES }, (_, index) => {
    const next = round + index + 1
    return { round: next, branch: `${cut(first, BRANCH_BYTES - utf8Length(`-${next}`))}-${next}` }
  })
}

function cut(text: string, bytes: number): string {
  let kept = text
  while (utf8Length(kept) > bytes) kept = Array.from(kept).slice(0, -1).join("")
  return kept
}
