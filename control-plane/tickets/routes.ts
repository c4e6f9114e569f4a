import { z } from "zod"
import { idSchema } from "#contract/ids.schema.ts"
import { jobReplySchema } from "#contract/jobs.schema.ts"
import { flag, pageOf, pageQuery } from "#contract/lists.schema.ts"
import {
  archivalReplySchema,
  archivalSchema,
  overrideSchema,
  phaseRunSchema,
  ticketCreateSchema,
  ticketPatchSchema,
  ticketSchema,
  timelineEntrySchema,
} from "#contract/tickets.schema.ts"
import { PHASES, SEVERITIES, TICKET_STATUSES } from "#contract/tickets.ts"
import { type App, route } from "../http/route.ts"
import { archiveTickets } from "./archive.ts"
import { mountAttachments } from "./attachment-routes.ts"
import { mountComments } from "./comment-routes.ts"
import { mountDocuments } from "./document-routes.ts"
import { createTicket } from "./create.ts"
import { deleteTicket, existingTicket, existingWhole, overridePhases, patchTicket } from "./edit.ts"
import { showNew, showTickets, toReply } from "./reply.ts"
import { startPhase } from "./start-phase.ts"
import { listTickets } from "./list-store.ts"
import { listTimeline } from "./timeline-store.ts"

const params = { id: z.string().max(100) }
const one = "/api/tickets/:id"
const filters = {
  projectId: idSchema("project").optional(),
  status: z.enum(TICKET_STATUSES).optional(),
  phase: z.enum(PHASES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  label: z.string().max(100).optional(),
  q: z.string().max(200).optional(),
  archived: flag.optional(),
}

export function mountTickets(app: App): void {
  mountCollection(app)
  mountArchivals(app)
  mountOne(app)
  mountActs(app)
  mountAttachments(app)
  mountDocuments(app)
  mountComments(app)
}

function mountCollection(app: App): void {
  route(
    app,
    {
      method: "post",
      path: "/api/tickets",
      caller: "write",
      summary: "Create a ticket; a known external id answers 200 with the ticket it made",
      body: ticketCreateSchema,
      reply: ticketSchema,
      status: 201,
      creates: true,
    },
    async ({ context, caller, body }) => {
      const source = caller.sessionId === null ? "api" : "ui"
      const made = await createTicket(context, { user: caller, input: body, source })
      if (!made.created) return { status: 200, body: toReply(await existingWhole(context, made.ticket.id)) }
      return { status: 201, body: showNew(made.ticket, made.job) }
    },
  )

  route(
    app,
    {
      method: "get",
      path: "/api/tickets",
      caller: "read",
      summary: "List tickets",
      query: { ...pageQuery, ...filters },
      reply: pageOf(ticketSchema),
    },
    async ({ context, query: { limit, cursor, ...filter } }) => {
      const { items, nextCursor } = await listTickets(context, filter, { limit, cursor })
      return { body: { items: await showTickets(context, items), nextCursor } }
    },
  )
}

function mountArchivals(app: App): void {
  route(
    app,
    {
      method: "post",
      path: "/api/tickets/archivals",
      caller: "write",
      summary: "Archive tickets, or bring them back: all of them or none",
      body: archivalSchema,
      reply: archivalReplySchema,
    },
    async ({ context, caller, body }) => {
      const archived = await archiveTickets(context, { user: caller, ...body })
      return { body: { items: archived.map(toReply) } }
    },
  )
}

function mountOne(app: App): void {
  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a ticket by id or key", params, reply: ticketSchema },
    async ({ context, params: { id } }) => ({ body: toReply(await existingWhole(context, id)) }),
  )

  route(
    app,
    {
      method: "patch",
      path: one,
      caller: "write",
      summary: "Change a ticket; status resolves or reopens it",
      params,
      body: ticketPatchSchema,
      reply: ticketSchema,
    },
    async ({ context, caller, params: { id }, body }) => {
      const changed = await patchTicket(context, { user: caller, whole: await existingWhole(context, id), patch: body })
      return { body: toReply(changed) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Delete a ticket without unfinished jobs",
      params,
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, params: { id } }) => {
      await deleteTicket(context, await existingWhole(context, id))
      return { body: undefined }
    },
  )
}

function mountActs(app: App): void {
  route(
    app,
    {
      method: "get",
      path: `${one}/timeline`,
      caller: "read",
      summary: "Read what happened to a ticket, newest first",
      params,
      query: pageQuery,
      reply: pageOf(timelineEntrySchema),
    },
    async ({ context, params: { id }, query }) => ({
      body: await listTimeline(context, (await existingTicket(context, id)).id, query),
    }),
  )

  route(
    app,
    {
      method: "put",
      path: `${one}/override`,
      caller: "write",
      summary: "Let execution begin without an approved plan, for a reason",
      params,
      body: overrideSchema,
      reply: ticketSchema,
    },
    async ({ context, caller, params: { id }, body }) => {
      const opened = await overridePhases(context, { user: caller, whole: await existingWhole(context, id), reason: body.reason })
      return { body: toReply(opened) }
    },
  )

  route(
    app,
    {
      method: "post",
      path: `${one}/phases/:phase/runs`,
      caller: "write",
      summary: "Run a phase",
      params: { ...params, phase: z.enum(PHASES) },
      body: phaseRunSchema,
      reply: jobReplySchema,
      status: 202,
      creates: true,
    },
    async ({ context, caller, params: { id, phase }, body }) => ({
      body: { job: await startPhase(context, { user: caller, ticketId: id, phase, run: body }) },
    }),
  )
}
