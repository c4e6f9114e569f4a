// Between a worker and its control plane: every request may be dropped, delayed, sent twice, cut,
// overtaken by the next one, or answered with an error.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import { gunzipSync } from "node:zlib"

export type Random = () => number

/** The same seed gives the same sequence (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const FAULTS = ["drop", "lost-answer", "cut-answer", "duplicate", "delay", "error", "reorder"] as const
export type Fault = (typeof FAULTS)[number]
export interface Dice {
  rate: number
  random: Random
  only?: readonly Fault[]
  /** Changes what is sent to the target, whatever else becomes of it; a packed body comes unpacked. */
  rewrite?: (body: string) => string
}
export interface FaultProxy {
  url: string
  port: number
  /** From now on: which share of requests suffers, by which dice, and from what; from anything when `only` is left out. */
  set: (faults: Dice) => void
  counts: Record<Fault | "passed", number>
  close: () => Promise<void>
}

/** Listens on a loopback port; `target` may change its port, and may be away. */
export async function startFaultProxy({ port = 0, target }: { port?: number; target: () => number }): Promise<FaultProxy> {
  const counts: FaultProxy["counts"] = {
    drop: 0,
    "lost-answer": 0,
    "cut-answer": 0,
    duplicate: 0,
    delay: 0,
    error: 0,
    reorder: 0,
    passed: 0,
  }
  const held: Held = []
  let dice: Dice = { rate: 0, random: () => 1 }
  const server = createServer((incoming, reply) => {
    const { rate, random, only = FAULTS, rewrite } = dice
    const fault = random() < rate ? (only[Math.floor(random() * only.length)] ?? null) : null
    counts[fault ?? "passed"]++
    const pauseMs = fault === "delay" ? 50 + random() * 1200 : 0
    suffer({ incoming, reply, fault, pauseMs, port: target(), held, rewrite }).catch(() => reply.destroy())
  })
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  const address = server.address()
  const own = typeof address === "object" && address ? address.port : port
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    counts,
    set: (faults) => void (dice = faults),
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  }
}

/** Requests that arrive behind the one that comes after them. */
type Held = (() => Promise<Answer>)[]

async function suffer({
  incoming,
  reply,
  fault,
  pauseMs,
  port,
  held,
  rewrite,
}: {
  incoming: IncomingMessage
  reply: ServerResponse
  fault: Fault | null
  pauseMs: number
  port: number
  held: Held
  rewrite: Dice["rewrite"]
}): Promise<void> {
  if (fault === "drop") return void reply.destroy()
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part)
  const body = rewrite ? rewritten(incoming, Buffer.concat(parts), rewrite) : Buffer.concat(parts)
  if (fault === "error") return void reply.writeHead(503, { "content-type": "text/html" }).end("<h1>Service Unavailable</h1>")
  // Its sender takes it for lost and goes on; what it asked arrives later all the same.
  if (fault === "reorder") {
    held.push(() => forward(incoming, body, port))
    return void reply.destroy()
  }
  if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  const first = await forward(incoming, body, port)
  const answer = fault === "duplicate" ? await forward(incoming, body, port) : first
  // Nobody waits for their answers any more.
  await Promise.allSettled(held.splice(0).map((late) => late()))
  if (fault === "lost-answer") return void reply.destroy()
  reply.writeHead(answer.status, answer.headers)
  if (fault !== "cut-answer") return void reply.end(answer.body)
  reply.write(answer.body.subarray(0, Math.floor(answer.body.length / 2)))
  setTimeout(() => reply.destroy(), 5)
}

function rewritten({ headers }: IncomingMessage, body: Buffer, rewrite: (body: string) => string): Buffer {
  const unpacked = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body
  delete headers["content-encoding"]
  return Buffer.from(rewrite(unpacked.toString()))
}

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}
function forward({ method, url, headers }: IncomingMessage, body: Buffer, port: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { connection: _connection, "transfer-encoding": _encoding, ...kept } = headers
    const outgoing = request(
      { host: "127.0.0.1", port, path: url, method, headers: { ...kept, "content-length": body.length }, agent: false },
      (answer) => {
        const parts: Buffer[] = []
        answer.on("data", (part: Buffer) => parts.push(part))
        answer.on("error", reject)
        answer.on("end", () => {
          const { "transfer-encoding": _chunked, connection: _closed, ...headersBack } = answer.headers
          const whole = Buffer.concat(parts)
          resolve({ status: answer.statusCode ?? 502, headers: { ...headersBack, "content-length": String(whole.length) }, body: whole })
        })
      },
    )
    outgoing.on("error", reject)
    outgoing.end(body)
  })
}
