import { OUTBOX_SCHEMA } from "../durable/outbox.ts"
import { migrate } from "../durable/sql-migrations.ts"
import type { Caps, Held, Waiting } from "./order.ts"
import { DEFAULT_INSTALLATION_LIMIT, type Enqueued, INSTALLATION_CAP, PAUSE_CAP } from "./stub.ts"

const MIGRATIONS = [
  `CREATE TABLE waiting (job_id TEXT PRIMARY KEY, project_id TEXT NOT NULL, clanker_id TEXT NOT NULL, keys TEXT NOT NULL, priority INTEGER NOT NULL, at INTEGER NOT NULL);
   CREATE TABLE leases (lease_id TEXT PRIMARY KEY, job_id TEXT NOT NULL, project_id TEXT NOT NULL, clanker_id TEXT NOT NULL, keys TEXT NOT NULL, at INTEGER NOT NULL);
   CREATE INDEX leases_job ON leases (job_id);
   CREATE TABLE caps (key TEXT PRIMARY KEY, max INTEGER NOT NULL, reason TEXT);
   INSERT INTO caps (key, max, reason) VALUES ('${INSTALLATION_CAP}', ${DEFAULT_INSTALLATION_LIMIT}, NULL);
   ${OUTBOX_SCHEMA};`,
  "ALTER TABLE leases ADD COLUMN audited_at INTEGER NOT NULL DEFAULT 0",
]

/** What the book says, without changing it. */
function createReads(sql: SqlStorage) {
  const rows = <T extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]) =>
    sql.exec<T>(query, ...values).toArray()

  const held = (): Held[] =>
    rows<{ keys: string; project_id: string }>("SELECT keys, project_id FROM leases").map((row) => ({
      keys: JSON.parse(row.keys),
      projectId: row.project_id,
    }))

  return {
    held,
    /** In no order: whose turn it is, `order.ts` says. */
    waiting(): Waiting[] {
      return rows<{ job_id: string; project_id: string; keys: string; priority: number; at: number }>(
        "SELECT job_id, project_id, keys, priority, at FROM waiting",
      ).map((row) => ({ jobId: row.job_id, projectId: row.project_id, keys: JSON.parse(row.keys), priority: row.priority, at: row.at }))
    },
    used(): Map<string, number> {
      const used = new Map<string, number>()
      for (const { keys } of held()) for (const key of keys) used.set(key, (used.get(key) ?? 0) + 1)
      return used
    },
    caps(): Caps {
      return new Map(
        rows<{ key: string; max: number; reason: string | null }>("SELECT key, max, reason FROM caps").map((row) => [
          row.key,
          { limit: row.max, reason: row.reason },
        ]),
      )
    },
    counts(): Record<string, { running: number; queued: number }> {
      const counts: Record<string, { running: number; queued: number }> = {}
      for (const { clanker_id, running, queued } of rows<{ clanker_id: string; running: number; queued: number }>(
        "SELECT clanker_id, SUM(running) AS running, SUM(queued) AS queued FROM (SELECT clanker_id, 1 AS running, 0 AS queued FROM leases UNION ALL SELECT clanker_id, 0, 1 FROM waiting) GROUP BY clanker_id",
      ))
        counts[clanker_id] = { running, queued }
      return counts
    },
    holds: (leaseId: string): boolean => rows("SELECT 1 FROM leases WHERE lease_id = ?", leaseId).length > 0,
  }
}

/** The queue's SQLite: who waits, who holds a slot, what the caps are. */
export function createBook(storage: DurableObjectStorage) {
  migrate(storage, MIGRATIONS)
  const { sql } = storage
  const rows = <T extends Record<string, SqlStorageValue>>(query: string, ...values: SqlStorageValue[]) =>
    sql.exec<T>(query, ...values).toArray()

  const setCap = (key: string, limit: number, reason: string | null) =>
    void sql.exec(
      "INSERT INTO caps (key, max, reason) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET max = excluded.max, reason = excluded.reason",
      key,
      limit,
      reason,
    )

  return {
    ...createReads(sql),
    setCap,
    enqueue({ jobId, projectId, clankerId, priority, at, caps }: Enqueued): void {
      if (rows("SELECT 1 FROM leases WHERE job_id = ?", jobId).length > 0) return
      const keys = [PAUSE_CAP, INSTALLATION_CAP, ...Object.keys(caps)]
      // What came with a job may be old: only a cap that nobody has set yet is taken from it.
      for (const [key, limit] of Object.entries(caps))
        if (limit !== null) sql.exec("INSERT OR IGNORE INTO caps (key, max) VALUES (?, ?)", key, limit)
      sql.exec(
        "INSERT OR REPLACE INTO waiting (job_id, project_id, clanker_id, keys, priority, at) VALUES (?, ?, ?, ?, ?, ?)",
        jobId,
        projectId,
        clankerId,
        JSON.stringify(keys),
        priority,
        at,
      )
    },
    release: (leaseId: string) => void sql.exec("DELETE FROM leases WHERE lease_id = ?", leaseId),
    dropCap: (key: string) => void sql.exec("DELETE FROM caps WHERE key = ?", key),
    /**
     * Those that were not asked about for longest, so that every lease has its turn; without those whose grant is still on
     * its way: their jobs do not know of them yet.
     */
    toAudit(limit: number, now: number): { jobId: string; leaseId: string }[] {
      const found = rows<{ job_id: string; lease_id: string }>(
        "SELECT job_id, lease_id FROM leases WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE key = 'grant:' || lease_id) ORDER BY audited_at, at LIMIT ?",
        limit,
      )
      for (const { lease_id } of found) sql.exec("UPDATE leases SET audited_at = ? WHERE lease_id = ?", now, lease_id)
      return found.map((row) => ({ jobId: row.job_id, leaseId: row.lease_id }))
    },
    leave: (jobId: string) => void sql.exec("DELETE FROM waiting WHERE job_id = ?", jobId),
    lease(job: Waiting, leaseId: string, now: number): void {
      sql.exec(
        "INSERT INTO leases (lease_id, job_id, project_id, clanker_id, keys, at) SELECT ?, job_id, project_id, clanker_id, keys, ? FROM waiting WHERE job_id = ?",
        leaseId,
        now,
        job.jobId,
      )
      sql.exec("DELETE FROM waiting WHERE job_id = ?", job.jobId)
    },
  }
}
export type Book = ReturnType<typeof createBook>
