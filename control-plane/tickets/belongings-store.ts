import { sql } from "drizzle-orm"
import type { Attachment } from "#contract/attachments.ts"
import type { DocumentPhase, DocumentState } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { inList } from "../db/client.ts"
import type { JobFact } from "./phases.ts"
import { phaseDocuments, ticketAttachments, tickets } from "./table.ts"

/** What is shown with a ticket and lies in rows of its own. */
export interface Belongings {
  documents: readonly { phase: DocumentPhase; state: DocumentState }[]
  /** The newest job of each kind, `terminal` when none of that kind is unfinished. */
  jobs: readonly JobFact[]
  /** Oldest first; `createdAt` in milliseconds. */
  attachments: readonly (Omit<Attachment, "createdAt"> & { createdAt: number })[]
}

const documents = sql`SELECT json_group_array(json_object('phase', ${phaseDocuments.phase}, 'state', ${phaseDocuments.state}))
  FROM ${phaseDocuments} WHERE ${phaseDocuments.ticketId} = ${tickets.id}`
// The jobs' rows are named by hand: their table belongs to their own store. SQLite takes the id from the row that has the maximum.
const jobs = sql`SELECT json_group_array(json_object('id', id, 'kind', kind, 'terminal', json(iif(unfinished, 'false', 'true'))))
  FROM (SELECT id, kind, SUM(terminal = 0) AS unfinished, MAX(created_at) FROM jobs WHERE jobs.ticket_id = ${tickets.id} GROUP BY kind)`
const attachments = sql`SELECT json_group_array(json_object('id', id, 'name', name, 'mime', mime, 'size', size, 'author', author, 'createdAt', created_at))
  FROM (SELECT * FROM ${ticketAttachments} WHERE ${ticketAttachments.ticketId} = ${tickets.id} ORDER BY created_at, ${ticketAttachments.id})`

/** To be selected beside tickets: no question of its own. */
export const belongings = {
  documents: sql<Belongings["documents"]>`(${documents})`.mapWith(JSON.parse),
  jobs: sql<Belongings["jobs"]>`(${jobs})`.mapWith(JSON.parse),
  attachments: sql<Belongings["attachments"]>`(${attachments})`.mapWith(JSON.parse),
}

/** One query, however many tickets. */
export async function belongingsOf({ db }: Context, ticketIds: readonly string[]): Promise<Map<string, Belongings>> {
  const rows = await db
    .select({ id: tickets.id, ...belongings })
    .from(tickets)
    .where(inList(tickets.id, ticketIds))
  return new Map(rows.map(({ id, ...own }) => [id, own]))
}
