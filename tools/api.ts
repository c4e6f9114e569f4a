import WebSocket from "ws"
import type { Clanker } from "#contract/clankers.ts"
import type { ErrorReply } from "#contract/errors.ts"
import type { Job } from "#contract/jobs.ts"
import { isTerminal } from "#contract/jobs.ts"
import type { LiveTold, StoredEvent } from "#contract/live.ts"

/** The public API as a program uses it. */
export interface Api {
  url: string
  request: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<{ status: number; body: unknown }>
  get: <T>(path: string) => Promise<T>
  post: <T>(path: string, body: unknown) => Promise<T>
  put: <T>(path: string, body: unknown) => Promise<T>
  patch: <T>(path: string, body: unknown) => Promise<T>
  /** Follows a job's live stream from a cursor, through every disconnect, until it has ended and settled. */
  follow: (jobId: string, on?: { event?: (event: StoredEvent) => void; job?: (job: Job) => void }) => Promise<Job>
  /** Waits until a clanker's deployment has ended one way or the other. */
  deployed: (clankerId: string, on?: (clanker: Clanker) => void) => Promise<Clanker>
}

export class ApiError extends Error {
  readonly status: number
  readonly reply: ErrorReply["error"]
  constructor(status: number, reply: ErrorReply["error"]) {
    super(`${status} ${reply.code}: ${reply.message} ${JSON.stringify(reply.detail ?? {})}`)
    this.status = status
    this.reply = reply
  }
}

export function createApi(url: string, token: string): Api {
  const authorization = `Bearer ${token}`

  async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const init = {
      method,
      headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    const response = await fetch(url + path, init)
    const text = await response.text()
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text }
  }
  async function ok<T>(method: string, path: string, body?: unknown): Promise<T> {
    const reply = await request(method, path, body)
    if (reply.status >= 300) throw new ApiError(reply.status, reply.body.error)
    return reply.body
  }
  const get = <T>(path: string) => ok<T>("GET", path)

  return {
    url,
    request,
    get,
    post: (path, body) => ok("POST", path, body),
    put: (path, body) => ok("PUT", path, body),
    patch: (path, body) => ok("PATCH", path, body),

    async follow(jobId, on = {}) {
      let cursor = 0
      for (;;) {
        await stream(`${url.replace(/^http/, "ws")}/api/jobs/${jobId}/live?after=${cursor}`, authorization, (told, ack) => {
          if (told.type === "job") {
            on.job?.(told.job)
            return isTerminal(told.job.status) && told.job.settled && cursor >= told.job.lastSeq
          }
          if (told.type === "bye") return true
          for (const event of told.items) {
            if (event.seq > cursor) on.event?.(event)
            cursor = Math.max(cursor, event.seq)
          }
          ack(cursor)
          return false
        })
        const job = await get<Job>(`/api/jobs/${jobId}`)
        if (isTerminal(job.status) && job.settled && cursor >= job.lastSeq) return job
        // Whatever was missed is fetched by the next connection's cursor, or by page when it is much.
        const page = await get<{ items: StoredEvent[] }>(`/api/jobs/${jobId}/events?after=${cursor}&limit=1000`)
        for (const event of page.items) {
          on.event?.(event)
          cursor = event.seq
        }
      }
    },

    async deployed(clankerId, on) {
      for (;;) {
        const clanker = await get<Clanker>(`/api/clankers/${clankerId}`)
        on?.(clanker)
        if (clanker.status !== "deploying") return clanker
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    },
  }
}

/** One connection: resolves when it closed or `take` says that it has seen enough. */
function stream(url: string, authorization: string, take: (told: LiveTold, ack: (seq: number) => void) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { headers: { authorization } })
    socket.on("message", (data) => {
      if (take(JSON.parse(String(data)), (seq) => socket.send(JSON.stringify({ type: "ack", seq })))) socket.close()
    })
    socket.on("close", () => resolve())
    socket.on("error", (error) => (socket.readyState === WebSocket.CONNECTING ? reject(error) : socket.terminate()))
  })
}
