import WebSocket from "ws"

/** Something that stores a job's events and shows them: ours, or the raw platform. */
export interface Target {
  /** Sends a batch and resolves when it is acknowledged. */
  post: (events: object[]) => Promise<void>
  view: () => Promise<WebSocket>
  /** Reads one page of the log after a cursor. */
  page: (after: number) => Promise<void>
  next: () => number
}
export type Numbers = Record<string, number>

const BATCH = 100
const LINE = "a line of an agent's prose, about as long as a delta of 100 ms usually is"

/** Batches one after the other, as a worker sends them: stored events per second and the time of an acknowledgement. */
export async function throughput(target: Target, seconds: number): Promise<Numbers> {
  const acks: number[] = []
  for (const until = performance.now() + seconds * 1000; performance.now() < until;) {
    const from = performance.now()
    await target.post(Array.from({ length: BATCH }, () => event(target.next(), LINE)))
    acks.push(performance.now() - from)
  }
  const { p50 = 0, p95 = 0 } = quantiles(acks)
  return { perSecond: Math.round((acks.length * BATCH) / seconds), ackP50Ms: p50, ackP95Ms: p95 }
}

/** From the worker's send to the screen of each of some viewers, one event at a time. */
export async function visible(target: Target, { times, viewers }: { times: number; viewers: number }): Promise<Numbers> {
  const sockets = await Promise.all(Array.from({ length: viewers }, () => target.view()))
  const took: number[] = []
  for (let turn = 0; turn < times; turn++) {
    const seq = target.next()
    const from = performance.now()
    const arrivals = sockets.map((socket) => arrival(socket, seq).then(() => took.push(performance.now() - from)))
    await Promise.all([target.post([event(seq, "x")]), ...arrivals])
  }
  for (const socket of sockets) socket.close()
  return quantiles(took)
}

/** Pages of a log of that many events: the first one, and others anywhere in it. */
export async function pages(target: Target, { events, times }: { events: number; times: number }): Promise<Numbers> {
  let last = 0
  do {
    const batch = Array.from({ length: BATCH }, () => event(target.next(), LINE))
    last = batch.at(-1)?.seq ?? events
    await target.post(batch)
  } while (last < events)
  const first = await timed(times, () => target.page(0).then(nothing))
  const later = await timed(times, (turn) => target.page(Math.floor((last * (turn + 0.5)) / times)).then(nothing))
  return { events: last, p50: later["p50"] ?? 0, p95: later["p95"] ?? 0, firstP50: first["p50"] ?? 0, firstP95: first["p95"] ?? 0 }
}
const nothing = () => async () => undefined

function arrival(socket: WebSocket, seq: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (data: WebSocket.RawData) => {
      const told: { items?: { seq: number }[] } = JSON.parse(String(data))
      const last = told.items?.at(-1)?.seq
      if (last !== undefined) socket.send(JSON.stringify({ type: "ack", seq: last }))
      if (last !== seq) return
      socket.off("message", look)
      resolve()
    }
    socket.on("message", look)
  })
}

/** The same act many times, one after the other; what `act` gives back is done outside the clock. */
export async function timed(times: number, act: (turn: number) => Promise<() => Promise<void>>): Promise<Numbers> {
  const took: number[] = []
  for (let turn = 0; turn < times; turn++) {
    const from = performance.now()
    const tidyUp = await act(turn)
    took.push(performance.now() - from)
    await tidyUp()
  }
  return quantiles(took)
}

export function quantiles(values: readonly number[]): Numbers {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { p50: at(0.5), p95: at(0.95) }
}

export function connect(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), { headers })
    socket.once("open", () => resolve(socket))
    socket.once("error", reject)
  })
}

export const round = (value: number): number => Math.round(value * 100) / 100
const event = (seq: number, delta: string) => ({ seq, at: new Date().toISOString(), kind: "text", delta })
