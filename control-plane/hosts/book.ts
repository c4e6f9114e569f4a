import type { HostCall, HostSays } from "#contract/host.ts"
import { OUTBOX_SCHEMA } from "../durable/outbox.ts"
import { migrate } from "../durable/sql-migrations.ts"

const MIGRATIONS = [
  `CREATE TABLE host (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL, name TEXT NOT NULL, secret_hash TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
     hello TEXT, connected INTEGER NOT NULL DEFAULT 0, last_seen_at INTEGER, projection INTEGER NOT NULL DEFAULT 0);
   CREATE TABLE calls (id TEXT PRIMARY KEY, call TEXT NOT NULL, reply TEXT, at INTEGER NOT NULL);
   CREATE TABLE runs (job_id TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, oom INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL, PRIMARY KEY (job_id, attempt));
   ${OUTBOX_SCHEMA};`,
  "CREATE INDEX calls_at ON calls (at)",
]

export type Hello = Extract<HostSays, { type: "hello" }>
export type Reply = Extract<HostSays, { type: "reply" }>
/** `asked`: the command is stored, the host has not answered it. `missing`: the host does not know it any more. */
export type RunState = "asked" | "running" | "exited" | "refused" | "missing"
export interface Run {
  state: RunState
  reason: string
  oom: boolean
}
export interface HostRow {
  id: string
  name: string
  secretHash: string
  revoked: boolean
  connected: boolean
  hello: Hello | null
  lastSeenAt: number | null
  projection: number
}

/** The workers of a host, as far as it has told. */
function createRuns(sql: SqlStorage) {
  return {
    run(jobId: string, attempt: number): Run | null {
      const [row] = sql
        .exec<{ state: RunState; reason: string; oom: number }>(
          "SELECT state, reason, oom FROM runs WHERE job_id = ? AND attempt = ?",
          jobId,
          attempt,
        )
        .toArray()
      return row ? { state: row.state, reason: row.reason, oom: row.oom === 1 } : null
    },
    setRun(jobId: string, attempt: number, { state, reason, oom }: Run, now: number): void {
      sql.exec(
        "INSERT OR REPLACE INTO runs (job_id, attempt, state, reason, oom, at) VALUES (?, ?, ?, ?, ?, ?)",
        jobId,
        attempt,
        state,
        reason,
        oom ? 1 : 0,
        now,
      )
    },
    living: (): { jobId: string; attempt: number }[] =>
      sql
        .exec<{ job_id: string; attempt: number }>("SELECT job_id, attempt FROM runs WHERE state = 'running'")
        .toArray()
        .map((row) => ({ jobId: row.job_id, attempt: row.attempt })),
  }
}

/** A host's SQLite: who it is, what it was asked, which workers it runs. */
export function createHostBook(storage: DurableObjectStorage) {
  migrate(storage, MIGRATIONS)
  const { sql } = storage
  return {
    ...createRuns(sql),

    create: (id: string, name: string, secretHash: string) =>
      void sql.exec("INSERT OR IGNORE INTO host (only, id, name, secret_hash) VALUES (1, ?, ?, ?)", id, name, secretHash),
    load(): HostRow | null {
      const [row] = sql.exec("SELECT * FROM host").toArray()
      if (!row) return null
      return {
        id: String(row["id"]),
        name: String(row["name"]),
        secretHash: String(row["secret_hash"]),
        revoked: row["revoked"] === 1,
        connected: row["connected"] === 1,
        hello: typeof row["hello"] === "string" ? JSON.parse(row["hello"]) : null,
        lastSeenAt: typeof row["last_seen_at"] === "number" ? row["last_seen_at"] : null,
        projection: Number(row["projection"]),
      }
    },
    revoke: () => void sql.exec("UPDATE host SET revoked = 1, connected = 0, projection = projection + 1"),
    connected: (hello: Hello, now: number) =>
      void sql.exec("UPDATE host SET hello = ?, connected = 1, last_seen_at = ?, projection = projection + 1", JSON.stringify(hello), now),
    away: (now: number) =>
      void sql.exec("UPDATE host SET connected = 0, last_seen_at = ?, projection = projection + 1 WHERE connected = 1", now),

    /** Notes a call once; says whether it is new. */
    ask(call: HostCall, now: number): boolean {
      if (sql.exec("SELECT 1 FROM calls WHERE id = ?", call.id).toArray().length > 0) return false
      sql.exec("INSERT INTO calls (id, call, at) VALUES (?, ?, ?)", call.id, JSON.stringify(call), now)
      return true
    },
    knows: (id: string): boolean => sql.exec("SELECT 1 FROM calls WHERE id = ?", id).toArray().length > 0,
    reply(id: string): Reply | null {
      const text = sql.exec<{ reply: string | null }>("SELECT reply FROM calls WHERE id = ?", id).toArray()[0]?.reply
      return text ? JSON.parse(text) : null
    },
    /** The call that this answers, or null when it is not known or already answered. */
    answered(reply: Reply): HostCall | null {
      const [row] = sql.exec<{ call: string }>("SELECT call FROM calls WHERE id = ? AND reply IS NULL", reply.id).toArray()
      if (!row) return null
      sql.exec("UPDATE calls SET reply = ? WHERE id = ?", JSON.stringify(reply), reply.id)
      return JSON.parse(row.call)
    },
    /** When the oldest ping without an answer was sent. A range of the key: LIKE would read every call of the last day. */
    pingedAt: (): number | null =>
      sql.exec<{ at: number | null }>("SELECT MIN(at) AS at FROM calls WHERE id >= 'ping:' AND id < 'ping;' AND reply IS NULL").one().at,
    open: (): string[] =>
      sql
        .exec<{ call: string }>("SELECT call FROM calls WHERE reply IS NULL ORDER BY at, id")
        .toArray()
        .map(({ call }) => call),
    /** Answers nobody will ask for again, and commands that come too late: their jobs have ended by their own clocks. */
    forgetBefore(at: number): void {
      sql.exec("DELETE FROM calls WHERE at < ?", at)
      // One that may live stays: what is not known here counts as proof that it does not.
      sql.exec("DELETE FROM runs WHERE at < ? AND state IN ('exited', 'refused', 'missing')", at)
    },
  }
}
export type HostBook = ReturnType<typeof createHostBook>
