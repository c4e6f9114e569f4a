/** Many named deadlines over the platform's single alarm. */
export const DEADLINES_SCHEMA = "CREATE TABLE deadlines (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID"

export interface Deadlines<Name extends string> {
  /** Replaces the whole set, so that a state's deadlines are exactly those its machine named. Epoch milliseconds. */
  replace(wanted: Partial<Record<Name, number>>): void
  due(now: number): { name: string; at: number }[]
  /** The earliest, or null when there is none. */
  next(): number | null
}

export function createDeadlines<Name extends string>(sql: SqlStorage): Deadlines<Name> {
  const known = () =>
    new Map(
      sql
        .exec<{ name: string; at: number }>("SELECT name, at FROM deadlines")
        .toArray()
        .map(({ name, at }) => [name, at]),
    )

  return {
    /** Most states keep the deadlines of the one before, and a row written costs a thousand times a row read. */
    replace(wanted) {
      const before = known()
      for (const [name, at] of Object.entries(wanted)) {
        if (typeof at === "number" && at !== before.get(name))
          sql.exec("INSERT INTO deadlines (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at", name, at)
        if (typeof at === "number") before.delete(name)
      }
      for (const name of before.keys()) sql.exec("DELETE FROM deadlines WHERE name = ?", name)
    },
    due: (now) =>
      sql
        .exec<{ name: string; at: number }>("SELECT name, at FROM deadlines WHERE at <= ? ORDER BY at, name", now)
        .toArray()
        .map(({ name, at }) => ({ name, at })),
    next: () => sql.exec<{ at: number | null }>("SELECT MIN(at) AS at FROM deadlines").one().at,
  }
}

/**
 * Sets the alarm to the earliest of `times`, strictly in the future: an alarm set at or before now may never fire
 * (workerd#6866). Sets it only when it changes, because each set is a storage write.
 */
export async function arm(storage: DurableObjectStorage, times: readonly (number | null)[], now: number): Promise<void> {
  const wanted = times.reduce<number | null>((first, at) => (at !== null && (first === null || at < first) ? at : first), null)
  const current = await storage.getAlarm()
  if (wanted === null) {
    if (current !== null) await storage.deleteAlarm()
    return
  }
  const at = Math.max(wanted, now + 1)
  if (current !== at) await storage.setAlarm(at)
}
