import { z } from "zod"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { commentCreateSchema, commentPatchSchema, commentSchema } from "#contract/tickets.schema.ts"
import { COMMENT_STATUSES, DOCUMENT_PHASES } from "#contract/tickets.ts"
import { type App, route } from "../http/route.ts"
import { addComment, markComment, pageOfComments, removeComment, rewordComment } from "./comment-edit.ts"
import { existingTicket } from "./edit.ts"

const params = { id: z.string().max(100), phase: z.enum(DOCUMENT_PHASES) }
const all = "/api/tickets/:id/phases/:phase/document/comments"

export function mountComments(app: App): void {
  route(
    app,
    {
      method: "post",
      path: all,
      caller: "write",
      summary: "Comment on a line of the current revision",
      params,
      body: commentCreateSchema,
      reply: commentSchema,
      status: 201,
      creates: true,
    },
    async ({ context, caller, params: { id, phase }, body }) => ({
      body: await addComment(context, { user: caller, ticket: await existingTicket(context, id), phase, remark: body }),
    }),
  )

  route(
    app,
    {
      method: "get",
      path: all,
      caller: "read",
      summary: "List the comments on a document's lines",
      params,
      query: { ...pageQuery, status: z.enum(COMMENT_STATUSES).optional() },
      reply: pageOf(commentSchema),
    },
    async ({ context, params: { id, phase }, query: { status, ...page } }) => ({
      body: await pageOfComments(context, { ticket: await existingTicket(context, id), phase, status }, page),
    }),
  )

  route(
    app,
    {
      method: "patch",
      path: `${all}/:commentId`,
      caller: "write",
      summary: "Resolve a comment or open it again, or give one's own other words",
      params: { ...params, commentId: z.string().max(100) },
      body: commentPatchSchema,
      reply: commentSchema,
    },
    async ({ context, caller, params: { id, phase, commentId }, body: { status, body = "" } }) => {
      const sought = { user: caller, ticketId: id, phase, id: commentId }
      return { body: status ? await markComment(context, sought, status) : await rewordComment(context, sought, body) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: `${all}/:commentId`,
      caller: "write",
      summary: "Delete one's own comment",
      params: { ...params, commentId: z.string().max(100) },
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, caller, params: { id, phase, commentId } }) => {
      await removeComment(context, { user: caller, ticketId: id, phase, id: commentId })
      return { body: undefined }
    },
  )
}
