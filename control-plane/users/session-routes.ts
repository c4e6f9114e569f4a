import { setupSchema, userSchema } from "#contract/users.schema.ts"
import { requireOwnOrigin } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { createAuth } from "./auth.ts"
import { setUpAdmin } from "./setup.ts"

/** Only what the product uses of the library is reachable. */
const AUTH_PATHS: readonly string[] = [
  "/api/auth/sign-in/email",
  "/api/auth/sign-out",
  "/api/auth/change-password",
  "/api/auth/revoke-other-sessions",
]

export function mountSessions(app: App): void {
  for (const path of AUTH_PATHS) {
    app.post(path, async (c) => {
      requireOwnOrigin(c.req.raw, c.var.context)
      const answer = await createAuth(c.var.context).handler(c.req.raw)
      const headers = new Headers(answer.headers)
      headers.delete("content-length")
      if (!answer.ok) return new Response(answer.body, { status: answer.status, headers })
      // The library's reply repeats the session's token, which belongs into the HttpOnly cookie alone.
      return new Response(JSON.stringify({ ok: true }), { status: answer.status, headers })
    })
  }

  route(
    app,
    {
      method: "post",
      path: "/api/setup",
      caller: "public",
      summary: "Make the first admin with a setup link",
      body: setupSchema,
      reply: userSchema,
      status: 201,
    },
    async ({ context, request, body }) => {
      requireOwnOrigin(request, context)
      const { id } = await setUpAdmin(context, body)
      return { body: { id, name: body.name, email: body.email, role: "admin" as const } }
    },
  )
}
