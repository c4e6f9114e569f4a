import type { Role, TokenScope } from "#contract/users.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { findToken } from "../users/store.ts"

/** Who may call a route. Every route names one; there is no default that lets somebody in. */
export type CallerRule = "public" | "read" | "write" | "admin"

export interface User {
  id: string
  name: string
  role: Role
  scopes: readonly TokenScope[]
  tokenId: string
}

/** Finds out who calls: a bearer API token. Throws `auth.required` for anything that is not a living token of ours. */
export async function authenticate(request: Request, context: Context): Promise<User> {
  const token = /^Bearer (vg_[0-9a-f]{64})$/.exec(request.headers.get("authorization") ?? "")?.[1]
  if (!token) throw new AppError("auth.required", "Send an API token as 'Authorization: Bearer vg_…'.")
  const found = await findToken(context, token)
  if (!found) throw new AppError("auth.required", "This API token is not known, or it has expired.")
  return found
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
