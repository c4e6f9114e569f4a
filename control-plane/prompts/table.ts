import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { updatedAt } from "../db/columns.ts"

/** Overrides only: the system's defaults are files in the code. `scope` is a project's id or "installation". */
export const promptTemplates = sqliteTable(
  "prompt_templates",
  { key: text("key").notNull(), scope: text("scope").notNull(), template: text("template").notNull(), updatedAt: updatedAt() },
  (table) => [primaryKey({ columns: [table.key, table.scope] })],
)
