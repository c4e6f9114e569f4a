import { z } from "zod"
import { jobReplySchema } from "#contract/jobs.schema.ts"
import { approvalSchema, documentPutSchema, documentSchema, revisionRunSchema, revisionSchema } from "#contract/tickets.schema.ts"
import { DOCUMENT_PHASES } from "#contract/tickets.ts"
import { AppError } from "../errors.ts"
import { type App, route } from "../http/route.ts"
import { actOnDocument } from "./document-acts.ts"
import { putDocument, readDocument, toRevision } from "./document-edit.ts"
import { findRevision } from "./document-store.ts"
import { existingTicket } from "./edit.ts"
import { startPhase } from "./start-phase.ts"

const params = { id: z.string().max(100), phase: z.enum(DOCUMENT_PHASES) }
const document = "/api/tickets/:id/phases/:phase/document"
const ACTS = { requested: "request", approved: "approve", rejected: "reject" } as const

export function mountDocuments(app: App): void {
  mountText(app)
  mountRevision(app)
  mountApproval(app)
}

function mountText(app: App): void {
  route(
    app,
    { method: "get", path: document, caller: "read", summary: "Read a phase's document", params, reply: documentSchema },
    async ({ context, params: { id, phase } }) => ({
      body: await readDocument(context, { ticketId: id, phase }),
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
      body: await putDocument(context, { user: caller, ticketId: id, phase, ...body }),
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

function mountRevision(app: App): void {
  route(
    app,
    {
      method: "post",
      path: `${document}/revisions`,
      caller: "write",
      summary: "Ask the agent for the next revision, by feedback and open comments",
      params,
      body: revisionRunSchema,
      reply: jobReplySchema,
      status: 202,
      creates: true,
    },
    async ({ context, caller, params: { id, phase }, body: { feedback, ...run } }) => ({
      body: { job: await startPhase(context, { user: caller, ticketId: id, phase, run, revise: { feedback } }) },
    }),
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
      const { revision, comment } = body
      const act = ACTS[body.state]
      return { body: await actOnDocument(context, { user: caller, ticketId: id, phase, act, revision, comment }) }
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
      body: await actOnDocument(context, { user: caller, ticketId: id, phase, act: "revoke" }),
    }),
  )
}
