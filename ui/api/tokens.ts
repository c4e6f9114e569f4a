import { queryOptions } from "@tanstack/solid-query"
import type { TokenScope } from "#contract/users.ts"
import { touch } from "./actions.ts"
import { del, get, type Page, post } from "./client.ts"

export interface ApiToken {
  id: string
  name: string
  prefix: string
  scopes: TokenScope[]
  expiresAt: string | null
  lastUsedAt: string | null
  createdAt: string
}
export interface NewToken {
  name: string
  scopes: TokenScope[]
  /** Seconds from now; null never ends. */
  expiresIn: number | null
}
const key = ["token"]

export const tokensQuery = () => queryOptions({ queryKey: key, queryFn: () => get<Page<ApiToken>>("/api/tokens") })

/** The token itself is in this answer and nowhere else. */
export async function createToken(token: NewToken): Promise<ApiToken & { token: string }> {
  const created = await post<ApiToken & { token: string }>("/api/tokens", token)
  void touch(key)
  return created
}

export async function revokeToken(id: string): Promise<void> {
  await del(`/api/tokens/${id}`)
  void touch(key)
}
