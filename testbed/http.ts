import { createServer } from "node:http"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"

export type Incoming = Readonly<{ method: string; url: URL; headers: IncomingHttpHeaders; body: Buffer }>
/** `cut`: everything is done, and the answer never comes. */
export type Reply = Readonly<{ status: number; headers?: Readonly<Record<string, string>>; body?: string | Buffer; cut?: boolean }>

export type OpenServer = Readonly<{
  url: string
  /** Requests are answered from here on; the URL is known before, because what answers may need it. */
  serve(respond: (incoming: Incoming) => Promise<Reply>): void
  close(): Promise<void>
}>

/**
 * A server on loopback whose handlers give whole answers. Requests and answers are buffered: an answer is sent only
 * when everything that belongs to it is done, and the journal knows its status before the caller does.
 */
export async function openServer(port: number): Promise<OpenServer> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server has no port.")
  const url = `http://127.0.0.1:${address.port}`
  return {
    url,
    serve(respond) {
      server.on("request", (request, response) => {
        void answer(request, url, respond).then((reply) => {
          if (reply.cut) return void response.destroy()
          const body = reply.body ?? ""
          response.writeHead(reply.status, { ...reply.headers, "content-length": String(Buffer.byteLength(body)) })
          response.end(request.method === "HEAD" ? undefined : body)
        })
      })
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, base: string, respond: (incoming: Incoming) => Promise<Reply>): Promise<Reply> {
  try {
    const body = await readBody(request)
    return await respond({ method: request.method ?? "GET", url: new URL(request.url ?? "/", base), headers: request.headers, body })
  } catch (error) {
    // A stand-in that fails must be seen as such by whoever called it, not as a hang.
    return { status: 500, headers: { "content-type": "text/plain" }, body: `The stand-in failed: ${String(error)}\n` }
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

export function jsonReply(status: number, body: unknown): Reply {
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(body) }
}
