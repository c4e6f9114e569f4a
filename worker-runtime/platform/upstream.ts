// Requests to the model's provider, over connections that are used again.
import { Agent as HttpAgent, request as httpRequest } from "node:http"
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"

export interface Upstream {
  /** Answers when the headers have come. Rejects when there is no answer. */
  send(request: Sending): Promise<IncomingMessage>
  close(): void
}

export interface Sending {
  url: URL
  method: string
  headers: OutgoingHttpHeaders
  body: Buffer
  signal: AbortSignal
}

export function createUpstream({ idleMs }: { idleMs: number }): Upstream {
  const agents = { "http:": new HttpAgent({ keepAlive: true }), "https:": new HttpsAgent({ keepAlive: true }) }
  const once = ({ url, method, headers, body, signal }: Sending) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const secure = url.protocol === "https:"
      const options = { method, headers, signal, agent: agents[secure ? "https:" : "http:"], timeout: idleMs }
      const sent = secure ? httpsRequest(url, options) : httpRequest(url, options)
      sent.once("response", resolve)
      // The clock of the socket: it starts anew with every byte, in the answer's body as well.
      sent.once("timeout", () => sent.destroy(new Error(`it said nothing for ${Math.round(idleMs / 1000)} s`)))
      sent.once("error", (error) => reject(new NoAnswer(error, sent.reusedSocket)))
      sent.end(body)
    })
  return {
    async send(sending) {
      try {
        return await once(sending)
      } catch (error) {
        // The provider closed a kept connection in the moment that it was used again: nothing was asked yet.
        if (error instanceof NoAnswer && error.reused && error.code === "ECONNRESET" && !sending.signal.aborted) return once(sending)
        throw error
      }
    },
    close() {
      agents["http:"].destroy()
      agents["https:"].destroy()
    },
  }
}

class NoAnswer extends Error {
  readonly code: string | undefined
  readonly reused: boolean
  constructor(cause: Error, reused: boolean) {
    super(cause.message, { cause })
    this.code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
    this.reused = reused
  }
}
