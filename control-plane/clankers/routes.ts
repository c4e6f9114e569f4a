import { z } from "zod"
import { clankerCopySchema, clankerCreateSchema, clankerPatchSchema, clankerSchema } from "#contract/clankers.schema.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { clankerBlockers } from "../answers/clanker-use.ts"
import { AppError } from "../errors.ts"
import { announce } from "../feed/announce.ts"
import { type App, route } from "../http/route.ts"
import { queueObject } from "../queue/stub.ts"
import { mountDeployment, shown } from "./deployment-routes.ts"
import { copyClanker, createClanker, existingClanker, loadClanker, patchClanker } from "./edit.ts"
import { toReply } from "./reply.ts"
import { mountRevisions } from "./revision-routes.ts"
import { mountSelfTests } from "./self-test-routes.ts"
import { listFiles } from "./revision-store.ts"
import { listClankers, removeClanker } from "./store.ts"
import { clankerObject } from "./stub.ts"

const params = { id: z.string().max(100) }
const one = "/api/clankers/:id"

export function mountClankers(app: App): void {
  route(
    app,
    {
      method: "post",
      path: "/api/clankers",
      caller: "admin",
      summary: "Save a clanker; it stays inactive until it is started",
      body: clankerCreateSchema,
      bodyLimit: 3_145_728,
      reply: clankerSchema,
      status: 201,
      creates: true,
    },
    async ({ context, body }) => {
      const made = await createClanker(context, body)
      await announce(context, "clanker", { id: made.clanker.id })
      return { body: await shown(context, made) }
    },
  )

  route(
    app,
    { method: "get", path: "/api/clankers", caller: "read", summary: "List clankers", query: pageQuery, reply: pageOf(clankerSchema) },
    async ({ context, query }) => {
      const { items, nextCursor } = await listClankers(context, query)
      const [filesOf, counts] = await Promise.all([listFiles(context, items), queueObject(context.env).counts()])
      return { body: { items: items.map((item) => toReply(item, { files: filesOf(item), counts: counts[item.id] })), nextCursor } }
    },
  )

  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a clanker by id or slug", params, reply: clankerSchema },
    async ({ context, params: { id } }) => ({
      body: await shown(context, await loadClanker(context, id)),
    }),
  )

  route(
    app,
    {
      method: "patch",
      path: one,
      caller: "admin",
      summary: "Change a clanker: lists replace, most changes wait for the next start",
      params,
      body: clankerPatchSchema,
      bodyLimit: 3_145_728,
      reply: clankerSchema,
    },
    async ({ context, params: { id }, body }) => {
      const patched = await patchClanker(context, id, body)
      if (body.maxConcurrency !== undefined) await clankerObject(context.env, patched.clanker.id).resize(body.maxConcurrency)
      await announce(context, "clanker", { id: patched.clanker.id })
      return { body: await shown(context, patched) }
    },
  )

  mountCopies(app)
  mountRemoval(app)
  mountRevisions(app)
  mountDeployment(app)
  mountSelfTests(app)
}

function mountCopies(app: App): void {
  route(
    app,
    {
      method: "post",
      path: `${one}/copies`,
      caller: "admin",
      summary: "Copy a clanker: the newest revision under a new name, inactive",
      params,
      body: clankerCopySchema,
      reply: clankerSchema,
      status: 201,
      creates: true,
    },
    async ({ context, params: { id }, body }) => {
      const made = await copyClanker(context, id, body.name)
      await announce(context, "clanker", { id: made.clanker.id })
      return { body: await shown(context, made) }
    },
  )
}

function mountRemoval(app: App): void {
  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "admin",
      summary: "Delete a clanker that nothing uses",
      params,
      reply: z.object({ remains: z.array(z.string()) }),
    },
    async ({ context, params: { id } }) => {
      const clanker = await existingClanker(context, id)
      const { jobs, projects, templates } = await clankerBlockers(context, clanker.id)
      if (jobs.length > 0) throw new AppError("clanker.has-jobs", "Jobs of this clanker are not finished yet.", { jobs })
      if (projects.length > 0)
        throw new AppError("clanker.in-use", "Projects use this clanker: choose another one there first.", { projects })
      if (templates.length > 0)
        throw new AppError("clanker.in-use", "Task templates use this clanker: choose another one there first.", { templates })
      await removeClanker(context, clanker.id)
      const remains = await clankerObject(context.env, clanker.id).remove()
      await queueObject(context.env).dropCap(`clanker:${clanker.id}`)
      await announce(context, "clanker", { id: clanker.id })
      return { body: { remains } }
    },
  )
}
