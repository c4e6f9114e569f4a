import type { Role, TokenScope } from "#contract/users.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { createAuth, SESSION_COOKIE } from "../users/auth.ts"
import { findToken, findUser } from "../users/store.ts"

/** Who may call a route. Every route names one; there is no default that lets somebody in. */
export type CallerRule = "public" | "read" | "write" | "admin"

export interface User {
  id: string
  name: string
  role: Role
  scopes: readonly TokenScope[]
  /** The API token in use, or null for a browser's session; exactly one of the two is there. */
  tokenId: string | null
  sessionId: string | null
  /** When the token runs out, epoch milliseconds; null for one that does not, and for a session. */
  expiresAt: number | null
}

/**
 * Finds out who calls: a bearer API token, or a signed-in browser. Throws `auth.required` for anything else, and
 * `auth.forbidden` when a browser's changing request or upgrade comes from another origin.
 */
export async function authenticate(request: Request, context: Context): Promise<User> {
  const authorization = request.headers.get("authorization")
  if (authorization !== null) return byToken(authorization, context)
  if (!request.headers.get("cookie")?.includes(`${SESSION_COOKIE}=`))
    throw new AppError("auth.required", "Log in, or send an API token as 'Authorization: Bearer vg_…'.")
  if (changesSomething(request)) requireOwnOrigin(request, context)
  return bySession(request, context)
}

async function byToken(authorization: string, context: Context): Promise<User> {
  const token = /^Bearer (vg_[0-9a-f]{64})$/.exec(authorization)?.[1]
  if (!token) throw new AppError("auth.required", "Send an API token as 'Authorization: Bearer vg_…'.")
  const found = await findToken(context, token)
  if (!found) throw new AppError("auth.required", "This API token is not known, or it has expired.")
  return { ...found, sessionId: null }
}

async function bySession(request: Request, context: Context): Promise<User> {
  const session = await createAuth(context).sessionOf(request.headers)
  const user = session ? await findUser(context, session.userId) : null
  if (!session || !user) throw new AppError("auth.required", "The session has ended: log in again.")
  return { ...user, scopes: ["read", "write", "admin"], tokenId: null, sessionId: session.sessionId, expiresAt: null }
}

const changesSomething = (request: Request): boolean => !["GET", "HEAD"].includes(request.method) || request.headers.get("upgrade") !== null

/** Cookies travel with requests that a hostile page makes: only our own pages may change something. */
export function requireOwnOrigin(request: Request, { config }: Context): void {
  if (request.headers.get("origin") !== config.publicUrl)
    throw new AppError("auth.forbidden", `This request must come from ${config.publicUrl}.`)
}

/** A viewer only reads, whatever a token's scopes say; admin needs both the role and the scope. */
export function authorize(user: User, rule: Exclude<CallerRule, "public">): void {
  const { role, scopes } = user
  const may = {
    read: true,
    write: role !== "viewer" && (scopes.includes("write") || scopes.includes("admin")),
    admin: role === "admin" && scopes.includes("admin"),
  } as const satisfies Record<typeof rule, boolean>
  if (!may[rule])
    throw new AppError(
      "auth.forbidden",
      rule === "admin" ? "This needs an admin and a token with the scope admin." : "This needs a member and a token with the scope write.",
    )
}
