export const ROLES = ["viewer", "member", "admin"] as const
export type Role = (typeof ROLES)[number]
export const TOKEN_SCOPES = ["read", "write", "admin"] as const
export type TokenScope = (typeof TOKEN_SCOPES)[number]
