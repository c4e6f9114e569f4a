// The raw platform for `npm run bench`: the least a Worker with one object can do for the same outcome. No product code.
import { DurableObject } from "cloudflare:workers"

/** What was used since the last look, as the platform bills it. */
const none = () => ({ workerRequests: 0, objectRequests: 0, rowsRead: 0, rowsWritten: 0, d1RowsRead: 0, d1RowsWritten: 0 })
let used = none()

export class Baseline extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env)
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, attempt INTEGER, at TEXT, kind TEXT, data TEXT)")
  }

  async fetch(request) {
    const search = new URL(request.url).searchParams
    if (request.headers.get("upgrade") === "websocket") return this.view(search)
    if (request.method === "GET") return Response.json({ items: this.page(search) })
    const { events } = await request.json()
    this.ctx.storage.transactionSync(() => {
      for (let from = 0; from < events.length; from += 20) {
        const rows = events.slice(from, from + 20)
        const { rowsWritten } = this.ctx.storage.sql.exec(
          `INSERT OR REPLACE INTO events VALUES ${rows.map(() => "(?,?,?,?,?)").join(",")}`,
          ...rows.flatMap(({ seq, at, kind, ...data }) => [seq, 1, at, kind, JSON.stringify(data)]),
        )
        used.rowsWritten += rowsWritten
      }
    })
    for (const socket of this.ctx.getWebSockets()) socket.send(JSON.stringify({ type: "events", items: events }))
    return Response.json({ acked: events.at(-1)?.seq ?? 0 })
  }

  view(search) {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    if (search.has("after")) server.send(JSON.stringify({ type: "events", items: this.page(search) }))
    return new Response(null, { status: 101, webSocket: client })
  }

  page(search) {
    const cursor = this.ctx.storage.sql.exec(
      "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
      Number(search.get("after")),
      Number(search.get("limit")),
    )
    const rows = cursor.toArray()
    used.rowsRead += cursor.rowsRead
    return rows.map(({ data, ...row }) => ({ ...row, ...JSON.parse(data) }))
  }

  webSocketMessage() {
    // Nothing is expected from a viewer.
  }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (pathname === "/used") {
      const answer = Response.json(used)
      used = none()
      return answer
    }
    used.workerRequests++
    if (pathname === "/rows") return Response.json((await env.DB.prepare("SELECT * FROM rows ORDER BY at DESC LIMIT 51").all()).results)
    used.objectRequests++
    const object = env.BASE.get(env.BASE.idFromName(pathname))
    if (!pathname.startsWith("/start/")) return object.fetch(request)
    // What a dispatch cannot do without: one row, one object, one message to whoever waits.
    const { meta } = await env.DB.prepare("INSERT INTO jobs (id) VALUES (?)").bind(crypto.randomUUID()).run()
    used.d1RowsRead += meta.rows_read
    used.d1RowsWritten += meta.rows_written
    const host = env.BASE.get(env.BASE.idFromName(pathname.replace("/start/", "/object/")))
    return host.fetch(
      new Request(request.url, { method: "POST", body: JSON.stringify({ events: [{ seq: Date.now(), at: "", kind: "run" }] }) }),
    )
  },
}
