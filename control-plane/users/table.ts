import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { Role, TokenScope } from "#contract/users.ts"
import { at, createdAt, flag, id, json } from "../db/columns.ts"

export const users = sqliteTable(
  "users",
  {
    id: id(),
    email: text("email").notNull(),
    name: text("name").notNull(),
    role: text("role").$type<Role>().notNull(),
    disabled: flag("disabled").notNull().default(false),
    createdAt: createdAt(),
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
