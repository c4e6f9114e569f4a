// The model APIs on one machine: aimock speaks the dialects, scenarios.ts decides, and the door in front checks the key
// as each provider does and keeps the journal (aimock's own leaves refused requests out).
import { once } from "node:events"
import { createServer, request as send } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { LLMock } from "@copilotkit/aimock"
import { readBody } from "./http.ts"
import { decide } from "./scenarios.ts"
import type { Decision, FaultStatus } from "./scenarios.ts"

export type ModelCall = Readonly<{
  method: string
  path: string
  model: string | null
  /** 0 while unanswered: a hanging request stays so. */
  status: number
  keyAccepted: boolean
  /** The request as it came, for searching what reached the model. */
  body: string
}>

export type Model = Readonly<{
  url: string
  anthropicBaseUrl: string
  openaiBaseUrl: string
  geminiBaseUrl: string
  /** Every request so far, oldest first. */
  requests(): readonly ModelCall[]
  close(): Promise<void>
}>

export async function startModel({ port = 0, apiKey }: { port?: number; apiKey: string }): Promise<Model> {
  const closing = new AbortController()
  // Larger chunks than aimock's 20 characters: a long message stays hundreds of events, not tens of thousands.
  const mock = new LLMock({ port: 0, host: "127.0.0.1", logLevel: "silent", chunkSize: 200, journalMaxEntries: 1 })
  mock.on({}, async (request) => {
    const decision = decide(request)
    if (decision.kind === "hang") await once(closing.signal, "abort")
    return toResponse(decision)
  })
  const inner = new URL(await mock.start())
  const calls: { -readonly [K in keyof ModelCall]: ModelCall[K] }[] = []
  const door = createServer((request, response) => {
    const receive = (body: Buffer) => {
      const path = request.url ?? "/"
      const keyAccepted = acceptsKey(request, apiKey)
      const call = { method: request.method ?? "GET", path, model: modelOf(path, body), status: 0, keyAccepted, body: body.toString() }
      calls.push(call)
      const answered = (status: number) => {
        call.status = status
      }
      if (keyAccepted) pass({ inner, request, response, body, answered })
      else refuse(path, response, answered)
    }
    // A client killed while it still sends has no request to be answered.
    readBody(request).then(receive, () => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    door.once("error", reject)
    door.listen(port, "127.0.0.1", resolve)
  })
  const address = door.address()
  if (address === null || typeof address === "string") throw new Error("The model has no port.")
  const url = `http://127.0.0.1:${address.port}`
  return {
    url,
    anthropicBaseUrl: url,
    openaiBaseUrl: `${url}/v1`,
    geminiBaseUrl: url,
    requests: () => calls,
    async close() {
      closing.abort()
      await new Promise((resolve) => {
        door.close(resolve)
        door.closeAllConnections()
      })
      await mock.stop()
    },
  }
}

const errorTypes = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error",
} as const satisfies Record<FaultStatus, string>

/** Of every answer, in the words of each dialect. */
const usage = {
  prompt_tokens: 1200,
  completion_tokens: 80,
  total_tokens: 1280,
  input_tokens: 1200,
  output_tokens: 80,
  promptTokenCount: 1200,
  candidatesTokenCount: 80,
  totalTokenCount: 1280,
}

function toResponse(decision: Decision) {
  switch (decision.kind) {
    case "tool-call":
      return { toolCalls: [{ name: decision.name, arguments: JSON.stringify(decision.arguments) }], usage }
    case "text":
      return { content: decision.text, usage }
    case "error":
      return { error: { message: `injected ${decision.status}`, type: errorTypes[decision.status] }, status: decision.status }
    case "hang":
      return { error: { message: "The stand-in was closed while this request hung.", type: "api_error" }, status: 500 }
  }
}

/** At least one key, and every one that is given is the right one. */
function acceptsKey(request: IncomingMessage, apiKey: string): boolean {
  const { headers } = request
  const given = [
    headers.authorization?.replace(/^Bearer /i, ""),
    headers["x-api-key"],
    headers["x-goog-api-key"],
    new URL(request.url ?? "/", "http://model").searchParams.get("key") ?? undefined,
  ].filter((key) => key !== undefined)
  return given.length > 0 && given.every((key) => key === apiKey)
}

function modelOf(path: string, body: Buffer): string | null {
  const [, inPath] = /\/models\/([^/:?]+):/.exec(path) ?? []
  const [, inBody] = /"model"\s*:\s*"([^"]+)"/.exec(body.toString()) ?? []
  return inPath ?? inBody ?? null
}

function refuse(path: string, response: ServerResponse, answered: (status: number) => void): void {
  answered(401)
  response.writeHead(401, { "content-type": "application/json" })
  response.end(JSON.stringify(refusalBody(path)))
}

function refusalBody(path: string): unknown {
  if (path.includes("/messages")) return { type: "error", error: { type: "authentication_error", message: "invalid x-api-key" } }
  if (path.includes("/v1beta/"))
    return { error: { code: 401, message: "API key not valid. Please pass a valid API key.", status: "UNAUTHENTICATED" } }
  return { error: { message: "Incorrect API key provided.", type: "invalid_request_error", param: null, code: "invalid_api_key" } }
}

type Passage = Readonly<{
  inner: URL
  request: IncomingMessage
  response: ServerResponse
  body: Buffer
  answered: (status: number) => void
}>

/** Streams the answer through as it comes; a client that hangs up takes the inner request with it. */
function pass({ inner, request, response, body, answered }: Passage): void {
  const headers = { ...request.headers, host: inner.host, "content-length": String(body.length) }
  delete headers["transfer-encoding"]
  const forwarded = send(new URL(request.url ?? "/", inner), { method: request.method, headers, agent: false }, (reply) => {
    answered(reply.statusCode ?? 500)
    response.writeHead(reply.statusCode ?? 500, reply.headers)
    reply.pipe(response)
    // The inner answer breaking off half-way must look so outside as well.
    reply.on("error", () => response.destroy())
  })
  forwarded.on("error", () => response.destroy())
  response.on("close", () => forwarded.destroy())
  forwarded.end(body)
}
