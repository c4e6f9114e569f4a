import type { z } from "zod"
import type { userSchema } from "./users.schema.ts"

export type Person = z.infer<typeof userSchema>

/** From the least to the most. */
export const ROLES = ["viewer", "member", "admin"] as const
export type Role = (typeof ROLES)[number]
export const TOKEN_SCOPES = ["read", "write", "admin"] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]
