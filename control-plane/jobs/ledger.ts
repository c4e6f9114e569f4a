import type { WorkerEvent } from "#contract/worker.ts"
import { redactShapes } from "#contract/token-shapes.ts"
import { DEADLINES_SCHEMA } from "../durable/deadlines.ts"
import { OUTBOX_SCHEMA } from "../durable/outbox.ts"
import { migrate } from "../durable/sql-migrations.ts"
import type { JobSpec, JobTexts } from "./spec.ts"
import type { JobState } from "./state.ts"

/** Append-only: the index is the version. */
const MIGRATIONS = [
  `CREATE TABLE job (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL, spec TEXT NOT NULL, texts TEXT NOT NULL, state TEXT NOT NULL);
   CREATE TABLE progress (attempt INTEGER PRIMARY KEY, base INTEGER NOT NULL, acked INTEGER NOT NULL, last_word_at INTEGER NOT NULL);
   CREATE TABLE events (seq INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL);
   CREATE TABLE artifacts (attempt INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (attempt, name));
   CREATE TABLE results (attempt INTEGER PRIMARY KEY, outcome TEXT NOT NULL);
   CREATE TABLE sealed (secret_id TEXT PRIMARY KEY, text TEXT NOT NULL);
   ${OUTBOX_SCHEMA};
   ${DEADLINES_SCHEMA};`,
]

/** Local workerd accepts larger rows than production's 2 MB: the same bound everywhere. */
const VALUE_LIMIT = 1_500_000
/** 5 columns a row and at most 100 bound parameters a statement. */
const ROWS_PER_INSERT = 20

export interface Progress {
  base: number
  acked: number
  lastWordAt: number
}
export interface Stored {
  seq: number
  json: string
}

/** A job's own SQLite: its state, its event log, and what it was made of. Synchronous; callers hold the transaction. */
export function createLedger(storage: DurableObjectStorage) {
  migrate(storage, MIGRATIONS)
  const { sql } = storage

  return {
    create(id: string, spec: JobSpec, texts: JobTexts | { inBucket: string }, state: JobState): void {
      sql.exec("INSERT INTO job (only, id, spec, texts, state) VALUES (1, ?, ?, ?, ?)", id, fit(spec), fit(texts), fit(state))
    },
    load(): { id: string; spec: JobSpec; state: JobState } | null {
      const [row] = sql.exec<{ id: string; spec: string; state: string }>("SELECT id, spec, state FROM job").toArray()
      return row ? { id: row.id, spec: JSON.parse(row.spec), state: JSON.parse(row.state) } : null
    },
    texts(): JobTexts | { inBucket: string } {
      return JSON.parse(sql.exec<{ texts: string }>("SELECT texts FROM job").one().texts)
    },
    save(state: JobState): void {
      sql.exec("UPDATE job SET state = ?", fit(state))
    },

    progress(attempt: number): Progress | null {
      const [row] = sql
        .exec<{ base: number; acked: number; last_word_at: number }>(
          "SELECT base, acked, last_word_at FROM progress WHERE attempt = ?",
          attempt,
        )
        .toArray()
      return row ? { base: row.base, acked: row.acked, lastWordAt: row.last_word_at } : null
    },
    /** The first word of an attempt: its worker's seq 1 follows everything that was stored before. */
    begin(attempt: number, now: number): void {
      sql.exec("INSERT OR IGNORE INTO progress (attempt, base, acked, last_word_at) VALUES (?, ?, 0, ?)", attempt, lastSeq(), now)
    },
    heard(attempt: number, acked: number, now: number): void {
      sql.exec("UPDATE progress SET acked = ?, last_word_at = ? WHERE attempt = ?", acked, now, attempt)
    },
    append(attempt: number, base: number, events: readonly WorkerEvent[]): Stored[] {
      const stored = events.map((event) => storedForm(attempt, base, event))
      for (let from = 0; from < stored.length; from += ROWS_PER_INSERT) {
        const rows = stored.slice(from, from + ROWS_PER_INSERT)
        const places = rows.map(() => "(?, ?, ?, ?, ?)").join(", ")
        sql.exec(
          `INSERT INTO events (seq, attempt, at, kind, data) VALUES ${places}`,
          ...rows.flatMap((row) => [row.seq, attempt, row.at, row.kind, row.data]),
        )
      }
      return stored.map(({ seq, json }) => ({ seq, json }))
    },
    /** Events after `after`, oldest first, as JSON texts. */
    page(after: number, limit: number): Stored[] {
      return sql
        .exec<{ seq: number; attempt: number; at: string; kind: string; data: string }>(
          "SELECT seq, attempt, at, kind, data FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
          after,
          limit,
        )
        .toArray()
        .map((row) => ({ seq: row.seq, json: joined(row.seq, row.attempt, row.at, row.kind, row.data) }))
    },
    countAfter: (after: number): number =>
      sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM (SELECT 1 FROM events WHERE seq > ? LIMIT 2001)", after).one().n,
    lastSeq,

    artifacts: (): { attempt: number; name: string; size: number; at: number }[] =>
      sql
        .exec<{ attempt: number; name: string; size: number; at: number }>(
          "SELECT attempt, name, size, at FROM artifacts ORDER BY attempt, name",
        )
        .toArray(),
    addArtifact(attempt: number, name: string, size: number, now: number): void {
      sql.exec("INSERT OR REPLACE INTO artifacts (attempt, name, size, at) VALUES (?, ?, ?, ?)", attempt, name, size, now)
    },

    saveResult(attempt: number, outcome: string): void {
      sql.exec("INSERT OR IGNORE INTO results (attempt, outcome) VALUES (?, ?)", attempt, outcome)
    },
    result: (attempt: number): string | null =>
      sql.exec<{ outcome: string }>("SELECT outcome FROM results WHERE attempt = ?", attempt).toArray()[0]?.outcome ?? null,

    seal(secrets: readonly { id: string; sealed: string }[]): void {
      for (const { id, sealed } of secrets) sql.exec("INSERT OR REPLACE INTO sealed (secret_id, text) VALUES (?, ?)", id, sealed)
    },
    sealed: (id: string): string | null =>
      sql.exec<{ text: string }>("SELECT text FROM sealed WHERE secret_id = ?", id).toArray()[0]?.text ?? null,
    forgetSecrets(): void {
      sql.exec("DELETE FROM sealed")
    },
  }

  function lastSeq(): number {
    const events = sql.exec<{ seq: number | null }>("SELECT MAX(seq) AS seq FROM events").one().seq ?? 0
    const gaps = sql.exec<{ seq: number | null }>("SELECT MAX(base + acked) AS seq FROM progress").one().seq ?? 0
    return Math.max(events, gaps)
  }
}
export type Ledger = ReturnType<typeof createLedger>

function fit(value: unknown): string {
  const text = JSON.stringify(value)
  if (text.length > VALUE_LIMIT) throw new Error(`a value of ${text.length} characters is above the row limit`)
  return text
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
