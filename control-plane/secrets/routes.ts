import { z } from "zod"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { secretCreateSchema, secretRotateSchema, secretSchema } from "#contract/secrets.schema.ts"
import type { Secret } from "#contract/secrets.ts"
import { checkProjectId } from "../answers/references.ts"
import { refuseUsedSecret, usersOfSecrets } from "../answers/used-by.ts"
import { type Context, iso } from "../context.ts"
import { notFound } from "../errors.ts"
import { announce } from "../feed/announce.ts"
import { authorize, type User } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { createSecret, findSecret, listSecrets, removeSecret, rotateSecret, type SecretRecord } from "./store.ts"

const params = { id: idSchema("secret") }
const one = "/api/secrets/:id"

export function mountSecrets(app: App): void {
  mountCollection(app)
  mountOne(app)
}

function mountCollection(app: App): void {
  route(
    app,
    {
      method: "post",
      path: "/api/secrets",
      caller: "write",
      summary: "Store a secret; its value is never answered again",
      body: secretCreateSchema,
      reply: secretSchema,
      status: 201,
      creates: true,
    },
    async ({ context, caller, body }) => {
      authorizeScope(caller, body.projectId ?? null)
      await checkProjectId(context, body.projectId)
      const secret = await createSecret(context, body)
      await announce(context, "secret", secret)
      return { body: toReply(secret, []) }
    },
  )

  route(
    app,
    {
      method: "get",
      path: "/api/secrets",
      caller: "read",
      summary: "List secrets, without their values",
      query: { ...pageQuery, projectId: idSchema("project").optional() },
      reply: pageOf(secretSchema),
    },
    async ({ context, query }) => {
      const { items, nextCursor } = await listSecrets(context, query)
      const users = await usersOfSecrets(
        context,
        items.map(({ id }) => id),
      )
      return { body: { items: items.map((item) => toReply(item, users.get(item.id) ?? [])), nextCursor } }
    },
  )
}

function mountOne(app: App): void {
  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a secret, without its value", params, reply: secretSchema },
    async ({ context, params: { id } }) => ({ body: await show(context, await existing(context, id)) }),
  )

  route(
    app,
    {
      method: "put",
      path: one,
      caller: "write",
      summary: "Rotate: replace the value",
      params,
      body: secretRotateSchema,
      reply: secretSchema,
    },
    async ({ context, caller, params: { id }, body }) => {
      const secret = await existing(context, id)
      authorizeScope(caller, secret.projectId)
      const rotated = await rotateSecret(context, secret, body.value)
      await announce(context, "secret", rotated)
      return { body: await show(context, rotated) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path: one,
      caller: "write",
      summary: "Delete a secret that nothing uses",
      params,
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, caller, params: { id } }) => {
      const secret = await existing(context, id)
      authorizeScope(caller, secret.projectId)
      await refuseUsedSecret(context, id)
      await removeSecret(context, secret)
      await announce(context, "secret", secret)
      return { body: undefined }
    },
  )
}

/** What every project may use is an admin's; what one project uses is its members'. */
function authorizeScope(caller: User, projectId: string | null): void {
  if (projectId === null) authorize(caller, "admin")
}

async function existing(context: Context, id: string): Promise<SecretRecord> {
  const secret = await findSecret(context, id)
  if (!secret) throw notFound("secret")
  context.reach.check(secret.projectId, "secret")
  return secret
}

const show = async (context: Context, secret: SecretRecord) =>
  toReply(secret, (await usersOfSecrets(context, [secret.id])).get(secret.id) ?? [])

const toReply = (
  { id, name, location, reference, projectId, version, createdAt, updatedAt }: SecretRecord,
  usedBy: Secret["usedBy"],
): Secret => ({
  ...{ id, name, location, projectId, version, usedBy },
  ...(reference === null ? {} : { reference }),
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
})
