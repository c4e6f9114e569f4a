// The raw platform for `npm run bench`: the least a Worker with one object can do for the same outcome. No product code.
import { DurableObject } from "cloudflare:workers"

export class Baseline extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env)
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, attempt INTEGER, at TEXT, kind TEXT, data TEXT)")
  }

  async fetch(request) {
    if (request.headers.get("upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair()
      this.ctx.acceptWebSocket(server)
      return new Response(null, { status: 101, webSocket: client })
    }
    if (request.method === "GET") return Response.json({ items: this.page(new URL(request.url).searchParams) })
    const { events } = await request.json()
    this.ctx.storage.transactionSync(() => {
      for (let from = 0; from < events.length; from += 20) {
        const rows = events.slice(from, from + 20)
        this.ctx.storage.sql.exec(
          `INSERT OR REPLACE INTO events VALUES ${rows.map(() => "(?,?,?,?,?)").join(",")}`,
          ...rows.flatMap(({ seq, at, kind, ...data }) => [seq, 1, at, kind, JSON.stringify(data)]),
        )
      }
    })
    for (const socket of this.ctx.getWebSockets()) socket.send(JSON.stringify({ type: "events", items: events }))
    return Response.json({ acked: events.at(-1)?.seq ?? 0 })
  }

  page(search) {
    const rows = this.ctx.storage.sql
      .exec("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", Number(search.get("after")), Number(search.get("limit")))
      .toArray()
    return rows.map(({ data, ...row }) => ({ ...row, ...JSON.parse(data) }))
  }

  webSocketMessage() {
    // Nothing is expected from a viewer.
  }
}

export default {
  async fetch(request, env) {
    const object = env.BASE.get(env.BASE.idFromName("one"))
    if (new URL(request.url).pathname !== "/start") return object.fetch(request)
    // What a dispatch cannot do without: one row, one object, one message to whoever waits.
    await env.DB.prepare("INSERT INTO jobs (id) VALUES (?)").bind(crypto.randomUUID()).run()
    return object.fetch(
      new Request(request.url, { method: "POST", body: JSON.stringify({ events: [{ seq: Date.now(), at: "", kind: "run" }] }) }),
    )
  },
}
