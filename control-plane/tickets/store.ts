import { and, eq, inArray, isNull, or, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { Phase } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { changes, inList, listed } from "../db/client.ts"
import { isAtWork } from "../jobs/store.ts"
import { isOpen } from "../projects/store.ts"
import { type Belongings, belongings } from "./belongings-store.ts"
import { phasesBefore } from "./phases.ts"
import { documentComments, documentRevisions, phaseDocuments, ticketAttachments, tickets, ticketTimeline } from "./table.ts"
import { entriesItem, type Entry, entryItem } from "./timeline-store.ts"

export type TicketRecord = typeof tickets.$inferSelect
export type WholeTicket = { ticket: TicketRecord } & Belongings
type Later =
  | "branch"
  | "branchRound"
  | "pullRequest"
  | "pullRequestSeenAt"
  | "resolved"
  | "reopened"
  | "archivedAt"
  | "createdAt"
  | "updatedAt"
export type NewTicket = Omit<TicketRecord, Later>
export type TicketChange = Partial<
  Pick<TicketRecord, "title" | "description" | "severity" | "category" | "labels" | "resolved" | "reopened" | "externalUrl" | "archivedAt">
>

const named = (idOrKey: string) => or(eq(tickets.id, idOrKey), eq(tickets.key, idOrKey))
export const ticketQuery = ({ db }: Context, idOrKey: string) => db.select().from(tickets).where(named(idOrKey)).limit(1)
/** For what is asked in one batch with the ticket. */
export const idOfTicket = (idOrKey: string): SQL => sql`(SELECT ${tickets.id} FROM ${tickets} WHERE ${named(idOrKey)})`
export const projectOfTicket = (idOrKey: string): SQL => sql`(SELECT ${tickets.projectId} FROM ${tickets} WHERE ${named(idOrKey)})`

export async function findTicket(context: Context, idOrKey: string): Promise<TicketRecord | null> {
  const [row] = await ticketQuery(context, idOrKey)
  return row ?? null
}

/** By ids or keys, with what is shown with them; what names no ticket is left out. */
export const findTickets = ({ db }: Context, idsOrKeys: readonly string[]): Promise<WholeTicket[]> =>
  db
    .select({ ticket: tickets, ...belongings })
    .from(tickets)
    .where(or(inList(tickets.id, idsOrKeys), inList(tickets.key, idsOrKeys)))

export const ticketNames = ({ db }: Context, ids: SQL) =>
  db
    .select({ id: tickets.id, key: tickets.key, title: tickets.title })
    .from(tickets)
    .where(sql`${tickets.id} IN (${ids})`)

/** A ticket by what another system calls it. */
export type External = Pick<TicketRecord, "projectId" | "source" | "externalId">
/** Null names none. */
const called = ({ projectId, source, externalId }: External) =>
  and(eq(tickets.projectId, projectId), eq(tickets.source, source), sql`${tickets.externalId} = ${externalId}`)
export const externalQuery = ({ db }: Context, external: External) => db.select().from(tickets).where(called(external)).limit(1)
export const isUnknown = (external: External): SQL => sql`NOT EXISTS (SELECT 1 FROM ${tickets} WHERE ${called(external)})`

/** A ticket that is there and not archived, in a project that is not: what a run needs, decided in its own write. */
export const isOpenTicket = (id: string): SQL =>
  sql`EXISTS (SELECT 1 FROM ${tickets} WHERE ${tickets.id} = ${id} AND ${tickets.archivedAt} IS NULL AND ${isOpen(sql`${tickets.projectId}`)})`

export const newRecord = (ticket: NewTicket, at: number): TicketRecord => ({
  ...ticket,
  branch: null,
  branchRound: 1,
  pullRequest: null,
  pullRequestSeenAt: null,
  resolved: false,
  reopened: false,
  archivedAt: null,
  createdAt: at,
  updatedAt: at,
})

/** A broken unique index throws: somebody wrote the same external ticket at the same time. */
export const newTicketItem = ({ db }: Context, ticket: TicketRecord) => db.insert(tickets).values(ticket)

/** Null when the ticket is gone, or would be archived while something is at work on it. */
export async function updateTicket(
  context: Context,
  id: string,
  change: TicketChange,
  entries: readonly Entry[],
): Promise<TicketRecord | null> {
  const { db, now } = context
  const quiet = change.archivedAt ? sql`NOT ${isAtWork(sql`${id}`)}` : sql`1 = 1`
  const update = db
    .update(tickets)
    .set({ ...change, updatedAt: now() })
    .where(and(eq(tickets.id, id), quiet))
    .returning()
  const [rows] = await db.batch([update, ...entries.map((entry) => entryItem(context, entry, quiet))])
  return rows[0] ?? null
}

/** Null brings them back. Answers with those that are still there, with none when they would be archived while something is at work on one of them. */
export async function setArchived(
  context: Context,
  { ids, archivedAt, entry }: { ids: readonly string[]; archivedAt: number | null; entry: Pick<Entry, "act" | "actor" | "detail"> },
): Promise<TicketRecord[]> {
  const { db, now } = context
  const quiet = archivedAt === null ? sql`1 = 1` : sql`NOT ${isAtWork(listed(ids))}`
  const [written] = await db.batch([
    db
      .update(tickets)
      .set({ archivedAt, updatedAt: now() })
      .where(and(inList(tickets.id, ids), quiet))
      .returning(),
    entriesItem(context, ids, entry, quiet),
  ])
  return written
}

/** False when execution was opened before: a reason stands as it was given. */
export async function setOverride(
  context: Context,
  id: string,
  override: NonNullable<TicketRecord["override"]>,
  entry: Entry,
): Promise<boolean> {
  const { db, now } = context
  const unopened = or(isNull(tickets.override), sql`json_extract(${tickets.override}, '$.opens') <> 'execution'`)
  const mine = sql`EXISTS (SELECT 1 FROM ${tickets} WHERE ${tickets.id} = ${id} AND ${tickets.override} = ${JSON.stringify(override)})`
  const [written] = await db.batch([
    db
      .update(tickets)
      .set({ override, updatedAt: now() })
      .where(and(eq(tickets.id, id), unopened)),
    entryItem(context, entry, mine),
  ])
  return changes(written) > 0
}

/** Forward only: from a later phase this does nothing. */
export function moveItem({ db, now }: Context, id: string, to: Phase, onlyIf?: SQL): BatchItem<"sqlite"> {
  return db
    .update(tickets)
    .set({ phase: to, updatedAt: now() })
    .where(and(eq(tickets.id, id), inArray(tickets.phase, phasesBefore(to)), onlyIf))
}

export const touchItem = ({ db, now }: Context, id: string): BatchItem<"sqlite"> =>
  db.update(tickets).set({ updatedAt: now() }).where(eq(tickets.id, id))

/** A ticket, or all of a project, with everything that is theirs. */
export function removalOfTickets(
  { db }: Context,
  which: { id: string } | { projectId: string },
): [BatchItem<"sqlite">, ...BatchItem<"sqlite">[]] {
  const doomed = "id" in which ? eq(tickets.id, which.id) : eq(tickets.projectId, which.projectId)
  const ids = db.select({ id: tickets.id }).from(tickets).where(doomed)
  return [
    db.delete(ticketAttachments).where(inArray(ticketAttachments.ticketId, ids)),
    db.delete(documentComments).where(inArray(documentComments.ticketId, ids)),
    db.delete(documentRevisions).where(inArray(documentRevisions.ticketId, ids)),
    db.delete(phaseDocuments).where(inArray(phaseDocuments.ticketId, ids)),
    db.delete(ticketTimeline).where(inArray(ticketTimeline.ticketId, ids)),
    db.delete(tickets).where(doomed),
  ]
}

export async function removeTicket(context: Context, id: string): Promise<void> {
  await context.db.batch(removalOfTickets(context, { id }))
}
