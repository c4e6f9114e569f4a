// One model call of the agent: checked, passed on with the real key, answered as the provider answers.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http"
import { pipeline } from "node:stream/promises"
import { DIALECTS, routeOf } from "../broker/dialects.ts"
import type { Asked, DialectName, Trouble } from "../broker/dialects.ts"
import { toAgent, toProvider } from "../broker/headers.ts"
import type { Passage } from "../broker/headers.ts"
import type { Ledger } from "../broker/ledger.ts"
import { usageLimitIn } from "../broker/limit.ts"
import { prepareBody, refusesTheQuestion } from "../broker/request.ts"
import type { Prepared } from "../broker/request.ts"
import { createTap } from "../broker/tap.ts"
import type { Upstream } from "./upstream.ts"

/** What a call needs to know of its broker. */
export interface Relay {
  dialect: DialectName
  /** Where calls go: an http(s) address, with or without a path. */
  upstream: URL
  /** Name of a secret → the real key. */
  keys: Readonly<Record<string, string>>
  ledger: Ledger
  now: () => number
  /** A call that could not be made or broke off; no key and nothing of its content. */
  onTrouble: (why: string) => void
  limits: BrokerLimits
  send: Upstream["send"]
  keyOf: (placeholder: string) => string | null
}

export interface BrokerLimits {
  /** Of a request. Providers themselves take 20 to 32 MiB. */
  requestBytes: number
  answerBytes: number
  /** Without a byte from the provider: also the longest wait for an answer in one piece. */
  idleMs: number
  /** At the same time. */
  connections: number
}
/** Of an error's body. */
const ERROR_BYTES = 1024 * 1024

/** Rejects only for what is a fault of ours. */
export async function answer(relay: Relay, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const dialect = DIALECTS[relay.dialect]
  const refuse = (trouble: Trouble) => {
    // What is left of the request is thrown away; a connection cut under a sender would hide the answer from it.
    request.resume()
    response.writeHead(trouble.status, { "content-type": "application/json" })
    response.end(JSON.stringify(dialect.error(trouble)))
  }
  const asked = routeOf({ dialect, base: relay.upstream, method: request.method ?? "", target: request.url ?? "" })
  if (asked === null) return refuse({ status: 404, message: "The worker's broker passes on model calls only." })
  const passage = toProvider({ headers: request.headers, url: asked.url, dialect, keyOf: relay.keyOf })
  if (passage === null) return refuse({ status: 401, message: "The worker's broker does not know this key." })
  const objection = asked.route.counts ? relay.ledger.objection() : null
  if (objection !== null) return refuse({ status: 402, message: objection })
  const body = await readUpTo(request, relay.limits.requestBytes)
  if (body === null) return refuse({ status: 413, message: "The request is too large for the worker's broker." })
  const call: Call = { relay, asked, passage, prepared: prepareBody(asked, body), method: request.method ?? "", response }
  try {
    await pass(call, await ask(call, body))
  } catch (error) {
    const why = reasonOf(error)
    if (!response.destroyed) relay.onTrouble(why)
    if (response.headersSent || response.destroyed) response.destroy()
    else refuse({ status: 502, message: `The model's provider could not be reached: ${why}` })
  }
}

interface Call {
  relay: Relay
  asked: Asked
  passage: Passage
  prepared: Prepared
  method: string
  response: ServerResponse
}

/** The provider's answer, in full when it is an error. Asked again without our own question when that is what it refuses. */
async function ask(call: Call, original: Buffer): Promise<{ reply: IncomingMessage; error: Buffer | null }> {
  const { prepared } = call
  const reply = await send(call, prepared.body)
  const error = await errorOf(reply)
  if (!prepared.changed || error === null || !refusesTheQuestion(reply.statusCode ?? 0, error.toString())) return { reply, error }
  const second = await send(call, original)
  return { reply: second, error: await errorOf(second) }
}

function send({ relay, passage, method, response }: Call, body: Buffer): Promise<IncomingMessage> {
  const headers: OutgoingHttpHeaders = { ...passage.headers }
  delete headers["content-length"]
  if (method !== "GET") headers["content-length"] = String(body.length)
  const gone = new AbortController()
  response.once("close", () => gone.abort())
  return relay.send({ url: passage.url, method, headers, body, signal: gone.signal })
}

/** The body of everything that is no success, so that it can be looked at. */
async function errorOf(reply: IncomingMessage): Promise<Buffer | null> {
  const status = reply.statusCode ?? 0
  if (status >= 200 && status < 300) return null
  const body = await readUpTo(reply, ERROR_BYTES)
  if (body === null) reply.destroy()
  return body ?? Buffer.alloc(0)
}

async function pass(call: Call, { reply, error }: { reply: IncomingMessage; error: Buffer | null }): Promise<void> {
  const { relay, response } = call
  const status = reply.statusCode ?? 502
  // Followed by the agent, it would carry the placeholder somewhere else, where it opens nothing.
  if (status >= 300 && status < 400) throw new Error(`it redirects to ${reply.headers.location ?? "nowhere"}; set that as the base URL`)
  if (error === null) return stream(call, reply)
  relay.ledger.refused(usageLimitIn({ status, headers: reply.headers, text: error.toString(), now: relay.now() }))
  const headers = toAgent(reply.headers)
  const body = withoutKeys(error, relay)
  response.writeHead(status, { ...headers, "content-length": String(body.length) })
  response.end(body)
}

/** Some gateways quote the key that they refuse. */
function withoutKeys(body: Buffer, { keys }: Relay): Buffer {
  const text = body.toString()
  const cleaned = Object.values(keys).reduce((left, key) => left.replaceAll(key, "[key]"), text)
  return cleaned === text ? body : Buffer.from(cleaned)
}

/** Byte for byte and no faster than the agent reads; a copy is counted. */
async function stream({ relay, asked, prepared, response }: Call, reply: IncomingMessage): Promise<void> {
  const { ledger, dialect, limits, now } = relay
  response.writeHead(reply.statusCode ?? 200, toAgent(reply.headers))
  response.flushHeaders()
  const tap = createTap({
    dialect,
    contentType: reply.headers["content-type"] ?? "",
    contentEncoding: reply.headers["content-encoding"] ?? "",
  })
  let bytes = 0
  reply.on("data", (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > limits.answerBytes) reply.destroy(new Error("the answer is too large"))
    else if (asked.route.counts) tap.push(chunk)
  })
  try {
    await pipeline(reply, response)
  } finally {
    // Also what broke off has been used.
    if (asked.route.counts) {
      const { usage, error } = await tap.end()
      ledger.answered(usage?.model ?? prepared.model ?? "unknown", usage?.tokens ?? null)
      if (error !== null) ledger.refused(usageLimitIn({ status: 200, headers: reply.headers, text: error, now: now() }))
    }
  }
}

/** Null as soon as there is more; the source is left as it is then. */
function readUpTo(source: IncomingMessage, limit: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) return void chunks.push(chunk)
      source.off("data", take)
      resolve(null)
    }
    source.on("data", take)
    source.once("end", () => resolve(Buffer.concat(chunks)))
    source.once("error", reject)
    source.once("close", () => reject(new Error("the connection was closed")))
  })
}

/** The system's word where there is one: messages may carry an address with a key in its query. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code
  return error instanceof Error ? error.message : "unknown"
}
