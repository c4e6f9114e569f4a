import { setupSchema, userSchema } from "#contract/users.schema.ts"
import { AppError, invalid } from "../errors.ts"
import { feedObject } from "../feed/stub.ts"
import { requireOwnOrigin } from "../http/auth.ts"
import { limitRate } from "../http/rate-limit.ts"
import { type App, route } from "../http/route.ts"
import { createAuth } from "./auth.ts"
import { toReply } from "./people.ts"
import { setUpAdmin } from "./setup.ts"

/** Guesses that one address may make. */
const FEW = { max: 10, windowMs: 60_000 } as const
const SIGN_IN = "/api/auth/sign-in/email"
const CHANGE_PASSWORD = "/api/auth/change-password"
/** Only what the product uses of the library is reachable. */
const AUTH_PATHS: readonly string[] = [SIGN_IN, "/api/auth/sign-out", CHANGE_PASSWORD, "/api/auth/revoke-other-sessions"]

export function mountSessions(app: App): void {
  for (const path of AUTH_PATHS) {
    app.post(path, async (c) => {
      requireOwnOrigin(c.req.raw, c.var.context)
      if (path === SIGN_IN) await limitRate(c.var.context, c.req.raw, { act: "sign-in", ...FEW })
      const auth = createAuth(c.var.context)
      const before = await auth.sessionOf(c.req.raw.headers)
      const answer = await auth.handler(c.req.raw)
      if (before && answer.ok && path !== SIGN_IN) await feedObject(c.var.context.env).revoke(before.userId)
      const headers = new Headers(answer.headers)
      headers.delete("content-length")
      if (!answer.ok) throw path === CHANGE_PASSWORD && answer.status === 400 ? await passwordRefusal(answer) : refusal(path, answer.status)
      // The library's reply repeats the session's token, which belongs into the HttpOnly cookie alone.
      return new Response(JSON.stringify({ ok: true }), { status: answer.status, headers })
    })
  }

  // Every page load asks who it is: there a session in use is prolonged, so that it ends 7 days after the last visit.
  app.use("/api/users/me", async (c, next) => {
    await next()
    if (!c.res.ok || c.req.header("authorization") !== undefined) return
    for (const cookie of await createAuth(c.var.context).renew(c.req.raw.headers)) c.header("set-cookie", cookie, { append: true })
  })

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
      await limitRate(context, request, { act: "setup", ...FEW })
      const admin = await setUpAdmin(context, body)
      return { body: toReply(admin, admin) }
    },
  )
}

/** What the library says of a password that is to be changed, beside the field that it means. */
const PASSWORD_REFUSALS: Readonly<Record<string, [field: string, sentence: string]>> = {
  INVALID_PASSWORD: ["currentPassword", "is not right"],
  PASSWORD_TOO_SHORT: ["newPassword", "must have at least 10 characters"],
  PASSWORD_TOO_LONG: ["newPassword", "must have at most 200 characters"],
}

async function passwordRefusal(answer: Response): Promise<AppError> {
  const said: unknown = await answer.json()
  const code = typeof said === "object" && said !== null && "code" in said ? String(said.code) : ""
  const refused = PASSWORD_REFUSALS[code]
  return refused ? invalid(...refused) : new AppError("request.invalid", "The request was refused: give currentPassword and newPassword.")
}

/** The library's refusals in our own words: which of e-mail and password was wrong is nobody's business. */
function refusal(path: string, status: number): AppError {
  if (path !== SIGN_IN && status === 401) return new AppError("auth.required", "The session has ended: log in again.")
  if (status === 429) return new AppError("rate.limited", "Too many tries: wait a minute, then try again.")
  if (status === 401 || status === 403) return new AppError("auth.required", "E-mail address or password is not right.")
  return new AppError("request.invalid", "The request was refused: give an e-mail address and a password.")
}
