import WebSocket from "ws"

/** Something that stores a job's events and shows them: ours, or the raw platform. */
export interface Target {
  /** Sends events as JSON texts with their seq; answers up to which seq everything is stored. */
  send: (events: readonly string[]) => Promise<number>
  /** A viewer that has everything up to `after`, by default everything that was numbered by `next`. */
  view: (hear: (text: string) => void, after?: number) => Promise<WebSocket>
  /** Reads one page of the log after a cursor, as text. */
  page: (after: number) => Promise<string>
  next: () => number
}
export type Numbers = Record<string, number>

export const LINE = "a line of an agent's prose, about as long as a delta of 100 ms usually is"
const BATCH = 100

/** Batches one after the other, as a worker sends them: stored events per second and the time of an acknowledgement. */
export async function throughput(target: Target, seconds: number): Promise<Numbers> {
  const acks: number[] = []
  for (const until = performance.now() + seconds * 1000; performance.now() < until;) {
    const from = performance.now()
    await target.send(batchOf(target, BATCH))
    acks.push(performance.now() - from)
  }
  const { p50, p95 } = quantiles(acks)
  return { perSecond: Math.round((acks.length * BATCH) / seconds), ackP50Ms: p50, ackP95Ms: p95 }
}

/** From the worker's send to the screen of each of some viewers, one event at a time. */
export async function visible(target: Target, { times, viewers }: { times: number; viewers: number }): Promise<Numbers> {
  const took: number[] = []
  let turn = { from: 0, missing: 0, all: Promise.withResolvers<void>() }
  const hear = (text: string) => {
    if (seqsOf(text).length === 0) return
    took.push(performance.now() - turn.from)
    if (--turn.missing === 0) turn.all.resolve()
  }
  const sockets = await Promise.all(Array.from({ length: viewers }, () => target.view(hear)))
  for (let done = 0; done < times; done++) {
    turn = { from: performance.now(), missing: viewers, all: Promise.withResolvers() }
    const seq = target.next()
    await Promise.all([target.send([event(seq, "x")]), turn.all.promise])
    for (const socket of sockets) acknowledge(socket, seq)
  }
  for (const socket of sockets) socket.close()
  return quantiles(took)
}

/** Pages of a log of that many events: the first one, and others anywhere in it. */
export async function pages(target: Target, { events, times }: { events: number; times: number }): Promise<Numbers> {
  const last = await fill(target, events)
  const first = await timed(times, () => target.page(0).then(nothing))
  const later = await timed(times, (turn) => target.page(Math.floor((last * (turn + 0.5)) / times)).then(nothing))
  return { events: last, p50: later["p50"] ?? 0, p95: later["p95"] ?? 0, firstP50: first["p50"] ?? 0, firstP95: first["p95"] ?? 0 }
}
const nothing = () => async () => undefined

/** Sends batches until the log has at least so many events; answers how many it has. */
export async function fill(target: Target, events: number): Promise<number> {
  let last = 0
  while (last < events) last = await target.send(batchOf(target, BATCH))
  return last
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

/** How many milliseconds the same act takes, each time. */
export async function took(times: number, act: () => Promise<void>): Promise<number[]> {
  const all: number[] = []
  for (let turn = 0; turn < times; turn++) {
    const from = performance.now()
    await act()
    all.push(performance.now() - from)
  }
  return all
}

export function quantiles(values: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** `hear` is there before the first message can come. */
export function connect(
  url: string,
  headers: Record<string, string> = {},
  hear: (text: string) => void = () => undefined,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), { headers })
    socket.on("message", (data) => hear(String(data)))
    socket.once("open", () => resolve(socket))
    socket.once("error", reject)
  })
}

/** The seqs of a message of events; empty for any other message. */
export function seqsOf(text: string): number[] {
  const told: { items?: { seq: number }[] } = JSON.parse(text)
  return told.items?.map(({ seq }) => seq) ?? []
}

export const acknowledge = (socket: WebSocket, seq: number): void => socket.send(JSON.stringify({ type: "ack", seq }))
export const round = (value: number): number => Math.round(value * 100) / 100
export const event = (seq: number, delta: string): string => JSON.stringify({ seq, at: new Date().toISOString(), kind: "text", delta })
const batchOf = (target: Target, length: number) => Array.from({ length }, () => event(target.next(), LINE))
