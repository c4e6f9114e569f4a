import { isTerminal, type Job } from "#contract/jobs.ts"
import type { LiveTold, StoredEvent } from "#contract/live.ts"
import { get, type Page } from "./client.ts"
import { keepSocket, type KeptSocket, type SocketState } from "./socket.ts"

/** How a job's stream stands: `behind` reads pages by HTTP, `ended` has every event there will be. */
export type LiveState = "connecting" | "open" | "waiting" | "behind" | "ended" | "gone"

export interface LiveOptions {
  jobId: string
  /** New events, in order, each exactly once. */
  onEvents: (events: readonly StoredEvent[]) => void
  onJob: (job: Job) => void
  onState?: (state: LiveState) => void
  /** For tests. */
  doors?: { keep: typeof keepSocket; page: typeof fetchPage }
}

const PAGE = 1000
const AGAIN_MS = 1000

/**
 * Follows a job from its first event to its last, through every disconnect. The cursor is the last `seq` handed on:
 * what is told again is dropped, and what is missing in between is fetched before anything later is handed on.
 */
export function followJob({ jobId, onEvents, onJob, onState, doors = { keep: keepSocket, page: fetchPage } }: LiveOptions): () => void {
  let cursor = 0
  let job: Job | null = null
  let stopped = false
  let paging = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let socket: KeptSocket | null = null

  const path = () => `/api/jobs/${jobId}/live?after=${cursor}`
  const say = (state: SocketState) => {
    if (!stopped && !paging && state !== "closed") onState?.(state)
  }
  const complete = () => job !== null && isTerminal(job.status) && job.settled && cursor >= job.lastSeq

  function stop(state?: LiveState): void {
    if (stopped) return
    stopped = true
    clearTimeout(timer)
    socket?.close()
    if (state) onState?.(state)
  }

  function take(items: readonly StoredEvent[]): void {
    const fresh = items.filter(({ seq }) => seq > cursor)
    cursor = fresh.at(-1)?.seq ?? cursor
    if (fresh.length > 0) onEvents(fresh)
  }

  /** A page is the log as it is stored; a message that begins later than expected is not. */
  const leavesHole = (items: readonly StoredEvent[]) => (items[0]?.seq ?? 0) > cursor + 1

  function told(message: LiveTold): void {
    if (stopped || paging) return
    switch (message.type) {
      case "events":
        if (leavesHole(message.items)) return void catchUp()
        take(message.items)
        socket?.send({ type: "ack", seq: cursor })
        break
      case "job":
        job = message.job
        onJob(message.job)
        break
      case "bye":
        return message.reason === "behind" ? void catchUp() : stop("gone")
    }
    if (complete()) stop("ended")
  }

  /** Pages from the cursor to the end, then goes back to the socket. */
  async function catchUp(): Promise<void> {
    if (paging || stopped) return
    paging = true
    onState?.("behind")
    socket?.close()
    socket = null
    try {
      for (let more = true; more && !stopped;) {
        const page = await doors.page(jobId, cursor)
        take(page.items)
        more = page.nextCursor !== null && page.items.length > 0
      }
    } catch {
      // The server is away or refuses; the cursor stands, so the next try goes on from here.
      if (!stopped) timer = setTimeout(() => void ((paging = false), catchUp()), AGAIN_MS)
      return
    }
    paging = false
    if (complete()) stop("ended")
    else open()
  }

  function open(): void {
    if (!stopped) socket = doors.keep({ path, onState: say, onMessage: (message) => isTold(message) && told(message) })
  }

  open()
  return () => stop()
}

export const fetchPage = (jobId: string, after: number): Promise<Page<StoredEvent>> => get(`/api/jobs/${jobId}/events`, { after, limit: PAGE })

function isTold(message: unknown): message is LiveTold {
  return typeof message === "object" && message !== null && "type" in message && typeof message.type === "string"
}
