import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { createdAt } from "../db/columns.ts"

/** First answers of creating requests, kept 24 h per caller and path. `status` is null while the first is still at work. */
export const idempotencyKeys = sqliteTable(
  "idempotency_keys",
  {
    caller: text("caller").notNull(),
    path: text("path").notNull(),
    key: text("key").notNull(),
    bodyHash: text("body_hash").notNull(),
    status: integer("status"),
    reply: text("reply"),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.caller, table.path, table.key] }), index("idempotency_keys_created").on(table.createdAt)],
)

/** Every changing act: who, what, on what, when, from where. Secrets: only that they changed. */
export const auditLog = sqliteTable(
  "audit_log",
  {
    id: text("id").primaryKey(),
    at: integer("at").notNull(),
    actor: text("actor").notNull(),
    act: text("act").notNull(),
    subject: text("subject").notNull(),
    requestId: text("request_id").notNull(),
    address: text("address"),
    status: integer("status").notNull(),
  },
  (table) => [index("audit_log_at").on(table.at)],
)
