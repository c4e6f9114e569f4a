import { and, asc, eq, exists, inArray, isNull, ne, or, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Context } from "../context.ts"
import { changes, inList } from "../db/client.ts"
import type { TicketRecord } from "./store.ts"
import { tickets } from "./table.ts"
import { type Entry, entryItem } from "./timeline-store.ts"

/** In place of the branch that was read; nobody else's is overwritten. */
export const branchItem = (
  { db, now }: Context,
  { id, branch: read }: Pick<TicketRecord, "id" | "branch">,
  { branch, round }: { branch: string; round: number },
): BatchItem<"sqlite"> =>
  db
    .update(tickets)
    .set({ branch, branchRound: round, updatedAt: now() })
    .where(and(eq(tickets.id, id), read === null ? isNull(tickets.branch) : eq(tickets.branch, read)))

const pullRequestUrl = sql`(${tickets.pullRequest} ->> '$.url')`

/** A new pull request of the ticket. A repeat about the same one changes nothing: it may have been merged meanwhile. */
export const pullRequestItem = (
  { db, now }: Context,
  id: string,
  { url, number, branch }: { url: string; number: number; branch: string },
): BatchItem<"sqlite"> =>
  db
    .update(tickets)
    .set({ pullRequest: { url, number, branch, state: "open" }, reopened: false, updatedAt: now() })
    .where(and(eq(tickets.id, id), or(isNull(tickets.pullRequest), sql`${pullRequestUrl} <> ${url}`)))

export async function findByPullRequest({ db }: Context, url: string): Promise<TicketRecord | null> {
  const [row] = await db
    .select()
    .from(tickets)
    // Word for word as in the index, without the table's name.
    .where(sql`(pull_request ->> '$.url') = ${url}`)
    .limit(1)
  return row ?? null
}

/** Word for word as in the index, without the table's name. */
const isOpen = sql`(pull_request ->> '$.state') = 'open'`

/** Open pull requests that nobody has asked about since `before`, the longest unseen first; they count as asked about `at`. */
export function takeUnseenPullRequests({ db }: Context, { at, before, limit }: { at: number; before: number; limit: number }) {
  const unseen = sql`${isOpen} AND (pull_request_seen_at IS NULL OR pull_request_seen_at < ${before})`
  return db
    .update(tickets)
    .set({ pullRequestSeenAt: at })
    .where(
      inArray(tickets.id, db.select({ id: tickets.id }).from(tickets).where(unseen).orderBy(asc(tickets.pullRequestSeenAt)).limit(limit)),
    )
    .returning({ projectId: tickets.projectId, pullRequest: tickets.pullRequest })
}

/** Selects the projects of those that were asked about `at`. */
export const projectsSeenAt = (at: number): SQL => sql`SELECT project_id FROM ${tickets} WHERE ${isOpen} AND pull_request_seen_at = ${at}`

/** False when it has moved on since it was read. */
export async function setPullRequest(
  context: Context,
  { id, pullRequest: read }: TicketRecord,
  { pullRequest, entry }: { pullRequest: NonNullable<TicketRecord["pullRequest"]>; entry: Entry },
): Promise<boolean> {
  const { db, now } = context
  const is = (value: TicketRecord["pullRequest"]) => and(eq(tickets.id, id), sql`${tickets.pullRequest} = ${JSON.stringify(value)}`)
  const [written] = await db.batch([
    db.update(tickets).set({ pullRequest, reopened: false, updatedAt: now() }).where(is(read)),
    entryItem(context, entry, exists(db.select({ id: tickets.id }).from(tickets).where(is(pullRequest)))),
  ])
  return changes(written) > 0
}

/** Those of the names that are other tickets' branches in this project. */
export async function takenBranches(
  { db }: Context,
  { projectId, ticketId, names }: { projectId: string; ticketId: string; names: readonly string[] },
): Promise<string[]> {
  const rows = await db
    .select({ branch: tickets.branch })
    .from(tickets)
    .where(and(eq(tickets.projectId, projectId), inList(tickets.branch, names), ne(tickets.id, ticketId)))
  return rows.flatMap(({ branch }) => branch ?? [])
}
