import { sqliteTable, text } from "drizzle-orm/sqlite-core"
import { json, updatedAt } from "../db/columns.ts"

/** What an admin has set for the whole installation, one row a setting; one that nobody set has no row. */
export const installationSettings = sqliteTable("installation_settings", {
  name: text("name").primaryKey(),
  value: json<unknown>("value").notNull(),
  updatedAt: updatedAt(),
})
