/**
 * Brings an object's SQLite to the newest shape. `migrations` is append-only: the index of a migration is its version.
 * Runs synchronously in the constructor; a few microseconds when nothing is to be done.
 */
export function migrate(storage: DurableObjectStorage, migrations: readonly string[]): void {
  const { sql } = storage
  sql.exec("CREATE TABLE IF NOT EXISTS schema_version (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL)")
  const applied = Number(sql.exec("SELECT version FROM schema_version").toArray()[0]?.["version"] ?? 0)
  if (applied > migrations.length)
    throw new Error(`storage has schema ${applied}, this code knows ${migrations.length}: an older release cannot run on it`)
  if (applied === migrations.length) return
  storage.transactionSync(() => {
    for (const migration of migrations.slice(applied)) sql.exec(migration)
    sql.exec("INSERT OR REPLACE INTO schema_version (only, version) VALUES (1, ?)", migrations.length)
  })
}
