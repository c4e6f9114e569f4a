import { type AnyColumn, type SQL, sql } from "drizzle-orm"
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1"

export type Db = DrizzleD1Database

/** Stores import their own `table.ts`; no schema is bound here, so that no store can reach another noun's rows by name. */
export const createDb = (binding: D1Database): Db => drizzle(binding)

/** What a guarded write changed: the count decides races, never a read before it. */
export function changes(result: { meta: { changes: number } }): number {
  return result.meta.changes
}

/**
 * An id, or a select in parentheses that finds it: so what hangs on the id is asked for in the same batch. In a batch drizzle
 * reads rows by their columns' names: a join that is asked there must not select two of one name.
 */
export type Id = string | SQL

/** What a batch answers to these questions. */
export type Answered<T extends readonly unknown[]> = { readonly [K in keyof T]: Awaited<T[K]> }

/** Any number of values as rows of a select: D1 takes at most 100 bound parameters, this is one. */
export const listed = (values: readonly string[]): SQL => sql`SELECT value FROM json_each(${JSON.stringify(values)})`

export const inList = (column: AnyColumn, values: readonly string[]): SQL => sql`${column} IN (${listed(values)})`

/** Nothing of these projects: for lists. What belongs to no project stays. */
export const notOf = (hidden: readonly string[], column: AnyColumn): SQL | undefined =>
  hidden.length === 0 ? undefined : sql`(${column} IS NULL OR ${column} NOT IN (SELECT value FROM json_each(${JSON.stringify(hidden)})))`

/** D1 reports a broken unique index only in words. */
export const isUniqueConflict = (error: unknown): boolean => chain(error).some((message) => message.includes("UNIQUE constraint failed"))

/** The same for a column that must not be null, named `table.column`. */
export const isNullIn = (column: string, error: unknown): boolean =>
  chain(error).some((message) => message.includes(`NOT NULL constraint failed: ${column}`))

function chain(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...chain(error.cause)] : []
}
