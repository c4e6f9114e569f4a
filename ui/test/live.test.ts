import { expect, test, vi } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import { ApiError, type Page } from "../api/client.ts"
import { followJob, type LiveState } from "../api/live.ts"

const event = (seq: number): StoredEvent => ({ seq, attempt: 1, at: "2026-01-01T00:00:00Z", kind: "text", delta: `${seq}` })
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index))

/** A stream with a socket that the test speaks through, and a log of `stored` events behind the pages. */
function rig({ stored = 0, pageSize = 10 } = {}) {
  const log = { length: stored, failing: 0, missing: false }
  const seen: number[] = []
  const said: unknown[] = []
  const states: LiveState[] = []
  const sockets: { after: number; open: boolean; tell: (message: unknown) => void }[] = []
  const stop = followJob({
    jobId: "job_1",
    onEvents: (events) => seen.push(...events.map(({ seq }) => seq)),
    onJob: () => undefined,
    onState: (state) => states.push(state),
    doors: {
      keep: ({ path, onMessage }) => {
        const socket = {
          after: Number(path().split("after=")[1]),
          open: true,
          tell: (message: unknown) => socket.open && onMessage(message),
        }
        sockets.push(socket)
        return { send: (message) => said.push(message), renew: () => undefined, close: () => (socket.open = false) }
      },
      page: async (_job, after): Promise<Page<StoredEvent>> => {
        if (log.missing) throw new ApiError({ status: 404, code: "not-found", message: "gone" })
        if (log.failing-- > 0) throw new ApiError({ status: 0, code: "network", message: "away" })
        const items = range(after + 1, Math.min(log.length, after + pageSize))
        return { items, nextCursor: after + pageSize < log.length ? String(after + pageSize) : null }
      },
    },
  })
  const socket = () => sockets.at(-1) ?? { after: -1, open: false, tell: () => undefined }
  return { log, seen, said, states, sockets, socket, stop }
}
const numbers = (to: number) => range(1, to).map(({ seq }) => seq)
const ended = (lastSeq: number): Pick<Job, "status" | "settled" | "lastSeq"> => ({ status: "succeeded", settled: true, lastSeq })

test("every batch is acknowledged, and what is told again is dropped", () => {
  const { socket, seen, said } = rig()
  socket().tell({ type: "events", items: range(1, 3) })
  socket().tell({ type: "events", items: range(2, 5) })
  expect(seen).toEqual(numbers(5))
  expect(said).toEqual([
    { type: "ack", seq: 3 },
    { type: "ack", seq: 5 },
  ])
})

test("a viewer that is behind reads pages from its cursor and comes back to the socket", async () => {
  const { socket, sockets, seen, states } = rig({ stored: 25 })
  socket().tell({ type: "events", items: range(1, 4) })
  socket().tell({ type: "bye", reason: "behind" })
  await vi.waitFor(() => expect(sockets).toHaveLength(2))
  expect(seen).toEqual(numbers(25))
  expect(socket().after).toBe(25)
  expect(states).toContain("behind")
})

test("a message with a hole before it is not shown before the hole is filled", async () => {
  const { socket, sockets, seen } = rig({ stored: 12 })
  socket().tell({ type: "events", items: range(1, 2) })
  socket().tell({ type: "events", items: range(9, 12) })
  await vi.waitFor(() => expect(sockets).toHaveLength(2))
  expect(seen).toEqual(numbers(12))
})

test("pages are asked again from the same place when the server was away", async () => {
  vi.useFakeTimers()
  const { socket, log, seen } = rig({ stored: 15 })
  log.failing = 3
  socket().tell({ type: "bye", reason: "behind" })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(seen).toEqual(numbers(15))
  vi.useRealTimers()
})

test("the stream ends when the job has settled and its last event is there, not before", () => {
  const { socket, states } = rig()
  socket().tell({ type: "job", job: ended(2) })
  expect(states).not.toContain("ended")
  socket().tell({ type: "events", items: range(1, 2) })
  expect(states.at(-1)).toBe("ended")
  expect(socket().open).toBe(false)
})

test("a deleted job is said once and not asked for again", async () => {
  const { socket, log, states, sockets } = rig()
  log.missing = true
  socket().tell({ type: "bye", reason: "behind" })
  await vi.waitFor(() => expect(states.at(-1)).toBe("gone"))
  expect(sockets).toHaveLength(1)
})
