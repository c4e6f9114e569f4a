import { isTerminal, type Job } from "#contract/jobs.ts"
import type { LiveTold, StoredEvent } from "#contract/live.ts"
import { ApiError, get, type Page } from "./client.ts"
import { keepSocket, type KeptSocket, pauseAfter, type SocketState } from "./socket.ts"

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

/**
 * Follows a job from its first event to its last, through every disconnect. The cursor is the last `seq` handed on:
 * what is told again is dropped, and what is missing in between is fetched before anything later is handed on.
 */
export function followJob({ jobId, onEvents, onJob, onState, doors = { keep: keepSocket, page: fetchPage } }: LiveOptions): () => void {
  let cursor = 0
  let job: Job | null = null
  let stopped = false
  let paging = false
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let socket: KeptSocket | null = null

  const path = () => `/api/jobs/${jobId}/live?after=${cursor}`
  const say = (state: SocketState) => {
    if (!stopped && !paging && state !== "closed") onState?.(state)
  }
  const isStopped = () => stopped
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
  async function catchUp(again = false): Promise<void> {
    if ((paging && !again) || stopped) return
    paging = true
    onState?.("behind")
    socket?.close()
    socket = null
    try {
      await readToEnd({ page: () => doors.page(jobId, cursor), take, isStopped })
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return stop("gone")
      // The server is away; the cursor stands, so the next try goes on from here.
      failures += 1
      timer = setTimeout(() => void catchUp(true), pauseAfter(failures))
      return
    }
    paging = false
    failures = 0
    if (complete()) stop("ended")
    else open()
  }

  function open(): void {
    if (!stopped) socket = doors.keep({ path, onState: say, onMessage: (message) => isTold(message) && told(message) })
  }

  open()
  return () => stop()
}

async function readToEnd({
  page,
  take,
  isStopped,
}: {
  page: () => Promise<Page<StoredEvent>>
  take: (items: readonly StoredEvent[]) => void
  isStopped: () => boolean
}): Promise<void> {
  for (;;) {
    const { items, nextCursor } = await page()
    if (isStopped()) return
    take(items)
    if (nextCursor === null || items.length === 0) return
  }
}

export const fetchPage = (jobId: string, after: number): Promise<Page<StoredEvent>> =>
  get(`/api/jobs/${jobId}/events`, { after, limit: PAGE })

function isTold(message: unknown): message is LiveTold {
  return typeof message === "object" && message !== null && "type" in message && typeof message.type === "string"
}
