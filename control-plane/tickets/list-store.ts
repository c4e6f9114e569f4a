import { and, type AnyColumn, desc, eq, inArray, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm"
import { utf8Length } from "#contract/text.ts"
import type { Phase, Ticket, TicketStatus } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { notOf } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { belongings } from "./belongings-store.ts"
import type { TicketRecord } from "./store.ts"
import { phaseDocuments, tickets } from "./table.ts"

export interface TicketFilter {
  projectId?: string | undefined
  status?: TicketStatus | undefined
  phase?: Phase | undefined
  severity?: Ticket["severity"] | undefined
  label?: string | undefined
  q?: string | undefined
  archived?: boolean | undefined
}

/** Newest first. `q` is looked for in key, title, description and external id. */
export async function listTickets({ db, reach }: Context, filter: TicketFilter, wish: PageWish): Promise<Page<TicketRecord>> {
  const { after, order, rows: most } = newestFirst(tickets.createdAt, tickets.id, wish)
  const { projectId, status, phase, severity, label, q, archived = false } = filter
  const rows = await db
    .select()
    .from(tickets)
    .where(
      and(
        notOf(reach.hidden, tickets.projectId),
        projectId === undefined ? undefined : eq(tickets.projectId, projectId),
        phase === undefined ? undefined : eq(tickets.phase, phase),
        severity === undefined ? undefined : eq(tickets.severity, severity),
        label === undefined ? undefined : labelled(label),
        q === undefined
          ? undefined
          : or(...[tickets.key, tickets.title, tickets.description, tickets.externalId].map((column) => holds(column, q))),
        archived ? isNotNull(tickets.archivedAt) : isNull(tickets.archivedAt),
        status === undefined ? undefined : sql`${STATUS} = ${status}`,
        after,
      ),
    )
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, byCreation)
}

/** Small or capital letters are one. The text of the whole list says at once where to look; a quote inside a label could still mislead. */
const labelled = (label: string): SQL =>
  sql`(instr(lower(${tickets.labels}), lower(${JSON.stringify(label)})) > 0 AND EXISTS (SELECT 1 FROM json_each(${tickets.labels}) WHERE lower(value) = lower(${label})))`

/** D1 refuses longer patterns. */
const PATTERN_BYTES = 50

/**
 * Whether a column holds these words, in small or capital letters. `instr` decides; LIKE, which takes less than half of its
 * time, lets it look only where the words' beginning was found. A `%` or `_` among them merely lets more through.
 */
function holds(column: AnyColumn, words: string): SQL {
  const pattern = `%${beginning(words, PATTERN_BYTES - 2)}%`
  return sql`(${column} LIKE ${pattern} AND instr(lower(${column}), lower(${words})) > 0)`
}

function beginning(text: string, bytes: number): string {
  let start = ""
  for (const character of text) {
    if (utf8Length(start + character) > bytes) return start
    start += character
  }
  return start
}

// The jobs' rows are named by hand: their table belongs to their own store.
const jobExists = sql`SELECT 1 FROM jobs WHERE jobs.ticket_id = ${tickets.id}`
const documentExists = sql`SELECT 1 FROM ${phaseDocuments} WHERE ${phaseDocuments.ticketId} = ${tickets.id}`
const pullRequestState = sql`json_extract(${tickets.pullRequest}, '$.state')`
/** `statusOf` of phases.ts, in SQL. */
const STATUS = sql`CASE
  WHEN ${tickets.resolved} OR (${pullRequestState} = 'merged' AND NOT ${tickets.reopened}) THEN 'resolved'
  WHEN EXISTS (${jobExists} AND jobs.terminal = 0) THEN 'in_progress'
  WHEN ${pullRequestState} = 'open' OR EXISTS (${documentExists} AND ${phaseDocuments.state} = 'approval_requested') THEN 'in_review'
  WHEN EXISTS (${jobExists}) OR EXISTS (${documentExists}) THEN 'in_progress'
  ELSE 'open' END`

/** For questions of other rooms: the ids of archived tickets. */
export const archivedIds = sql`SELECT ${tickets.id} FROM ${tickets} WHERE ${tickets.archivedAt} IS NOT NULL`

/** Tickets whose pull request waits for a person, with what is shown with them: newest first. */
export function openPullRequestsQuery({ db, reach }: Context, limit: number) {
  const shown = db
    .select({ id: tickets.id })
    .from(tickets)
    .where(
      and(
        sql`${pullRequestState} = 'open'`,
        eq(tickets.resolved, false),
        isNull(tickets.archivedAt),
        notOf(reach.hidden, tickets.projectId),
      ),
    )
    .orderBy(desc(tickets.updatedAt))
    .limit(limit)
  // Chosen before: what is sorted would bring along what is shown of all of them.
  return db
    .select({ ticket: tickets, ...belongings })
    .from(tickets)
    .where(inArray(tickets.id, shown))
    .orderBy(desc(tickets.updatedAt))
}

/** Documents that wait for a person's word, of tickets that are still there: newest first. */
export function waitingDocumentsQuery({ db, reach }: Context, limit: number) {
  const { ticketId, phase, revision, state, updatedAt } = phaseDocuments
  const unfinished = sql`SELECT 1 FROM jobs WHERE jobs.ticket_id = ${ticketId} AND jobs.terminal = 0`
  return db
    .select({ ticketId, key: tickets.key, title: tickets.title, phase, revision })
    .from(phaseDocuments)
    .innerJoin(tickets, eq(tickets.id, ticketId))
    .where(
      and(
        sql`${state} IN ('draft', 'approval_requested')`,
        eq(tickets.phase, phase),
        eq(tickets.resolved, false),
        isNull(tickets.archivedAt),
        sql`NOT EXISTS (${unfinished})`,
        notOf(reach.hidden, tickets.projectId),
      ),
    )
    .orderBy(desc(updatedAt))
    .limit(limit)
}
