import { integer, text } from "drizzle-orm/sqlite-core"

// The column vocabulary. No REFERENCES anywhere: a table rebuild on D1 would cascade deletes.
export const id = () => text("id").primaryKey()
/** Epoch milliseconds. */
export const at = (name: string) => integer(name)
export const createdAt = () => integer("created_at").notNull()
export const updatedAt = () => integer("updated_at").notNull()
export const json = <T>(name: string) => text(name, { mode: "json" }).$type<T>()
export const flag = (name: string) => integer(name, { mode: "boolean" })
