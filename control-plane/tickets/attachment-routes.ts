import { z } from "zod"
import { ATTACHMENT_LIMITS } from "#contract/attachments.ts"
import { attachmentSchema } from "#contract/attachments.schema.ts"
import { pageOf } from "#contract/lists.schema.ts"
import { enter } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { addAttachment, removeAttachment, serveAttachment } from "./attachments.ts"
import { attachmentsOf } from "./attachment-store.ts"
import { existingTicket } from "./edit.ts"
import { toAttachment } from "./reply.ts"

/** A file is the platform's own thing, which the contract does not know. */
const form = z.strictObject({ file: z.instanceof(File, { error: "is required, as a file" }) })
const params = { id: z.string().max(100) }
const all = "/api/tickets/:id/attachments"
const one = `${all}/:attachmentId`

export function mountAttachments(app: App): void {
  route(
    app,
    {
      method: "post",
      path: all,
      caller: "write",
      summary: "Attach a picture or a video",
      params,
      body: form,
      bodyLimit: ATTACHMENT_LIMITS.bodyBytes,
      form: true,
      reply: attachmentSchema,
      status: 201,
      creates: true,
    },
    async ({ context, caller, params: { id }, body: { file } }) => ({
      body: toAttachment(await addAttachment(context, { user: caller, ticket: await existingTicket(context, id), file })),
    }),
  )

  route(
    app,
    {
      method: "get",
      path: all,
      caller: "read",
      summary: "List a ticket's attachments, oldest first",
      params,
      reply: pageOf(attachmentSchema),
    },
    async ({ context, params: { id } }) => {
      const attachments = await attachmentsOf(context, (await existingTicket(context, id)).id)
      return { body: { items: attachments.map(toAttachment), nextCursor: null } }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Remove an attachment",
      params: { ...params, attachmentId: z.string().max(100) },
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, caller, params: { id, attachmentId } }) => {
      await removeAttachment(context, { user: caller, ticket: await existingTicket(context, id), id: attachmentId })
      return { body: undefined }
    },
  )

  app.get(one, async (c) => {
    const { context } = await enter(c.req.raw, c.var.context, "read")
    const ticket = await existingTicket(context, c.req.param("id"))
    return serveAttachment(context, { ticket, id: c.req.param("attachmentId"), range: c.req.header("range") })
  })
}
