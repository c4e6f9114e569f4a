import { z } from "zod"
import { templateCreateSchema, templatePatchSchema, templateSchema } from "#contract/claws.schema.ts"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { announce } from "../feed/announce.ts"
import { type App, route } from "../http/route.ts"
import { createTemplate, deleteTemplate, existingTemplate, patchTemplate } from "./edit.ts"
import { toTemplate } from "./reply.ts"
import { mountSchedules } from "./schedule-routes.ts"
import { listTemplates } from "./template-store.ts"

const params = { id: idSchema("clawTemplate") }
const all = "/api/claws/templates"
const one = `${all}/:id`

export function mountClaws(app: App): void {
  mountTemplates(app)
  mountTemplate(app)
  mountSchedules(app)
}

function mountTemplates(app: App): void {
  route(
    app,
    {
      method: "post",
      path: all,
      caller: "write",
      summary: "Create a task template",
      body: templateCreateSchema,
      reply: templateSchema,
      status: 201,
      creates: true,
    },
    async ({ context, caller, body }) => {
      const template = await createTemplate(context, { input: body, userId: caller.id })
      await announce(context, "claw", template)
      return { body: toTemplate(template) }
    },
  )

  route(
    app,
    {
      method: "get",
      path: all,
      caller: "read",
      summary: "List task templates",
      query: { ...pageQuery, projectId: idSchema("project").optional() },
      reply: pageOf(templateSchema),
    },
    async ({ context, query }) => {
      const { items, nextCursor } = await listTemplates(context, query)
      return { body: { items: items.map(toTemplate), nextCursor } }
    },
  )
}

function mountTemplate(app: App): void {
  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a task template", params, reply: templateSchema },
    async ({ context, params: { id } }) => ({ body: toTemplate(await existingTemplate(context, id)) }),
  )

  route(
    app,
    {
      method: "patch",
      path: one,
      caller: "write",
      summary: "Change a task template: lists replace, blank instructions keep the old",
      params,
      body: templatePatchSchema,
      reply: templateSchema,
    },
    async ({ context, params: { id }, body }) => {
      const template = await patchTemplate(context, await existingTemplate(context, id), body)
      await announce(context, "claw", template)
      return { body: toTemplate(template) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Delete a task template without schedules",
      params,
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, params: { id } }) => {
      const template = await existingTemplate(context, id)
      await deleteTemplate(context, template)
      await announce(context, "claw", template)
      return { body: undefined }
    },
  )
}
