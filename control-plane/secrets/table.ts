import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { SecretLocation } from "#contract/secrets.ts"
import { createdAt, id, updatedAt } from "../db/columns.ts"

export const secrets = sqliteTable(
  "secrets",
  {
    id: id(),
    /** A project's id, or "installation": NULL would make the unique index below blind. */
    scope: text("scope").notNull(),
    name: text("name").notNull(),
    location: text("location").$type<SecretLocation>().notNull(),
    reference: text("reference"),
    /** The sealed envelope of a `database` secret (vault.ts), else null. */
    sealed: text("sealed"),
    version: integer("version").notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [uniqueIndex("secrets_scope_name").on(table.scope, table.name), index("secrets_created").on(table.createdAt)],
)
