import { idSchema } from "#contract/ids.schema.ts"
import { pageOf, pageQuery } from "#contract/lists.schema.ts"
import { userCreateSchema, userPatchSchema, userSchema } from "#contract/users.schema.ts"
import { notFound } from "../errors.ts"
import { feedObject } from "../feed/stub.ts"
import { type App, route } from "../http/route.ts"
import { createPerson, findPerson, listUsers, patchPerson, toReply } from "./people.ts"

const params = { id: idSchema("user") }
const one = "/api/users/:id"

export function mountPeople(app: App): void {
  route(
    app,
    {
      method: "get",
      path: "/api/users",
      caller: "read",
      summary: "List users; e-mail addresses are for admins",
      query: pageQuery,
      reply: pageOf(userSchema),
    },
    async ({ context, caller, query }) => {
      const { items, nextCursor } = await listUsers(context, query)
      return { body: { items: items.map((person) => toReply(person, caller)), nextCursor } }
    },
  )

  // Without Idempotency-Key: the body holds a password, and a repeat is refused by the e-mail address.
  route(
    app,
    {
      method: "post",
      path: "/api/users",
      caller: "admin",
      summary: "Add a user with a first password",
      body: userCreateSchema,
      reply: userSchema,
      status: 201,
    },
    async ({ context, caller, body }) => ({ body: toReply(await createPerson(context, body), caller) }),
  )

  route(
    app,
    { method: "get", path: one, caller: "read", summary: "Read a user", params, reply: userSchema },
    async ({ context, caller, params: { id } }) => {
      const person = await findPerson(context, id)
      if (!person) throw notFound("user")
      return { body: toReply(person, caller) }
    },
  )

  route(
    app,
    {
      method: "patch",
      path: one,
      caller: "admin",
      summary: "Change a user's name, role or password, or disable them",
      params,
      body: userPatchSchema,
      reply: userSchema,
    },
    async ({ context, caller, params: { id }, body }) => {
      const person = await patchPerson(context, id, body)
      // Streams come back by themselves, with what the user may see now.
      await feedObject(context.env).revoke(id)
      return { body: toReply(person, caller) }
    },
  )
}
