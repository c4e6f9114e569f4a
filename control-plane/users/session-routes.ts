import { setupSchema, userSchema } from "#contract/users.schema.ts"
import { requireOwnOrigin } from "../http/auth.ts"
import { type App, route } from "../http/route.ts"
import { createAuth } from "./auth.ts"
import { setUpAdmin } from "./setup.ts"

/** Sign-in, sign-out and the first admin. Only what the product uses of the library is reachable. */
const AUTH_PATHS: readonly string[] = [
  "/api/auth/sign-in/email",
  "/api/auth/sign-out",
  "/api/auth/get-session",
  "/api/auth/change-password",
  "/api/auth/revoke-other-sessions",
]

export function mountSessions(app: App): void {
  for (const path of AUTH_PATHS) {
    app.on(["GET", "POST"], path, async (c) => {
      if (c.req.method !== "GET") requireOwnOrigin(c.req.raw, c.var.context)
      const response = await createAuth(c.var.context).handler(c.req.raw)
      return new Response(response.body, response)
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
