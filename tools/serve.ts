import { createHash, randomBytes, scryptSync } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare"
import { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } from "wrangler"
import { ROOT, WORKER_CONFIG } from "./build.ts"

/** The control plane in workerd: the built Worker with its D1, R2 and objects, and its cron ticking. */
export interface ControlPlane {
  url: string
  /** An admin and an API token of theirs, made on the operator's side of the database. */
  createAdmin: (email: string) => Promise<{ email: string; password: string; token: string }>
  /** The token of a link that makes the first admin. */
  createSetupLink: () => Promise<string>
  /** One statement on the operator's side of the database. */
  sql: (statement: string, ...values: (string | number)[]) => Promise<void>
  /** One run of the cron now. */
  tick: () => Promise<void>
  close: () => Promise<void>
}
const CRON = "* * * * *"
const CRON_MS = 60_000

/**
 * `state` keeps everything, also the generated keys (mode 600); bound to loopback, without the development explorer.
 * `log` gets the Worker's JSON lines. `around` is a module that stands before the built Worker and imports it as `./index.js`;
 * without `ticking` the cron runs only when it is told to.
 */
export async function serve({
  state,
  port = 0,
  vars = {},
  log = () => undefined,
  around = null,
  ticking = true,
}: {
  state: string
  port?: number
  vars?: Record<string, string>
  log?: (line: string) => void
  around?: string | null
  ticking?: boolean
}): Promise<ControlPlane> {
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const chosen = port || (await freePort())
  const url = `http://127.0.0.1:${chosen}`
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions(WORKER_CONFIG)
  const folder = join(ROOT, "dist/viberglass")
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: chosen,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }) => log(message),
      unsafeLocalExplorer: false,
      telemetry: { enabled: false },
      cf: false,
      resourcePersistencePath: join(state, "workerd"),
      ...workerOptions,
      modules: [
        ...(around === null
          ? []
          : [{ type: "ESModule" as const, path: join(folder, "around.js"), contents: readFileSync(around, "utf8") }]),
        ...modulesOf(folder, main ?? "index.js"),
      ],
      bindings: { ...declared(workerOptions.bindings), ...loadKeys(state), PUBLIC_URL: url, ...vars },
    }),
  )
  await miniflare.ready
  const db = await miniflare.getD1Database("DB")
  await migrate(db)
  const worker = await miniflare.getWorker()
  const tick = async () => void (await worker.scheduled({ cron: CRON, scheduledTime: new Date() }))
  const stopCron = ticking ? eachMinute(() => tick().catch((error: unknown) => log(`cron failed: ${String(error)}`))) : () => undefined
  return {
    url,
    createAdmin: (email) => createAdmin(db, email),
    createSetupLink: () => createSetupLink(db),
    sql: async (statement, ...values) =>
      void (await db
        .prepare(statement)
        .bind(...values)
        .run()),
    tick,
    close: async () => {
      stopCron()
      await miniflare.dispose()
    },
  }
}

/** At the beginning of each minute, as the platform's cron comes: what is due at nine is not looked at a minute later. */
function eachMinute(work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout
  const wait = () => {
    timer = setTimeout(
      () => {
        void work()
        wait()
      },
      CRON_MS - (Date.now() % CRON_MS) + SLACK_MS,
    )
  }
  wait()
  return () => clearTimeout(timer)
}
/** A timer may ring a hair before its time, and then the minute has not begun. */
const SLACK_MS = 50

/** The variables of wrangler.toml as the converter types them: anything. */
const declared = (bindings: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(bindings ?? {}).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])))

type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>

function modulesOf(folder: string, main: string): { type: "ESModule" | "Text"; path: string }[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\.(js|mjs)$/.test(file))
  const first = join(folder, main.split("/").at(-1) ?? "index.js")
  const paths = files.map((file) => join(folder, file))
  return [first, ...paths.filter((path) => path !== first)].map((path) => ({ type: "ESModule", path }))
}

/** Whether somebody could listen on this port of the loopback address now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))))
    })
  })
}

function loadKeys(state: string): Record<string, string> {
  const file = join(state, "keys.json")
  if (!existsSync(file)) {
    const key = () => randomBytes(32).toString("base64")
    writeFileSync(
      file,
      JSON.stringify({
        MASTER_KEYS: JSON.stringify({ current: "local-1", keys: { "local-1": key() } }),
        WORKER_TOKEN_KEY: key(),
        SESSION_KEY: key(),
      }),
      { mode: 0o600 },
    )
  }
  return JSON.parse(readFileSync(file, "utf8"))
}

/** The same table that wrangler keeps, so that both may apply migrations to one state. */
async function migrate(db: Database): Promise<void> {
  await db
    .prepare(
      "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    )
    .run()
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>()
  const applied = new Set(results.map(({ name }) => name))
  const folder = join(ROOT, "migrations")
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()) {
    if (applied.has(name)) continue
    const statements = unstable_splitSqlQuery(readFileSync(join(folder, name), "utf8"))
    await db.batch([
      ...statements.map((statement) => db.prepare(statement)),
      db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ])
  }
}

/** Users and their password as the Worker itself would write them (control-plane/users). */
async function createAdmin(db: Database, email: string): Promise<{ email: string; password: string; token: string }> {
  const token = `vg_${randomBytes(32).toString("hex")}`
  const password = randomBytes(12).toString("base64url")
  const id = (prefix: string) => `${prefix}_${randomBytes(16).toString("hex")}`
  const [userId, now] = [id("usr"), Date.now()]
  const salt = randomBytes(16).toString("hex")
  const hash = `${salt}:${scryptSync(password, salt, 64, { N: 16_384, r: 8, p: 5, maxmem: 64 * 1024 * 1024 }).toString("hex")}`
  const run = (sql: string, ...values: (string | number)[]) => db.prepare(sql).bind(...values)
  await db.batch([
    run(
      "INSERT INTO users (id, email, name, role, disabled, email_verified, created_at, updated_at) VALUES (?, ?, 'Local admin', 'admin', 0, 1, ?, ?)",
      userId,
      email,
      now,
      now,
    ),
    run(
      "INSERT INTO accounts (id, user_id, account_id, provider_id, password, created_at, updated_at) VALUES (?, ?, ?, 'credential', ?, ?, ?)",
      id("acc"),
      userId,
      userId,
      hash,
      now,
      now,
    ),
    run(
      "INSERT INTO api_tokens (id, user_id, name, hash, prefix, scopes, created_at) VALUES (?, ?, 'local', ?, ?, ?, ?)",
      ...[id("tok"), userId, sha256(token), token.slice(0, 11), JSON.stringify(["read", "write", "admin"]), now],
    ),
  ])
  return { email, password, token }
}

/** The token of a link that makes the first admin, good for 24 hours. */
async function createSetupLink(db: Database): Promise<string> {
  const token = randomBytes(32).toString("hex")
  await db
    .prepare("INSERT INTO setup_links (hash, expires_at) VALUES (?, ?)")
    .bind(sha256(token), Date.now() + 24 * 60 * 60_000)
    .run()
  return token
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
