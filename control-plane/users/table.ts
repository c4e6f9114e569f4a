import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { Role, TokenScope } from "#contract/users.ts"
import { at, createdAt, flag, id, json } from "../db/columns.ts"

/** better-auth's own rows carry dates, not numbers. */
const date = (name: string) => integer(name, { mode: "timestamp_ms" })
const dates = () => ({ createdAt: date("created_at").notNull(), updatedAt: date("updated_at").notNull() })

export const users = sqliteTable(
  "users",
  {
    id: id(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    role: text("role").$type<Role>().notNull(),
    disabled: flag("disabled").notNull().default(false),
    emailVerified: flag("email_verified").notNull().default(false),
    image: text("image"),
    ...dates(),
  },
  (table) => [uniqueIndex("users_email").on(table.email)],
)

/** API tokens: the SHA-256 of the token, never the token; `prefix` lets a person recognise it. */
export const apiTokens = sqliteTable(
  "api_tokens",
  {
    id: id(),
    userId: text("user_id").notNull(),
    name: text("name").notNull(),
    hash: text("hash").notNull(),
    prefix: text("prefix").notNull(),
    scopes: json<TokenScope[]>("scopes").notNull(),
    expiresAt: at("expires_at"),
    lastUsedAt: at("last_used_at"),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex("api_tokens_hash").on(table.hash), index("api_tokens_user").on(table.userId)],
)

/** Signed-in browsers; the token is better-auth's, found by the signed cookie. */
export const sessions = sqliteTable(
  "sessions",
  {
    id: id(),
    userId: text("user_id").notNull(),
    token: text("token").notNull(),
    expiresAt: date("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    ...dates(),
  },
  (table) => [uniqueIndex("sessions_token").on(table.token), index("sessions_user").on(table.userId)],
)

/** How a user proves who they are; `password` is a scrypt hash. */
export const accounts = sqliteTable(
  "accounts",
  {
    id: id(),
    userId: text("user_id").notNull(),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: date("access_token_expires_at"),
    refreshTokenExpiresAt: date("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    ...dates(),
  },
  (table) => [index("accounts_user").on(table.userId)],
)

export const verifications = sqliteTable(
  "verifications",
  {
    id: id(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: date("expires_at").notNull(),
    ...dates(),
  },
  (table) => [index("verifications_identifier").on(table.identifier)],
)

export const rateLimits = sqliteTable(
  "rate_limits",
  { id: id(), key: text("key").notNull(), count: integer("count").notNull(), lastRequest: integer("last_request").notNull() },
  (table) => [uniqueIndex("rate_limits_key").on(table.key)],
)

/** One link that makes the first admin: the SHA-256 of its token, good for 24 h, used once. */
export const setupLinks = sqliteTable("setup_links", {
  hash: text("hash").primaryKey(),
  expiresAt: integer("expires_at").notNull(),
  usedAt: integer("used_at"),
})
