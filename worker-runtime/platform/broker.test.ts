// The broker's door over real sockets, against a provider that does what each test says.
import { createServer, request as send } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { afterEach, expect, test } from "vitest"
import { ANSWERS } from "../broker/answers.fixture.ts"
import { createLedger } from "../broker/ledger.ts"
import type { EventBody } from "../line.ts"
import { startBroker } from "./broker.ts"
import type { BrokerDeps, RunningBroker } from "./broker.ts"

const KEY = "sk-the-real-key-0123456789"
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

interface Seen {
  method: string
  url: string
  headers: IncomingMessage["headers"]
  body: string
}
type Provider = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void

async function open(provider: Provider, change: Partial<BrokerDeps> & { budgetUsd?: number } = {}) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      provider(one, response, request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const events: EventBody[] = []
  const troubles: string[] = []
  const ledger = createLedger({
    budgetUsd: change.budgetUsd,
    tell: (event) => void events.push(event),
    onOverBudget: () => {},
    onUsageLimit: () => {},
  })
  const broker = await startBroker({
    dialect: "anthropic",
    upstream: new URL(`http://127.0.0.1:${port}`),
    keys: { ANTHROPIC_API_KEY: KEY },
    ledger,
    now: () => Date.parse("2026-11-20T10:00:00Z"),
    onTrouble: (why) => void troubles.push(why),
    ...change,
  })
  closers.push(broker.close, () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))))
  return { broker, seen, events, troubles, ledger, port }
}

const ask = (broker: RunningBroker, { path = "/v1/messages", body = "{}", key = Object.values(broker.placeholders)[0] ?? "" } = {}) =>
  fetch(`${broker.baseUrl}${path}`, { method: "POST", headers: { "x-api-key": key, "content-type": "application/json" }, body })

const whole: Provider = (_seen, response) => {
  response.writeHead(200, { "content-type": "application/json", "request-id": "req_7", "set-cookie": "a=b" })
  response.end(ANSWERS["anthropic message"].body)
}

test("a call gets the real key, its answer comes back as it is, and is counted", async () => {
  const { broker, seen, events } = await open(whole)
  const response = await ask(broker, { path: "/v1/messages?beta=true", body: '{"model":"x"}' })
  expect(await response.text()).toBe(ANSWERS["anthropic message"].body)
  expect(response.headers.get("request-id")).toBe("req_7")
  expect(response.headers.get("set-cookie")).toBeNull()
  expect(seen).toMatchObject([{ method: "POST", url: "/v1/messages?beta=true", body: '{"model":"x"}' }])
  expect(seen[0]?.headers).toMatchObject({ "x-api-key": KEY, "accept-encoding": "identity" })
  await broker.settled()
  expect(events).toEqual([expect.objectContaining({ kind: "usage", model: "claude-opus-5-5", inputTokens: 9, outputTokens: 3 })])
})

test.each(["vb_0000", KEY, "", "Bearer x"])("with %j for a placeholder nothing reaches the provider", async (key) => {
  const { broker, seen } = await open(whole)
  const response = await ask(broker, { key, body: "x".repeat(3_000_000) })
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ type: "error", error: { type: "authentication_error" } })
  expect(seen).toEqual([])
})

