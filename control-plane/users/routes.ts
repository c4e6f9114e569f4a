import { z } from "zod"
import { idSchema } from "#contract/ids.schema.ts"
import { pageOf } from "#contract/lists.schema.ts"
import { TOKEN_SCOPES, type TokenScope } from "#contract/users.ts"
import { meSchema, tokenCreatedSchema, tokenCreateSchema, tokenSchema } from "#contract/users.schema.ts"
import { iso, isoOrNull } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import { feedObject } from "../feed/stub.ts"
import { randomHex, sha256Hex } from "../hash.ts"
import { type App, route } from "../http/route.ts"
import { createToken, deleteToken, listTokens, type TokenRow } from "./store.ts"

/** `vg_` and the first eight digits: enough to recognise a token, far too little to guess it. */
const PREFIX_LENGTH = 11

export function mountTokens(app: App): void {
  route(
    app,
    { method: "get", path: "/api/users/me", caller: "read", summary: "Read who calls", reply: meSchema },
    async ({ caller: { id, name, role, scopes } }) => ({ body: { id, name, role, scopes: [...scopes] } }),
  )

  // Without Idempotency-Key: a kept first answer would hold the token, which may be at rest only as its hash.
  route(
    app,
    {
      method: "post",
      path: "/api/tokens",
      caller: "write",
      summary: "Make an API token for oneself; it is shown once",
      body: tokenCreateSchema,
      reply: tokenCreatedSchema,
      status: 201,
    },
    async ({ context, caller, body }) => {
      refuseWiderScopes(body.scopes, caller.scopes)
      const token = `vg_${randomHex(32)}`
      // A token that runs out cannot make one that outlives it.
      const wanted = body.expiresIn === null ? null : context.now() + body.expiresIn * 1000
      const expiresAt = caller.expiresAt === null ? wanted : Math.min(wanted ?? caller.expiresAt, caller.expiresAt)
      const row = await createToken(context, {
        userId: caller.id,
        name: body.name,
        scopes: [...new Set(body.scopes)],
        hash: await sha256Hex(token),
        prefix: token.slice(0, PREFIX_LENGTH),
        expiresAt,
      })
      return { body: { ...toReply(row), token } }
    },
  )

  route(
    app,
    { method: "get", path: "/api/tokens", caller: "read", summary: "List one's own API tokens", reply: pageOf(tokenSchema) },
    async ({ context, caller }) => ({
      body: { items: (await listTokens(context, caller.id)).map(toReply), nextCursor: null },
    }),
  )

  route(
    app,
    {
      method: "delete",
      path: "/api/tokens/:id",
      caller: "write",
      summary: "Revoke one of one's own API tokens",
      params: { id: idSchema("token") },
      reply: z.undefined(),
      status: 204,
    },
    async ({ context, caller, params: { id } }) => {
      if (!(await deleteToken(context, caller.id, id))) throw notFound("token")
      await feedObject(context.env).revoke(caller.id)
      return { body: undefined }
    },
  )
}

/** The scopes are a ladder: admin includes write, write includes read. */
function refuseWiderScopes(wanted: readonly TokenScope[], own: readonly TokenScope[]): void {
  const rung = (scopes: readonly TokenScope[]) => Math.max(...scopes.map((scope) => TOKEN_SCOPES.indexOf(scope)))
  if (rung(wanted) > rung(own))
    throw new AppError("auth.forbidden", `scopes may not exceed those of the token you call with: ${own.join(", ")}.`, {
      fields: { scopes: "may not exceed those of the token you call with" },
    })
}

const toReply = ({ id, name, prefix, scopes, expiresAt, lastUsedAt, createdAt }: TokenRow) => ({
  ...{ id, name, prefix, scopes },
  expiresAt: isoOrNull(expiresAt),
  lastUsedAt: isoOrNull(lastUsedAt),
  createdAt: iso(createdAt),
})
