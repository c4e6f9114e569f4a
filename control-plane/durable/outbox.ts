import { wordsOf } from "../errors.ts"
import type { Log } from "../log.ts"

/**
 * Effects that were decided together with a state and are carried out after it: at least once, each with its own limit,
 * those of one chain in order, chains side by side. A row is a wake-up: the effect reads present truth when it runs.
 */
export const OUTBOX_SCHEMA = `CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, chain TEXT NOT NULL, kind TEXT NOT NULL,
  data TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL)`

export interface Effect {
  /** Adding an effect whose key is still waiting replaces it and moves it to the end of its chain. */
  key: string
  chain: string
  kind: string
  data: Record<string, string | number | null>
}
export interface EffectRule {
  /** Milliseconds after which the effect counts as failed; a late finish is harmless. */
  limitMs: number
  run(data: Effect["data"]): Promise<void>
}
export interface Outbox {
  /** Call inside the transaction that commits the state. */
  add(effects: readonly Effect[], now: number): void
  /** Starts what is due and returns at once: nothing here may delay a deadline. */
  start(): void
  /** When the next row needs attention, epoch milliseconds, or null. */
  next(): number | null
  /** Whether an effect of this key waits or is at work. */
  has(key: string): boolean
  /** Resolves when nothing is in flight; for tests and drains. */
  idle(): Promise<void>
}

type Row = { id: number; chain: string; kind: string; data: string; tries: number }

/**
 * An effect's failures back off from 250 ms to 30 s, with jitter, so that a recovering dependency is not stampeded. With
 * the longest limit of a projection this keeps lists within a minute of a database that is back.
 */
const pauseMs = (tries: number) => Math.min(30_000, 250 * 2 ** Math.min(tries, 8)) * (0.75 + Math.random() / 2)
/** An instance that dies with an effect in flight leaves its row leased until limit + margin. */
const LEASE_MARGIN_MS = 1000

export function createOutbox(options: {
  sql: SqlStorage
  rules: Record<string, EffectRule>
  now: () => number
  log: Log
  /** While it says true nothing is started: tests look at what would be. */
  held?: () => boolean
  /** Called after each effect, to set the alarm anew. */
  changed: () => Promise<void>
}): Outbox {
  const { sql, rules, now, log, changed, held = () => false } = options
  const flying = new Map<string, Promise<void>>()

  const heads = () =>
    sql
      .exec<Row>(
        "SELECT id, chain, kind, data, tries FROM outbox WHERE id IN (SELECT MIN(id) FROM outbox GROUP BY chain) AND due_at <= ? ORDER BY id",
        now(),
      )
      .toArray()

  async function fly(row: Row): Promise<void> {
    const rule = rules[row.kind]
    try {
      if (!rule) throw new Error(`no rule for effect ${row.kind}`)
      await within(rule.limitMs, rule.run(JSON.parse(row.data)))
      sql.exec("DELETE FROM outbox WHERE id = ?", row.id)
    } catch (error) {
      // The first failure is said, later ones only every tenth time: a hanging dependency must not flood the log.
      if (row.tries % 10 === 0) log.warn("effect.failed", { kind: row.kind, tries: row.tries + 1, error: wordsOf(error) })
      sql.exec("UPDATE outbox SET due_at = ? WHERE id = ?", now() + pauseMs(row.tries), row.id)
    }
  }

  function start(): void {
    if (held()) return
    for (const row of heads()) {
      if (flying.has(row.chain)) continue
      const limitMs = rules[row.kind]?.limitMs ?? 0
      sql.exec("UPDATE outbox SET tries = tries + 1, due_at = ? WHERE id = ?", now() + limitMs + LEASE_MARGIN_MS, row.id)
      const flight = fly(row).then(async () => {
        flying.delete(row.chain)
        start()
        await changed()
      })
      flying.set(row.chain, flight)
      flight.catch((error: unknown) => log.error("outbox.broken", error, { kind: row.kind }))
    }
  }

  return {
    add(effects, at) {
      for (const { key, chain, kind, data } of effects)
        sql.exec(
          "INSERT OR REPLACE INTO outbox (key, chain, kind, data, due_at) VALUES (?, ?, ?, ?, ?)",
          key,
          chain,
          kind,
          JSON.stringify(data),
          at,
        )
    },
    start,
    next: () =>
      sql.exec<{ at: number | null }>("SELECT MIN(due_at) AS at FROM outbox WHERE id IN (SELECT MIN(id) FROM outbox GROUP BY chain)").one()
        .at,
    has: (key) => sql.exec("SELECT 1 FROM outbox WHERE key = ?", key).toArray().length > 0,
    async idle() {
      while (flying.size > 0) await Promise.allSettled(flying.values())
    },
  }
}

/** Throws when the work takes longer; what it does then comes too late to be waited for. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