test("it is no open proxy: other paths, absolute addresses, CONNECT and upgrades lead nowhere", async () => {
  const { broker, seen, port } = await open(whole)
  expect((await ask(broker, { path: "/v1/files" })).status).toBe(404)
  const placeholder = Object.values(broker.placeholders)[0] ?? ""
  const own = new URL(broker.baseUrl)
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(own.port), "127.0.0.1", () => socket.end(text))
      let said = ""
      socket.on("data", (chunk) => (said += chunk.toString()))
      socket.on("close", () => resolve(said))
      socket.on("error", () => resolve(said))
    })
  const headers = `Host: x\r\nx-api-key: ${placeholder}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
  expect(await raw(`POST http://127.0.0.1:${port}/v1/messages HTTP/1.1\r\n${headers}`)).toMatch(/^HTTP\/1.1 404/)
  expect(await raw(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\n${headers}`)).not.toMatch(/^HTTP\/1.1 200/)
  expect(await raw(`GET /v1/responses HTTP/1.1\r\nUpgrade: websocket\r\n${headers}`)).toMatch(/^HTTP\/1.1 404/)
  expect(seen).toEqual([])
})

test("a stream arrives piece by piece, unchanged, and no faster than it is read", async () => {
  const { body, tokens } = ANSWERS["anthropic stream"]
  const half = Buffer.from(body).subarray(0, 411)
  const rest = Buffer.from(body).subarray(411)
  let goOn = () => {}
  const { broker, events } = await open((_seen, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(half)
    // The other half comes only when the first has arrived: a broker that waits for more would wait for ever.
    goOn = () => void response.end(rest)
  })
  const response = await ask(broker)
  const pieces: Uint8Array[] = []
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    if (Buffer.concat(pieces).length === half.length) goOn()
  }
  expect(Buffer.concat(pieces).toString()).toBe(body)
  await broker.settled()
  expect(events[0]).toMatchObject({ kind: "usage", outputTokens: tokens.outputTokens, cacheReadTokens: tokens.cacheReadTokens })
})

test("an agent that does not read holds the provider back", async () => {
  const piece = Buffer.alloc(64 * 1024, "x")
  let written = 0
  let stopped = () => {}
  const full = new Promise<void>((resolve) => (stopped = resolve))
  const { broker } = await open((_seen, response) => {
    response.writeHead(200, { "content-type": "application/octet-stream" })
    const write = () => {
      while (written < 200 * 1024 * 1024) {
        written += piece.length
        if (!response.write(piece)) return void response.once("drain", write)
      }
    }
    write()
    // Nothing drains any more for as long as this takes: the pipes are full.
    let last = -1
    const look = setInterval(() => {
      if (written === last) {
        clearInterval(look)
        stopped()
      }
      last = written
    }, 200)
  })
  const headers = { "x-api-key": Object.values(broker.placeholders)[0] ?? "" }
  const reply = await new Promise<IncomingMessage>((resolve) =>
    send(`${broker.baseUrl}/v1/messages`, { method: "POST", headers, agent: false }, resolve).end("{}"),
  )
  reply.pause()
  await full
  expect(written).toBeLessThan(50 * 1024 * 1024)
  reply.destroy()
})

test("an agent that hangs up ends the provider's work, and what was said until then counts", async () => {
  const { body } = ANSWERS["anthropic stream"]
  let ended = () => {}
  const hungUp = new Promise<void>((resolve) => (ended = resolve))
  const { broker, events } = await open((_seen, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(body.slice(0, body.indexOf("event: message_delta")))
    response.on("close", () => ended())
  })
  const stop = new AbortController()
  const headers = { "x-api-key": Object.values(broker.placeholders)[0] ?? "" }
  const response = await fetch(`${broker.baseUrl}/v1/messages`, { method: "POST", headers, body: "{}", signal: stop.signal })
  await response.body?.getReader().read()
  stop.abort()
  await hungUp
  await broker.settled()
  expect(events).toEqual([expect.objectContaining({ kind: "usage", inputTokens: 12, cacheReadTokens: 4000 })])
})

test("a packed answer passes packed, and is counted", async () => {
  const packed = gzipSync(ANSWERS["anthropic message"].body)
  const { broker, events } = await open((_seen, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
    response.end(packed)
  })
  const response = await ask(broker)
  expect(response.headers.get("content-encoding")).toBe("gzip")
  expect(await response.text()).toBe(ANSWERS["anthropic message"].body)
  await broker.settled()
  expect(events[0]).toMatchObject({ kind: "usage", inputTokens: 9 })
})

test("a gateway that refuses the question about usage is asked without it", async () => {
  const { broker, seen, events } = await open(
    ({ body }, response) => {
      const refused = body.includes("stream_options")
      response.writeHead(refused ? 422 : 200, { "content-type": refused ? "application/json" : "text/event-stream" })
      response.end(refused ? '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"]}]}' : ANSWERS["openai chat stream"].body)
    },
    { dialect: "openai", keys: { OPENAI_API_KEY: KEY } },
  )
  const headers = { authorization: `Bearer ${broker.placeholders["OPENAI_API_KEY"]}` }
  const body = '{ "stream": true }'
  const response = await fetch(`${broker.baseUrl}/chat/completions`, { method: "POST", headers, body })
  expect(await response.text()).toBe(ANSWERS["openai chat stream"].body)
  expect(seen.map((one) => one.body)).toEqual(['{"stream":true,"stream_options":{"include_usage":true}}', body])
  expect(seen[1]?.headers["content-length"]).toBe(String(body.length))
  await broker.settled()
  expect(events[0]).toMatchObject({ kind: "usage", inputTokens: 232 })
})

test("errors pass as they are, without a key that they quote; a usage limit is noticed", async () => {
  const { broker, ledger } = await open((_seen, response) => {
    response.writeHead(429, { "content-type": "application/json", "retry-after": "7200" })
    response.end(JSON.stringify({ error: { message: `The usage limit of ${KEY} is reached` } }))
  })
  const response = await ask(broker)
  expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7200"])
  expect(await response.text()).toBe('{"error":{"message":"The usage limit of [key] is reached"}}')
  expect(ledger.usageLimit()).toMatchObject({ resetsAt: "2026-11-20T12:00:00.000Z" })
})

test("when the budget is spent the next call is refused and the provider not asked", async () => {
  const { broker, seen, ledger } = await open(whole, { budgetUsd: 0.000_000_1 })
  expect((await ask(broker)).status).toBe(200)
  await broker.settled()
  const refused = await ask(broker, { body: "x".repeat(2_000_000) })
  expect(refused.status).toBe(402)
  expect(await refused.json()).toMatchObject({ type: "error", error: { type: "billing_error" } })
  expect(seen).toHaveLength(1)
  expect(ledger.overBudget()).toMatchObject({ kind: "budget-exceeded" })
})

test("a provider that is away, redirects, says nothing or too much", async () => {
  const away = await open(whole, { upstream: new URL("http://127.0.0.1:1") })
  const down = await ask(away.broker)
  expect(down.status).toBe(502)
  expect(await down.text()).toContain("ECONNREFUSED")
  expect(away.troubles).toEqual(["ECONNREFUSED"])

  const redirects = await open((_seen, response) => response.writeHead(302, { location: "https://elsewhere.test/" }).end())
  const moved = await ask(redirects.broker)
  expect([moved.status, await moved.text()]).toEqual([502, expect.stringContaining("https://elsewhere.test/")])

  const silent = await open(() => {}, { limits: { idleMs: 100 } })
  expect((await ask(silent.broker)).status).toBe(502)

  const endless = await open((_seen, response) => void response.writeHead(200).end("x".repeat(5000)), { limits: { answerBytes: 1000 } })
  await expect(ask(endless.broker).then((response) => response.text())).rejects.toThrow()

  const small = await open(whole, { limits: { requestBytes: 1000 } })
  expect((await ask(small.broker, { body: "x".repeat(500_000) })).status).toBe(413)
  expect(small.seen).toEqual([])
})

test("a kept connection that the provider closed meanwhile is tried anew, a new one is not", async () => {
  const served = new WeakMap<object, number>()
  let resets = 0
  const resetOn = (nth: number) => async () => {
    const { broker, seen } = await open((_seen, response, request) => {
      const count = (served.get(request.socket) ?? 0) + 1
      served.set(request.socket, count)
      if (count === nth && resets++ < 1) return void request.socket.resetAndDestroy()
      response.writeHead(200, { "content-type": "application/json" })
      response.end(ANSWERS["anthropic message"].body)
    })
    const statuses = [(await ask(broker)).status, (await ask(broker)).status]
    return { statuses, asked: seen.length }
  }
  expect(await resetOn(2)()).toEqual({ statuses: [200, 200], asked: 3 })
  resets = 0
  expect(await resetOn(1)()).toEqual({ statuses: [502, 200], asked: 2 })
})

test("it listens on this machine alone, and is gone when closed", async () => {
  const { broker } = await open(whole)
  expect(broker.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  await broker.close()
  await expect(ask(broker)).rejects.toThrow()
})
