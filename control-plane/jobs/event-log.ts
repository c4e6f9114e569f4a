import { redactShapes } from "#contract/token-shapes.ts"
import type { WorkerEvent } from "#contract/worker.ts"

/** 6 columns a row and at most 100 bound parameters a statement. */
const ROWS_PER_INSERT = 16
/** As the ledger's migrations leave it. */
const EVENTS_TABLE =
  "CREATE TABLE events (seq INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, heard_at INTEGER NOT NULL DEFAULT 0)"
/** Characters of one page: an object has 128 MB for everything it does, and a viewer takes 1 MiB before it must say so. */
const PAGE_BYTES = 1_000_000

export interface Progress {
  base: number
  acked: number
  lastWordAt: number
}
export interface Stored {
  seq: number
  json: string
}

/** The append-only log of what workers told. `seq` order is the worker's order; an attempt's events follow those before it. */
export function createEventLog(sql: SqlStorage) {
  return {
    progress: (attempt: number): Progress | null => readProgress(sql, attempt),
    /** The first word of an attempt: its worker's seq 1 follows everything that was stored before. */
    begin(attempt: number, now: number): void {
      sql.exec("INSERT OR IGNORE INTO progress (attempt, base, acked, last_word_at) VALUES (?, ?, 0, ?)", attempt, lastSeq(), now)
    },
    /** A word without events that were new: a heartbeat, or a repeat. */
    heard(attempt: number, now: number): void {
      sql.exec("UPDATE progress SET last_word_at = ? WHERE attempt = ?", now, attempt)
    },
    append(attempt: number, base: number, events: readonly WorkerEvent[], now: number): Stored[] {
      const stored = events.map((event) => storedForm(attempt, base, event))
      for (let from = 0; from < stored.length; from += ROWS_PER_INSERT) {
        const rows = stored.slice(from, from + ROWS_PER_INSERT)
        const places = rows.map(() => "(?, ?, ?, ?, ?, ?)").join(", ")
        sql.exec(
          `INSERT INTO events (seq, attempt, at, kind, data, heard_at) VALUES ${places}`,
          ...rows.flatMap((row) => [row.seq, attempt, row.at, row.kind, row.data, now]),
        )
      }
      return stored.map(({ seq, json }) => ({ seq, json }))
    },
    /** Events after `after`, oldest first, as JSON texts: at most `limit`, and no more than the bytes of a page (at least one). */
    page(after: number, limit: number): Stored[] {
      const found: Stored[] = []
      let bytes = 0
      for (const row of sql.exec<{ seq: number; attempt: number; at: string; kind: string; data: string }>(
        "SELECT seq, attempt, at, kind, data FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        after,
        limit,
      )) {
        bytes += row.data.length
        if (found.length > 0 && bytes > PAGE_BYTES) break
        found.push({ seq: row.seq, json: joined(row.seq, row.attempt, row.at, row.kind, row.data) })
      }
      return found
    },
    /** The part of the log in object storage that continues after `after`, or null. */
    archivedAfter(after: number): { first: number; last: number; key: string } | null {
      const found = sql.exec<{ first: number; last: number; key: string }>(
        "SELECT first, last, key FROM archive WHERE last > ? ORDER BY first LIMIT 1",
        after,
      )
      return found.toArray()[0] ?? null
    },
    /** Notes that these events lie in object storage now. */
    moved(part: { first: number; last: number; key: string }): void {
      sql.exec("INSERT OR REPLACE INTO archive (first, last, key) VALUES (?, ?, ?)", part.first, part.last, part.key)
    },
    archivedTo,
    /** Empties the log, all of which lies in object storage. Each deleted row is billed like a written one; a dropped table is not. */
    clear(): void {
      sql.exec("DROP TABLE events")
      sql.exec(EVENTS_TABLE)
    },
    hasAfter: (after: number): boolean =>
      sql.exec("SELECT 1 FROM events WHERE seq > ? UNION ALL SELECT 1 FROM archive WHERE last > ? LIMIT 1", after, after).toArray().length >
      0,
    lastSeq,
  }

  function lastSeq(): number {
    const events = sql.exec<{ seq: number | null }>("SELECT MAX(seq) AS seq FROM events").one().seq ?? 0
    return Math.max(events, archivedTo())
  }
  function archivedTo(): number {
    return sql.exec<{ last: number | null }>("SELECT MAX(last) AS last FROM archive").one().last ?? 0
  }
}

/**
 * How far an attempt's worker has come. Its newest event says it too, so that a batch of events needs no row besides them:
 * rows written are what a job costs most.
 */
function readProgress(sql: SqlStorage, attempt: number): Progress | null {
  const [row] = sql
    .exec<{ base: number; acked: number; last_word_at: number }>(
      "SELECT base, acked, last_word_at FROM progress WHERE attempt = ?",
      attempt,
    )
    .toArray()
  if (!row) return null
  const [last] = sql
    .exec<{ seq: number; attempt: number; heard_at: number }>("SELECT seq, attempt, heard_at FROM events ORDER BY seq DESC LIMIT 1")
    .toArray()
  const own = last?.attempt === attempt ? last : { seq: 0, heard_at: 0 }
  return { base: row.base, acked: Math.max(row.acked, own.seq - row.base), lastWordAt: Math.max(row.last_word_at, own.heard_at) }
}

/** The wire form without `seq`, `at`, `kind`, blanked once more: no shape of a token may reach the disk. */
function storedForm(attempt: number, base: number, event: WorkerEvent): Stored & { at: string; kind: string; data: string } {
  const { seq: workerSeq, at, kind, ...fields } = event
  const seq = base + workerSeq
  const data = JSON.stringify(fields, (_, value: unknown) => (typeof value === "string" ? redactShapes(value) : value))
  return { seq, at, kind, data, json: joined(seq, attempt, at, kind, data) }
}

/** Splices the stored fields behind the common ones without parsing them: a page of 200 events is text work only. */
function joined(seq: number, attempt: number, at: string, kind: string, data: string): string {
  const head = `{"seq":${seq},"attempt":${attempt},"at":${JSON.stringify(at)},"kind":${JSON.stringify(kind)}`
  return data === "{}" ? `${head}}` : `${head},${data.slice(1)}`
}
