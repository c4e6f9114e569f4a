import { join } from "node:path"
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare"
import pLimit from "p-limit"
import { call, PAGE } from "./http.ts"
import { connect, type Numbers, quantiles, round, seqsOf, type Target, took } from "./measure.ts"

const PAGES = 12

/** The raw platform in a workerd of its own: the least a Worker with one object and one table can do for the same outcome. */
export async function startRaw(state: string) {
  const miniflare = start(state)
  const url = String(await miniflare.ready).replace(/\/$/, "")
  const db = await miniflare.getD1Database("DB")
  await db.prepare("CREATE TABLE jobs (id TEXT PRIMARY KEY)").run()
  let objects = 0

  /** An object of its own, with an empty log. */
  function target(): Target {
    const own = `${url}/object/${++objects}`
    let seq = 0
    return {
      next: () => ++seq,
      send: async (events) => {
        const { acked }: { acked: number } = JSON.parse(await call(own, {}, `{"events":[${events.join(",")}]}`))
        return acked
      },
      page: async (after) => (await fetch(`${own}?after=${after}&limit=${PAGE}`)).text(),
      view: (hear, after) => connect(after === undefined ? own : `${own}?after=${after}&limit=2000`, {}, hear),
    }
  }

  /** One row, one object, one message to whoever waits, and that one's answer. */
  async function dispatcher() {
    const name = ++objects
    let told = Promise.withResolvers<void>()
    const host = await connect(`${url}/object/${name}`, {}, (text) => void (seqsOf(text).length > 0 && told.resolve()))
    return {
      async dispatch(): Promise<void> {
        told = Promise.withResolvers()
        await Promise.all([call(`${url}/start/${name}`, {}, "{}"), told.promise])
        await call(`${url}/object/${name}`, {}, '{"events":[]}')
      },
      close: () => host.close(),
    }
  }

  return {
    target,
    dispatcher,
    /** So many jobs, so many at a time, each with its row, its object, and a claim and a result that are plain calls. */
    async drain({ jobs, slots }: { jobs: number; slots: number }): Promise<Numbers> {
      const limit = pLimit(slots)
      const from = performance.now()
      const one = async () => {
        const own = ++objects
        await call(`${url}/start/${own}`, {}, "{}")
        for (const _ of ["claim", "result"]) await call(`${url}/object/${own}`, {}, '{"events":[]}')
      }
      await Promise.all(Array.from({ length: jobs }, () => limit(one)))
      const ms = performance.now() - from
      return { jobs, ms: Math.round(ms), jobsPerSecond: round((jobs * 1000) / ms) }
    },
    pageOfRows: (rows: number) => pageOfRows(db, `${url}/rows`, rows),
    /** What the platform would bill for `work`. */
    async usedBy(work: () => Promise<void>): Promise<Numbers> {
      await fetch(`${url}/used`)
      await work()
      const used: Numbers = JSON.parse(await (await fetch(`${url}/used`)).text())
      return used
    },
    close: () => miniflare.dispose(),
  }
}
export type Raw = Awaited<ReturnType<typeof startRaw>>

function start(state: string): Miniflare {
  return new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      log: new Log(LogLevel.NONE),
      telemetry: { enabled: false },
      cf: false,
      resourcePersistencePath: state,
      name: "raw",
      modules: true,
      scriptPath: join(import.meta.dirname, "raw-worker.mjs"),
      compatibilityDate: "2026-09-01",
      durableObjects: { BASE: { className: "Baseline", useSQLite: true } },
      d1Databases: { DB: "raw" },
    }),
  )
}

/** A page of a table with an index, and nothing else. */
async function pageOfRows(db: Awaited<ReturnType<Miniflare["getD1Database"]>>, url: string, rows: number): Promise<Numbers> {
  await db.prepare("CREATE TABLE rows (id TEXT PRIMARY KEY, at INTEGER, text TEXT)").run()
  await db.prepare("CREATE INDEX rows_at ON rows (at)").run()
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
  await db.prepare(`INSERT INTO rows ${numbers} SELECT printf('row_%d', i), i, hex(zeroblob(300)) FROM n`).bind(rows).run()
  const { p95 } = quantiles(await took(PAGES, async () => void (await (await fetch(url)).text())))
  return { rows, all: p95 }
}
