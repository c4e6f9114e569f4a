import type { Role, TokenScope } from "#contract/users.ts"
import type { Context, Reach } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import { sha256Hex } from "../hash.ts"
import { standingsOf } from "../projects/grant-store.ts"
import { bestRole, isAtLeast, type Rights, rightsOf, roleIn } from "../projects/rights.ts"
import { SESSION_COOKIE, sessionToken } from "../users/auth.ts"
import { sessionQuery, tokenQuery, userOfSession, userOfToken, useToken } from "../users/store.ts"

/** Who may call a route. Every route names one; there is no default that lets somebody in. */
export type CallerRule = "public" | "read" | "write" | "admin"

export interface User {
  id: string
  name: string
  role: Role
  /** Where grants say something else than the role. */
  rights: Rights
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
async function authenticate(request: Request, context: Context): Promise<User> {
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
  const hash = await sha256Hex(token)
  const [[known], standings] = await context.db.batch([tokenQuery(context, hash), standingsOf(context, userOfToken(hash))])
  const found = await useToken(context, known)
  if (!found) throw new AppError("auth.required", "This API token is not known, or it has expired.")
  return { ...found, rights: rightsOf(found.role, standings), sessionId: null }
}

async function bySession(request: Request, context: Context): Promise<User> {
  const token = await sessionToken(request.headers, context)
  if (token === null) throw sessionEnded()
  const [[user], standings] = await context.db.batch([sessionQuery(context, token), standingsOf(context, userOfSession(token))])
  if (!user) throw sessionEnded()
  return {
    ...user,
    rights: rightsOf(user.role, standings),
    scopes: ["read", "write", "admin"],
    tokenId: null,
    expiresAt: null,
  }
}

const sessionEnded = () => new AppError("auth.required", "The session has ended: log in again.")

const changesSomething = (request: Request): boolean => !["GET", "HEAD"].includes(request.method) || request.headers.get("upgrade") !== null

/** Cookies travel with requests that a hostile page makes: only our own pages may change something. */
export function requireOwnOrigin(request: Request, { config }: Context): void {
  if (request.headers.get("origin") !== config.publicUrl)
    throw new AppError("auth.forbidden", `This request must come from ${config.publicUrl}.`)
}

/**
 * A viewer only reads, whatever a token's scopes say; admin needs both the role and the scope. Whoever may write anywhere
 * passes `write`: where, the reach decides for each thing.
 */
export function authorize(user: User, rule: Exclude<CallerRule, "public">): void {
  const { role, scopes } = user
  const writes = isAtLeast(bestRole(role, user.rights), "member")
  const may = {
    read: true,
    write: writes && (scopes.includes("write") || scopes.includes("admin")),
    admin: role === "admin" && scopes.includes("admin"),
  } as const satisfies Record<typeof rule, boolean>
  if (!may[rule])
    throw new AppError(
      "auth.forbidden",
      rule === "admin" ? "This needs an admin and a token with the scope admin." : "This needs a member and a token with the scope write.",
    )
}

/** Who calls, and the context that reaches no further than they may. */
export async function enter(
  request: Request,
  context: Context,
  rule: Exclude<CallerRule, "public">,
): Promise<{ context: Context; caller: User }> {
  const caller = await authenticate(request, context)
  authorize(caller, rule)
  return { context: { ...context, reach: reachOf(caller, rule) }, caller }
}

/** What a caller who passed this rule may touch. */
function reachOf({ role, rights }: User, rule: Exclude<CallerRule, "public">): Reach {
  return {
    hidden: rights.hidden,
    check(projectId, noun) {
      if (projectId === null) return
      const here = roleIn(role, rights, projectId)
      if (here === null) throw notFound(noun)
      if (rule !== "read" && !isAtLeast(here, "member"))
        throw new AppError("auth.forbidden", "In this project you may only read: ask one of its admins for the role of a member.")
    },
  }
}
