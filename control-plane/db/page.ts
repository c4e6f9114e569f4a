import { and, desc, eq, lt, or, type SQL } from "drizzle-orm"
import type { SQLiteColumn } from "drizzle-orm/sqlite-core"
import { invalid } from "../errors.ts"

/** Which page of a newest-first list is wanted; without a cursor the first. */
export interface PageWish {
  limit: number
  cursor?: string | undefined
}
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/** Where a list goes on: the last item's time (epoch milliseconds) and id. Opaque to clients. */
export interface Cursor {
  at: number
  id: string
}

export function readCursor(text: string | undefined): Cursor | null {
  if (text === undefined) return null
  const [, at, id] = /^([0-9a-z]{1,12})\.([0-9a-z_]{1,60})$/.exec(text) ?? []
  if (!at || !id) throw invalid("cursor", "is not one that a list gave")
  return { at: Number.parseInt(at, 36), id }
}

/** Condition, order and limit of one page; a row more than it shows tells whether another one follows. */
export function newestFirst(
  at: SQLiteColumn,
  id: SQLiteColumn,
  { limit, cursor }: PageWish,
): { after: SQL | undefined; order: SQL[]; rows: number } {
  const from = readCursor(cursor)
  return {
    after: from ? or(lt(at, from.at), and(eq(at, from.at), lt(id, from.id))) : undefined,
    order: [desc(at), desc(id)],
    rows: limit + 1,
  }
}

/** What `newestFirst` brought, without the row too many. */
export function pageOf<T>(rows: readonly T[], limit: number, cursorOf: (row: T) => Cursor): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? writeCursor(cursorOf(last)) : null }
}

const writeCursor = ({ at, id }: Cursor): string => `${at.toString(36)}.${id}`

/** Of lists by the time in which their items were made. */
export const byCreation = ({ createdAt, id }: { createdAt: number; id: string }): Cursor => ({ at: createdAt, id })
