// Cloudflare by its own program, wrangler, with the account and the token of the environment.
import { spawnSync } from "node:child_process"
import { createHash, randomBytes } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { ROOT } from "./build.ts"

export const ENVIRONMENTS = ["dev", "prod"] as const
export type Environment = (typeof ENVIRONMENTS)[number]
export const WORKERS: Record<Environment, string> = { dev: "viberglass-dev", prod: "viberglass" }

/** A sentence for the operator; the program ends with 1, or 64 for what was asked wrongly. */
export class Refusal extends Error {
  readonly exitCode: 1 | 64
  constructor(message: string, exitCode: 1 | 64 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export function readEnvironment(word: string | undefined, script: string): Environment {
  const found = ENVIRONMENTS.find((name) => name === word)
  if (!found) throw new Refusal(`npm run ${script} -- <${ENVIRONMENTS.join("|")}>: ${word ? `there is no "${word}"` : "name one"}.`, 64)
  return found
}

/** Runs the whole of a script: what it refuses is said without a stack. */
export async function main(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    console.error(error.message)
    process.exitCode = error.exitCode
  }
}

/** What it wrote; its words as the refusal when it fails. */
export function wrangler(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync("wrangler", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
  if (error) throw new Refusal(`wrangler did not start: ${error.message}`)
  if (status !== 0) throw new Refusal(`wrangler ${args.slice(0, 3).join(" ")} failed:\n${`${stdout}${stderr}`.trim()}`)
  return stdout
}

/** Notices may stand before the answer. */
export function wranglerJson<T>(schema: z.ZodType<T>, ...args: string[]): T {
  const text = wrangler(...args)
  return schema.parse(JSON.parse(text.slice(Math.max(0, text.search(/^[[{]/m)))))
}

export interface RemoteDatabase {
  id: string
  migrate: () => string
  /** The rows of one statement. */
  rows: (sql: string) => Record<string, unknown>[]
}

const databasesSchema = z.array(z.object({ uuid: z.string(), name: z.string() }))
const rowsSchema = z.array(z.object({ results: z.array(z.record(z.string(), z.unknown())) }))

/** The environment's D1 by its name; made where there is none and `make` says so. */
export function remoteDatabase(environment: Environment, { make = false }: { make?: boolean } = {}): RemoteDatabase {
  const name = WORKERS[environment]
  const find = () => wranglerJson(databasesSchema, "d1", "list", "--json").find((database) => database.name === name)?.uuid
  let id = find()
  if (id === undefined && make) {
    wrangler("d1", "create", name)
    id = find()
  }
  if (id === undefined) throw new Refusal(`There is no D1 database ${name} in this account: npm run deploy -- ${environment} makes it.`)
  const folder = join(ROOT, ".local", "deploy")
  const config = join(folder, `${environment}-database.json`)
  mkdirSync(folder, { recursive: true })
  const binding = { binding: "DB", database_name: name, database_id: id, migrations_dir: join(ROOT, "migrations") }
  writeFileSync(config, JSON.stringify({ name, compatibility_date: "2026-09-01", d1_databases: [binding] }))
  return {
    id,
    migrate: () => wrangler("d1", "migrations", "apply", "DB", "--remote", "--config", config),
    rows: (sql) =>
      wranglerJson(rowsSchema, "d1", "execute", "DB", "--remote", "--json", "--command", sql, "--config", config)[0]?.results ?? [],
  }
}

const LINK_MS = 24 * 60 * 60_000

/** A link that makes the first admin, good for a day; null where there is one already. Its token is in no statement and no log. */
export function setupLink(database: RemoteDatabase, url: string): string | null {
  const [anybody] = database.rows("SELECT 1 AS found FROM users INNER JOIN accounts ON accounts.user_id = users.id LIMIT 1")
  if (anybody) return null
  const token = randomBytes(32).toString("hex")
  const hash = createHash("sha256").update(token).digest("hex")
  database.rows(`INSERT INTO setup_links (hash, expires_at) VALUES ('${hash}', ${Date.now() + LINK_MS})`)
  return `${url}/setup#${token}`
}
