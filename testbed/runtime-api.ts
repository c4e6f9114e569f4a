// The Runtime API of AWS Lambda as a runtime client sees it (Lambda developer guide, "Using the Lambda runtime API").
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import { readBody } from "./http.ts"

export interface Answered {
  /** `error`: the handler threw; `init/error`: there was no handler. */
  kind: "response" | "error" | "init/error"
  body: string
}

export interface RuntimeApi {
  /** For AWS_LAMBDA_RUNTIME_API. */
  address: string
  /** Hands over an event as soon as the client asks for one, and waits for the answer. */
  invoke(event: unknown, options: { requestId: string; remainingMs: number }): Promise<Answered>
  /** How often a client has asked for an event. */
  asked(): number
  close(): void
}

interface Waiting {
  event: unknown
  requestId: string
  remainingMs: number
  answer: (answered: Answered) => void
}

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const events: Waiting[] = []
  const clients: ServerResponse[] = []
  let current: Waiting | undefined
  let asked = 0
  const meet = () => {
    if (events.length === 0 || clients.length === 0) return
    current = events.shift()
    const { event, requestId = "", remainingMs = 0 } = current ?? {}
    clients
      .shift()
      ?.writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": requestId,
        "lambda-runtime-deadline-ms": String(Date.now() + remainingMs),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:123456789012:function:viberator:live",
      })
      .end(JSON.stringify(event))
  }
  const server = createServer((request, response) => {
    const [, kind] =
      /^\/2018-06-01\/runtime\/(?:invocation\/)?(?:[\w-]+\/)?(next|response|error|init\/error)$/.exec(request.url ?? "") ?? []
    if (kind === "next") {
      asked += 1
      clients.push(response)
      response.once("close", () => clients.includes(response) && clients.splice(clients.indexOf(response), 1))
      return meet()
    }
    void readBody(request).then((body) => {
      if (kind === "response" || kind === "error" || kind === "init/error")
        (current ?? events.shift())?.answer({ kind, body: body.toString() })
      response.writeHead(202).end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  return {
    address: `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    invoke: (event, options) =>
      new Promise((answer) => {
        events.push({ event, ...options, answer })
        meet()
      }),
    asked: () => asked,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
