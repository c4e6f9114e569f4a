// A control plane as small as the protocol allows, on the contract's schemas: go-back-N, one claim, one result.
import { createHash } from "node:crypto"
import { createServer } from "node:http"
import { gunzipSync } from "node:zlib"
import { claimReplySchema, claimSchema, eventSchema, eventsSchema, resultSchema } from "#contract/worker.schema.ts"
import type { Claim, Result, WorkerEvent } from "#contract/worker.ts"
import { ERROR_CODES } from "#contract/errors.ts"
import type { ErrorCode } from "#contract/errors.ts"

export interface Call {
  path: string
  /** Unpacked, when it came packed. */
  body: string
  encoding: string | undefined
  bytes: Buffer
}
/** A body of bytes is sent as it is, anything else as JSON. */
export type Reply = { status: number; body: unknown; headers?: Record<string, string> } | "drop" | "lose-answer"

export interface FakeControlPlane {
  url: string
  /** Every stored event, in order. */
  events: WorkerEvent[]
  claims: Claim[]
  results: Result[]
  calls: Call[]
  artifacts: Map<string, string>
  /** The same, byte by byte. */
  files: Map<string, Buffer>
  /** What `GET /resume/{part}` has. */
  resume: Map<string, Uint8Array>
  /** What `GET /attachments/{id}` has. */
  attachments: Map<string, Uint8Array>
  acked(): number
  stop: { reason: string; graceMs: number } | undefined
  /** What a 200 says instead: another release's words. */
  reword: (body: unknown) => unknown
  /** Looked at before each answer; null lets it be. `lose-answer` does the work and cuts the connection. */
  intercept: (call: Call) => Reply | null | Promise<Reply | null>
  close(): Promise<void>
}

export interface Offer {
  payload: unknown
  secrets: readonly unknown[]
  stateKeys?: { seal: string; open?: string }
  heartbeatMs?: number
  leaseMs?: number
}

export const refusal = (status: number, code: ErrorCode, detail?: unknown): Reply => ({
  status,
  body: { error: { code, message: ERROR_CODES[code], requestId: "req_test", ...(detail === undefined ? {} : { detail }) } },
})

export async function startFakeControlPlane(offer: Offer): Promise<FakeControlPlane> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    const respond = async () => {
      const encoding = request.headers["content-encoding"]
      const bytes = Buffer.concat(chunks)
      const path = (request.url ?? "").replace(/^\/worker\/v1\/jobs\/[^/]+/, "")
      const call = { encoding, path, body: unpacked(bytes, encoding), bytes }
      plane.calls.push(call)
      const planned = await plane.intercept(call)
      if (planned === "drop") return void request.socket.destroy()
      const reply =
        planned === null || planned === "lose-answer"
          ? answer({ call, plane, offer, bearer: request.headers.authorization ?? "" })
          : planned
      if (planned === "lose-answer" || reply === "drop" || reply === "lose-answer") return void request.socket.destroy()
      response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers })
      const body = reply.status === 200 ? plane.reword(reply.body) : reply.body
      response.end(body instanceof Uint8Array ? body : JSON.stringify(body))
    }
    request.on("end", () => void respond().catch(() => request.socket.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  const plane: FakeControlPlane = {
    url: `http://127.0.0.1:${address.port}`,
    events: [],
    claims: [],
    results: [],
    calls: [],
    artifacts: new Map(),
    files: new Map(),
    resume: new Map(),
    attachments: new Map(),
    acked: () => plane.events.at(-1)?.seq ?? 0,
    stop: undefined,
    reword: (body) => body,
    intercept: () => null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return plane
}

const unpacked = (body: Buffer, encoding: string | undefined) => (encoding === "gzip" ? gunzipSync(body) : body).toString()

interface Answering {
  call: Call
  plane: FakeControlPlane
  offer: Offer
  bearer: string
}

function answer({ call, plane, offer, bearer }: Answering): Reply {
  if (call.path === "/claim") return answerClaim(call, plane, offer)
  const secret = bearer.split("_").at(-1) ?? ""
  if (createHash("sha256").update(secret).digest("hex") !== plane.claims[0]?.sessionHash) return refusal(401, "auth.required")
  if (call.path === "/events") return answerEvents(call, plane)
  if (call.path === "/result") return answerResult(call, plane)
  const [, attachment] = /^\/attachments\/(.+)$/.exec(call.path) ?? []
  const file = attachment === undefined ? undefined : plane.attachments.get(attachment)
  if (file !== undefined) return { status: 200, body: file }
  const [, part] = /^\/resume\/(.+)$/.exec(call.path) ?? []
  const kept = part === undefined ? undefined : plane.resume.get(part)
  if (kept !== undefined) return { status: 200, body: kept }
  const [, artifact] = /^\/artifacts\/(.+)$/.exec(call.path) ?? []
  if (artifact === undefined) return refusal(404, "not-found")
  plane.artifacts.set(artifact, call.body)
  plane.files.set(artifact, call.bytes)
  return { status: 200, body: { name: artifact, size: call.body.length } }
}

function answerClaim(
  call: Call,
  plane: FakeControlPlane,
  { payload, secrets, stateKeys, heartbeatMs = 200, leaseMs = 60_000 }: Offer,
): Reply {
  const claim = claimSchema.parse(JSON.parse(call.body))
  const [first] = plane.claims
  if (first !== undefined && first.claimId !== claim.claimId) return refusal(409, "already-claimed")
  plane.claims.push(claim)
  if (claim.failure !== undefined) return { status: 200, body: { status: "failed" } }
  const deadlineAt = new Date(Date.now() + 600_000).toISOString()
  const body = { heartbeatMs, leaseMs, deadlineAt, payload, secrets, ...(stateKeys === undefined ? {} : { stateKeys }) }
  claimReplySchema.parse(body)
  return { status: 200, body }
}

function answerEvents(call: Call, plane: FakeControlPlane): Reply {
  const { events } = eventsSchema.parse(JSON.parse(call.body))
  for (const given of events) {
    const event = eventSchema.safeParse(given)
    if (!event.success) return refusal(422, "event.invalid")
    const next = plane.acked() + 1
    const from = event.data.kind === "gap" ? event.data.from : event.data.seq
    if (from === next) plane.events.push(event.data)
    else if (from > next) break
  }
  return {
    status: 200,
    body: {
      acked: plane.acked(),
      leaseUntil: new Date(Date.now() + 60_000).toISOString(),
      ...(plane.stop === undefined ? {} : { stop: plane.stop }),
    },
  }
}

function answerResult(call: Call, plane: FakeControlPlane): Reply {
  const result = resultSchema.safeParse(JSON.parse(call.body))
  if (!result.success) return refusal(422, "request.invalid")
  if (result.data.lastSeq > plane.acked()) return refusal(409, "events-missing", { expected: plane.acked() + 1 })
  plane.results.push(result.data)
  return { status: 200, body: { status: result.data.outcome.status } }
}
