import { and, asc, count, eq, exists, lt, sql } from "drizzle-orm"
import { ATTACHMENT_LIMITS } from "#contract/attachments.ts"
import type { Context } from "../context.ts"
import { changes, type Id } from "../db/client.ts"
import { ticketAttachments, tickets } from "./table.ts"
import { type Entry, entryItem } from "./timeline-store.ts"

export type AttachmentRecord = typeof ticketAttachments.$inferSelect

/** Oldest first; a ticket has a bounded number. */
export const attachmentsOf = ({ db }: Context, ticketId: Id) =>
  db
    .select()
    .from(ticketAttachments)
    .where(eq(ticketAttachments.ticketId, ticketId))
    .orderBy(asc(ticketAttachments.createdAt), asc(ticketAttachments.id))

export async function findAttachment({ db }: Context, ticketId: string, id: string): Promise<AttachmentRecord | null> {
  const [row] = await db
    .select()
    .from(ticketAttachments)
    .where(and(eq(ticketAttachments.ticketId, ticketId), eq(ticketAttachments.id, id)))
    .limit(1)
  return row ?? null
}

/** False when the ticket is gone meanwhile, or has as many as it may. */
export async function insertAttachment(context: Context, attachment: AttachmentRecord, entry: Entry): Promise<boolean> {
  const { db } = context
  const { id, ticketId, name, mime, size, author, authorId, createdAt } = attachment
  const mine = db.select({ id: ticketAttachments.id }).from(ticketAttachments).where(eq(ticketAttachments.id, id))
  const known = db.select({ count: count() }).from(ticketAttachments).where(eq(ticketAttachments.ticketId, ticketId))
  const present = db.select({ id: tickets.id }).from(tickets).where(eq(tickets.id, ticketId))
  const [written] = await db.batch([
    db
      .insert(ticketAttachments)
      .select(
        sql`SELECT ${id}, ${ticketId}, ${name}, ${mime}, ${size}, ${author}, ${authorId}, ${createdAt} WHERE ${and(exists(present), lt(sql`(${known})`, ATTACHMENT_LIMITS.perTicket))}`,
      ),
    entryItem(context, entry, exists(mine)),
  ])
  return changes(written) > 0
}

/** False when it was gone already. */
export async function deleteAttachment(context: Context, { id, ticketId }: AttachmentRecord, entry: Entry): Promise<boolean> {
  const { db } = context
  const which = and(eq(ticketAttachments.ticketId, ticketId), eq(ticketAttachments.id, id))
  const there = exists(db.select({ id: ticketAttachments.id }).from(ticketAttachments).where(which))
  const [, removed] = await db.batch([entryItem(context, entry, there), db.delete(ticketAttachments).where(which)])
  return changes(removed) > 0
}
