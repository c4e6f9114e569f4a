import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { at, createdAt, flag, id, json } from "../db/columns.ts"

export interface HostEngine {
  kind: "docker" | "process"
  version: string
}

export const hosts = sqliteTable(
  "hosts",
  {
    id: id(),
    name: text("name").notNull(),
    // A projection of HostObject, guarded by `projection`.
    connected: flag("connected").notNull().default(false),
    engine: json<HostEngine>("engine"),
    slots: integer("slots").notNull().default(0),
    hostVersion: text("host_version"),
    lastSeenAt: at("last_seen_at"),
    revokedAt: at("revoked_at"),
    projection: integer("projection").notNull().default(0),
    createdAt: createdAt(),
  },
  (table) => [index("hosts_created").on(table.createdAt)],
)
