import { z } from "zod"
import { approvalSchema, documentPutSchema, documentSchema, revisionSchema } from "#contract/tickets.schema.ts"
import { DOCUMENT_PHASES } from "#contract/tickets.ts"
import { AppError } from "../errors.ts"
import { type App, route } from "../http/route.ts"
import { autoStart } from "./auto-start.ts"
import { actOnDocument, putDocument, readDocument, toRevision } from "./document-edit.ts"
import { findRevision } from "./document-store.ts"
import { existingTicket } from "./edit.ts"

const params = { id: z.string().max(100), phase: z.enum(DOCUMENT_PHASES) }
const document = "/api/tickets/:id/phases/:phase/document"
const ACTS = { requested: "request", approved: "approve", rejected: "reject" } as const

export function mountDocuments(app: App): void {
  mountText(app)
  mountApproval(app)
}

function mountText(app: App): void {
  route(
    app,
    { method: "get", path: document, caller: "read", summary: "Read a phase's document", params, reply: documentSchema },
    async ({ context, params: { id, phase } }) => ({
      body: await readDocument(context, { ticket: await existingTicket(context, id), phase }),
    }),
  )

  route(
    app,
    {
      method: "put",
      path: document,
      caller: "write",
      summary: "Write the next revision by hand",
      params,
      body: documentPutSchema,
      bodyLimit: 2_097_152,
      reply: documentSchema,
    },
    async ({ context, caller, params: { id, phase }, body }) => ({
      body: await putDocument(context, { user: caller, ticket: await existingTicket(context, id), phase, ...body }),
    }),
  )

  const revision = revisionSchema.extend({ content: z.string() })
  route(
    app,
    {
      method: "get",
      path: `${document}/revisions/:n`,
      caller: "read",
      summary: "Read one revision",
      params: { ...params, n: z.coerce.number().int().min(1) },
      reply: revision,
    },
    async ({ context, params: { id, phase, n } }) => {
      const found = await findRevision(context, { ticketId: (await existingTicket(context, id)).id, phase }, n)
      if (!found) throw new AppError("document.none", `The ${phase} document has no revision ${n}.`)
      return { body: { ...toRevision(found), content: found.content } }
    },
  )
}

function mountApproval(app: App): void {
  route(
    app,
    {
      method: "put",
      path: `${document}/approval`,
      caller: "write",
      summary: "Request, give or refuse approval of the current revision",
      params,
      body: approvalSchema,
      reply: documentSchema,
    },
    async ({ context, caller, params: { id, phase }, body }) => {
      const ticket = await existingTicket(context, id)
      const { revision, comment } = body
      const shown = await actOnDocument(context, { user: caller, ticket, phase, act: ACTS[body.state], revision, comment })
      if (phase === "planning" && body.state === "approved") await autoStart(context, { user: caller, ticket, because: "plan-approved" })
      return { body: shown }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: `${document}/approval`,
      caller: "write",
      summary: "Revoke: the document is a draft again",
      params,
      reply: documentSchema,
    },
    async ({ context, caller, params: { id, phase } }) => ({
      body: await actOnDocument(context, { user: caller, ticket: await existingTicket(context, id), phase, act: "revoke" }),
    }),
  )
}
