import { and, count, desc, eq, exists, lt, ne, sql } from "drizzle-orm"
import { COMMENT_LIMITS, type DocumentComment, type DocumentPhase, type Phase } from "#contract/tickets.ts"
import type { Context } from "../context.ts"
import { changes, type Id } from "../db/client.ts"
import { byCreation, newestFirst, type Page, pageOf, type PageWish } from "../db/page.ts"
import { documentComments, phaseDocuments } from "./table.ts"
import { type Entry, entryItem } from "./timeline-store.ts"

export type CommentRecord = typeof documentComments.$inferSelect
type Status = DocumentComment["status"]
interface Address {
  ticketId: string
  phase: DocumentPhase
}
type Sought = { ticketId: Id; phase: DocumentPhase }

/** False when the document has moved on meanwhile, or has as many open comments as it may. */
export async function insertComment(context: Context, comment: CommentRecord, entry: Entry): Promise<boolean> {
  const { db } = context
  const { id, ticketId, phase, revision, line, quote, body, status, author, authorId, resolvedBy, createdAt, updatedAt } = comment
  const current = db
    .select({ phase: phaseDocuments.phase })
    .from(phaseDocuments)
    .where(and(eq(phaseDocuments.ticketId, ticketId), eq(phaseDocuments.phase, phase), eq(phaseDocuments.revision, revision)))
  const open = openCount(context, { ticketId, phase })
  const mine = db.select({ id: documentComments.id }).from(documentComments).where(eq(documentComments.id, id))
  const [written] = await db.batch([
    db
      .insert(documentComments)
      .select(
        sql`SELECT ${id}, ${ticketId}, ${phase}, ${revision}, ${line}, ${quote}, ${body}, ${status}, ${author}, ${authorId}, ${resolvedBy}, ${createdAt}, ${updatedAt} WHERE ${and(exists(current), lt(sql`(${open})`, COMMENT_LIMITS.openPerDocument))}`,
      ),
    entryItem(context, entry, exists(mine)),
  ])
  return changes(written) > 0
}

export const commentQuery = ({ db }: Context, address: Sought, id: string) =>
  db
    .select()
    .from(documentComments)
    .where(and(ofDocument(address), eq(documentComments.id, id)))
    .limit(1)

export const openCount = ({ db }: Context, address: Sought) =>
  db
    .select({ count: count() })
    .from(documentComments)
    .where(and(ofDocument(address), eq(documentComments.status, "open")))

/** Newest first. */
export async function listComments(
  { db }: Context,
  address: Address & { status?: Status | undefined },
  wish: PageWish,
): Promise<Page<CommentRecord>> {
  const { id, status, createdAt } = documentComments
  const { after, order, rows: most } = newestFirst(createdAt, id, wish)
  const rows = await db
    .select()
    .from(documentComments)
    .where(and(ofDocument(address), address.status && eq(status, address.status), after))
    .orderBy(...order)
    .limit(most)
  return pageOf(rows, wish.limit, byCreation)
}

/** All that a reviser has to meet; none where no document is meant. */
export const openComments = ({ db }: Context, { ticketId, phase }: { ticketId: Id; phase: Phase | null }) =>
  db
    .select()
    .from(documentComments)
    .where(and(eq(documentComments.ticketId, ticketId), sql`${documentComments.phase} = ${phase}`, eq(documentComments.status, "open")))
    .orderBy(desc(documentComments.createdAt))
    .limit(COMMENT_LIMITS.openPerDocument)

/** False when it was so already. */
export async function setCommentStatus(
  context: Context,
  { id, updatedAt: read }: CommentRecord,
  { status, resolvedBy, entry }: { status: Status; resolvedBy: string | null; entry: Entry },
): Promise<boolean> {
  const { db, now } = context
  // Strictly later than what was read, so that the entry can tell this write from any other.
  const updatedAt = Math.max(now(), read + 1)
  const mine = db
    .select({ id: documentComments.id })
    .from(documentComments)
    .where(and(eq(documentComments.id, id), eq(documentComments.updatedAt, updatedAt), eq(documentComments.status, status)))
  const [written] = await db.batch([
    db
      .update(documentComments)
      .set({ status, resolvedBy, updatedAt })
      .where(and(eq(documentComments.id, id), ne(documentComments.status, status))),
    entryItem(context, entry, exists(mine)),
  ])
  return changes(written) > 0
}

/** False when it is gone. */
export async function setCommentBody(
  context: Context,
  { id, updatedAt: read }: CommentRecord,
  body: string,
  entry: Entry,
): Promise<boolean> {
  const { db, now } = context
  const one = eq(documentComments.id, id)
  const [written] = await db.batch([
    db
      .update(documentComments)
      .set({ body, updatedAt: Math.max(now(), read + 1) })
      .where(one),
    entryItem(context, entry, exists(db.select({ id: documentComments.id }).from(documentComments).where(one))),
  ])
  return changes(written) > 0
}

/** False when it was gone already. */
export async function deleteComment(context: Context, { id }: CommentRecord, entry: Entry): Promise<boolean> {
  const { db } = context
  const one = eq(documentComments.id, id)
  const there = exists(db.select({ id: documentComments.id }).from(documentComments).where(one))
  const [, removed] = await db.batch([entryItem(context, entry, there), db.delete(documentComments).where(one)])
  return changes(removed) > 0
}

const ofDocument = ({ ticketId, phase }: Sought) => and(eq(documentComments.ticketId, ticketId), eq(documentComments.phase, phase))
