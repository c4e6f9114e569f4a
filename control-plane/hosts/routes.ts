import { hostCreatedSchema, hostCreateSchema, hostSchema } from "#contract/hosts.schema.ts"
import type { Host } from "#contract/hosts.ts"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { iso, isoOrNull } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import { announce } from "../feed/announce.ts"
import { randomHex, sha256Hex } from "../hash.ts"
import { type App, route } from "../http/route.ts"
import { findHost, type HostRecord, insertHost, listHosts, revokeHost } from "./store.ts"
import { connectCommand } from "./command.ts"
import { hostObject } from "./stub.ts"

export function mountHosts(app: App): void {
  mountConnection(app)

  route(
    app,
    {
      method: "post",
      path: "/api/hosts",
      caller: "admin",
      summary: "Register a host; its token is shown once",
      body: hostCreateSchema,
      reply: hostCreatedSchema,
      status: 201,
    },
    async ({ context, body }) => {
      const id = context.newId("host")
      const secret = randomHex(32)
      await hostObject(context.env, id).create(id, body.name, await sha256Hex(secret))
      await insertHost(context, id, body.name)
      await announce(context, "host", { id })
      const token = `vh_${id}_${secret}`
      return {
        body: {
          id,
          token,
          command: connectCommand({ token, ...context.config }),
        },
      }
    },
  )

  route(
    app,
    { method: "get", path: "/api/hosts", caller: "read", summary: "List hosts", query: pageQuery, reply: pageOf(hostSchema) },
    async ({ context, query }) => {
      const { items, nextCursor } = await listHosts(context, query)
      const running = await Promise.all(
        items.map((host) => (host.connected ? hostObject(context.env, host.id).running() : Promise.resolve(0))),
      )
      return { body: { items: items.map((host, index) => toReply(host, running[index] ?? 0)), nextCursor } }
    },
  )

  route(
    app,
    { method: "get", path: "/api/hosts/:id", caller: "read", summary: "Read a host", params: { id: idSchema("host") }, reply: hostSchema },
    async ({ context, params: { id } }) => {
      const host = await findHost(context, id)
      if (!host) throw notFound("host")
      return { body: toReply(host, await hostObject(context.env, id).running()) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: "/api/hosts/:id",
      caller: "admin",
      summary: "Revoke a host",
      params: { id: idSchema("host") },
      reply: hostSchema,
    },
    async ({ context, params: { id } }) => {
      if (!(await findHost(context, id))) throw notFound("host")
      await revokeHost(context, id)
      // The object announces it, once its own projection is in the row.
      await hostObject(context.env, id).revoke()
      const host = await findHost(context, id)
      if (!host) throw notFound("host")
      return { body: toReply(host, 0) }
    },
  )
}

/** The host's own way in: its token names the object, which checks the secret. No D1. */
function mountConnection(app: App): void {
  app.get("/api/hosts/connection", async (c) => {
    const [, hostId, secret] = /^Bearer vh_(hst_[0-9a-z]+)_([0-9a-f]{64})$/.exec(c.req.header("authorization") ?? "") ?? []
    if (!hostId || !secret) throw new AppError("auth.required", "Connect with 'Authorization: Bearer vh_…'.")
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket")
      throw new AppError("request.malformed", "This address takes a WebSocket upgrade.")
    const headers = new Headers(c.req.raw.headers)
    headers.delete("authorization")
    headers.set("x-viberglass-host-secret", secret)
    return hostObject(c.var.context.env, hostId).fetch(new Request(c.req.url, { headers }))
  })
}

const toReply = (host: HostRecord, running: number): Host => ({
  id: host.id,
  name: host.name,
  connected: host.connected,
  engine: host.engine,
  slots: host.slots,
  running,
  version: host.hostVersion,
  lastSeenAt: isoOrNull(host.lastSeenAt),
  revokedAt: isoOrNull(host.revokedAt),
  createdAt: iso(host.createdAt),
})
