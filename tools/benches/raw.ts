import { join } from "node:path"
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare"
import { call, PAGE } from "./engine.ts"
import { connect, type Target } from "./measure.ts"

/** The raw platform in a workerd of its own: the least a Worker with one object and one table can do for the same outcome. */
export async function startRaw(state: string) {
  const miniflare = new Miniflare(
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
  const url = String(await miniflare.ready).replace(/\/$/, "")
  const db = await miniflare.getD1Database("DB")
  await db.prepare("CREATE TABLE jobs (id TEXT PRIMARY KEY)").run()
  let seq = 0
  const target: Target = {
    next: () => ++seq,
    post: (events) => call(url, {}, { events }),
    page: async (after) => void (await (await fetch(`${url}/?after=${after}&limit=${PAGE}`)).json()),
    view: () => connect(url),
  }

  return {
    target,
    /** One row, one object, one message to whoever waits, and that one's answer. */
    async dispatcher() {
      const host = await connect(url)
      return {
        async dispatch(): Promise<void> {
          const told = new Promise<void>((resolve) => host.once("message", () => resolve()))
          await Promise.all([call(`${url}/start`, {}, {}), told])
          await call(url, {}, { events: [] })
        },
        close: () => host.close(),
      }
    },
    close: () => miniflare.dispose(),
  }
}
