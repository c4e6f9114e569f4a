import { DEADLINES_SCHEMA } from "../durable/deadlines.ts"
import { OUTBOX_SCHEMA } from "../durable/outbox.ts"
import { migrate } from "../durable/sql-migrations.ts"
import { createEventLog } from "./event-log.ts"
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
  "CREATE TABLE archive (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, key TEXT NOT NULL)",
  // When the event came in. Rows from before have 0: what `progress` says counts for them.
  "ALTER TABLE events ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0",
]

/** Local workerd accepts larger rows than production's 2 MB: the same bound everywhere. */
const VALUE_LIMIT = 1_500_000
/** A job's own SQLite: its state, its event log, and what it was made of. Synchronous; callers hold the transaction. */
export function createLedger(storage: DurableObjectStorage) {
  migrate(storage, MIGRATIONS)
  const { sql } = storage

  return {
    ...createEventLog(sql),

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

    artifacts: (): { attempt: number; name: string; size: number; at: number }[] =>
      sql
        .exec<{ attempt: number; name: string; size: number; at: number }>(
          "SELECT attempt, name, size, at FROM artifacts ORDER BY attempt, name",
        )
        .toArray(),
    addArtifact(attempt: number, name: string, size: number, now: number): void {
      sql.exec("INSERT OR REPLACE INTO artifacts (attempt, name, size, at) VALUES (?, ?, ?, ?)", attempt, name, size, now)
    },
    forgetArtifact(attempt: number, name: string): void {
      sql.exec("DELETE FROM artifacts WHERE attempt = ? AND name = ?", attempt, name)
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
}
export type Ledger = ReturnType<typeof createLedger>

function fit(value: unknown): string {
  const text = JSON.stringify(value)
  if (text.length > VALUE_LIMIT) throw new Error(`a value of ${text.length} characters is above the row limit`)
  return text
}
