import { COMMENT_LIMITS, type DocumentComment, type DocumentPhase } from "#contract/tickets.ts"
import { type Context, iso } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import { announceTicket } from "./announce.ts"
import {
  type CommentRecord,
  commentQuery,
  deleteComment,
  insertComment,
  listComments,
  openCount,
  setCommentBody,
  setCommentStatus,
} from "./comment-store.ts"
import { anchorOf } from "./comments.ts"
import { existingDocument, type Place, present } from "./document-edit.ts"
import { headQuery } from "./document-store.ts"
import { type Actor, reached, refuseArchived } from "./edit.ts"
import { idOfTicket, ticketQuery, type TicketRecord } from "./store.ts"
import type { Entry } from "./timeline-store.ts"

interface Remark {
  revision: number
  line: number
  body: string
}

/** A remark on a line of the current revision. Throws `comment.not-current` for any other. */
export async function addComment(
  context: Context,
  { user, ticket, phase, remark: { revision, line, body } }: Place & { user: Actor; remark: Remark },
): Promise<DocumentComment> {
  refuseArchived(ticket)
  const document = await existingDocument(context, { ticket, phase })
  if (revision !== document.revision) throw notCurrent(revision, document.revision)
  const anchor = anchorOf(document.content, line)
  if (!anchor.ok) throw invalid("line", anchor.message)
  const at = context.now()
  const comment: CommentRecord = {
    ...{ id: context.newId("comment"), ticketId: ticket.id, phase, revision, line, quote: anchor.quote, body },
    ...{ status: "open", author: user.name, authorId: user.id, resolvedBy: null, createdAt: at, updatedAt: at },
  }
  if (!(await insertComment(context, comment, entryOf("comment-added", user, comment))))
    throw await whyNot(context, { ticket, phase }, revision)
  await announceTicket(context, ticket)
  return toComment(comment, document.revision)
}

export async function pageOfComments(
  context: Context,
  { ticket, phase, status }: Place & { status?: DocumentComment["status"] | undefined },
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: DocumentComment[]; nextCursor: string | null }> {
  const [{ revision }, { items, nextCursor }] = await Promise.all([
    existingDocument(context, { ticket, phase }),
    listComments(context, { ticketId: ticket.id, phase, status }, page),
  ])
  return { items: items.map((comment) => toComment(comment, revision)), nextCursor }
}

interface Sought {
  user: Actor
  ticketId: string
  phase: DocumentPhase
  id: string
}

/** Resolves a comment or opens it again, whatever revision it was written on. */
export async function markComment(context: Context, sought: Sought, status: DocumentComment["status"]): Promise<DocumentComment> {
  const { user } = sought
  const { ticket, revision, comment, open } = await loadComment(context, sought)
  if (comment.status === status) return toComment(comment, revision)
  if (status === "open") refuseTooMany(open)
  const resolvedBy = status === "resolved" ? user.name : null
  const entry = entryOf(status === "resolved" ? "comment-resolved" : "comment-reopened", user, comment)
  if (await setCommentStatus(context, comment, { status, resolvedBy, entry })) await announceTicket(context, ticket)
  return toComment({ ...comment, status, resolvedBy }, revision)
}

/** Other words for a comment, by whoever wrote it. */
export async function rewordComment(context: Context, sought: Sought, body: string): Promise<DocumentComment> {
  const { ticket, revision, comment } = await loadComment(context, sought)
  refuseOthers(sought.user, comment)
  if (comment.body === body) return toComment(comment, revision)
  if (!(await setCommentBody(context, comment, body, entryOf("comment-edited", sought.user, comment)))) throw notFound("comment")
  await announceTicket(context, ticket)
  return toComment({ ...comment, body }, revision)
}

/** By whoever wrote it. That there was one stays in the timeline. */
export async function removeComment(context: Context, sought: Sought): Promise<void> {
  const { ticket, comment } = await loadComment(context, sought)
  refuseOthers(sought.user, comment)
  if (await deleteComment(context, comment, entryOf("comment-deleted", sought.user, comment))) await announceTicket(context, ticket)
}

/** A comment of a ticket that is not archived. */
async function loadComment(context: Context, { ticketId, phase, id }: Sought) {
  const address = { ticketId: idOfTicket(ticketId), phase }
  const [[found], [document], [comment], open] = await context.db.batch([
    ticketQuery(context, ticketId),
    headQuery(context, address),
    commentQuery(context, address, id),
    openCount(context, address),
  ])
  const ticket = reached(context, found)
  refuseArchived(ticket)
  const { revision } = present(document, phase)
  if (!comment) throw notFound("comment")
  return { ticket, revision, comment, open }
}

function refuseOthers(user: Actor, { author, authorId }: CommentRecord): void {
  if (user.id !== authorId) throw new AppError("auth.forbidden", `Only ${author}, who wrote this comment, may change or delete it.`)
}

async function whyNot(context: Context, place: { ticket: TicketRecord; phase: DocumentPhase }, revision: number): Promise<AppError> {
  refuseTooMany(await openCount(context, { ticketId: place.ticket.id, phase: place.phase }))
  return notCurrent(revision, (await existingDocument(context, place)).revision)
}

function refuseTooMany([open]: readonly { count: number }[]): void {
  const limit = COMMENT_LIMITS.openPerDocument
  if ((open?.count ?? 0) >= limit)
    throw new AppError("comment.too-many", `A document may have ${limit} open comments: resolve some first.`, { limit })
}

const notCurrent = (revision: number, current: number) =>
  new AppError("comment.not-current", `revision ${revision} is not the current one: the document is at revision ${current}.`, {
    revision: current,
    fields: { revision: "is not the current one" },
  })

function toComment(
  { id, revision, line, quote, body, status, author, authorId, resolvedBy, createdAt }: CommentRecord,
  current: number,
): DocumentComment {
  return {
    ...{ id, revision, line, quote, body, status, author, authorId, createdAt: iso(createdAt), outdated: revision !== current },
    ...(resolvedBy === null ? {} : { resolvedBy }),
  }
}

const entryOf = (act: Entry["act"], user: Actor, { id, ticketId, phase, revision, line }: CommentRecord): Entry => ({
  ...{ ticketId, act, actor: user.name },
  detail: { userId: user.id, phase, revision, line, commentId: id },
})
