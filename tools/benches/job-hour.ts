import { CLOCKS } from "#contract/jobs.ts"
import type { Engine } from "./engine.ts"
import { acknowledge, type Numbers, seqsOf, type Target } from "./measure.ts"
import type { Meter } from "./meter.ts"
import type { Raw } from "./raw.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const words = (length: number) => "the agent says what it found and goes on. ".repeat(Math.ceil(length / 42)).slice(0, length)

/** What a worker sends at a time of the hour, in milliseconds from its start; an empty batch is a heartbeat. */
export interface Batch {
  at: number
  events: readonly object[]
}

/** One step of a model as OpenCode prints it: what it says, then the tool's end, then what the step used. */
const STEP = {
  says: [{ kind: "text", delta: words(300) }],
  does: [
    { kind: "tool", id: "call_1", name: "read", state: "finished", input: { filePath: "src/index.ts" }, output: words(2000) },
    { kind: "usage", model: "m", inputTokens: 20_000, outputTokens: 300, cacheReadTokens: 18_000 },
  ],
} as const
/** Three steps of ten seconds and then half a minute in which a command runs without a word. */
const STEPS_AT = [0, 10, 20].map((seconds) => seconds * SECOND)

/** An agent that thinks, uses a tool, and runs the tests now and then: 9 events a minute. */
export const typicalMinute: readonly Batch[] = STEPS_AT.flatMap((at) => [
  { at: at + 4 * SECOND, events: STEP.says },
  { at: at + 6 * SECOND, events: STEP.does },
])
/** An agent that prints every word as it comes and never stops: one batch every 100 ms, of one delta. */
export const streamingMinute: readonly Batch[] = Array.from({ length: 600 }, (_, tenth) => ({
  at: tenth * 100,
  events: [{ kind: "text", delta: words(60) }],
}))

/** The minute again and again, with a heartbeat wherever the worker would otherwise be silent for too long. */
export function schedule(minute: readonly Batch[], minutes: number): Batch[] {
  const batches: Batch[] = []
  let last = 0
  const heartbeatsUntil = (at: number) => {
    for (; at - last > CLOCKS.heartbeatMs.ms; batches.push({ at: last, events: [] })) last += CLOCKS.heartbeatMs.ms
  }
  for (let n = 0; n < minutes; n++)
    for (const { at, events } of minute) {
      heartbeatsUntil(n * MINUTE + at)
      last = n * MINUTE + at
      batches.push({ at: last, events })
    }
  heartbeatsUntil(minutes * MINUTE)
  return batches
}

export interface Hours {
  /** An hour of an installation without a job: what the cron takes. */
  idle: Numbers
  /** From the request to the agent's start, and from its end until nothing is left to do. */
  startAndEnd: Numbers
  typical: Numbers
  streaming: Numbers
  /** The log of both profiles on its way to object storage, 30 days later. */
  archive: Numbers
}
/** The streaming hour is six minutes of it, times ten. */
export const STREAMING_MINUTES = 6

/** One job with one viewer, on a clock that the bench moves: what happens in an hour happens in a few seconds, and can be counted. */
export async function jobHours(engine: Engine, meter: Meter, tick: () => Promise<void>): Promise<Hours> {
  const ticketId = await engine.ticket()
  let now = await meter.setClock(Date.now())
  const pass = async (ms: number) => void (now = await meter.setClock(now + ms))
  const minutes = async (count: number) => {
    for (let n = 0; n < count; n++) {
      await pass(MINUTE)
      await tick()
    }
    await pass(0)
  }
  await minutes(2)
  const idle = await meter.of(() => minutes(60))

  let jobId = ""
  const start = await meter.of(async () => {
    jobId = await engine.request(ticketId)
    await pass(0)
    await engine.claimed(jobId)
    await steps(engine.target(jobId), 1, "receive", "resolve-clanker", "fetch-credentials", "prepare-agent", "clone", "run-agent")
    await pass(0)
  })
  const job = await watched(engine.target(jobId), meter, 11)
  const play = (minute: readonly Batch[], count: number) =>
    meter.of(() => perform(job, schedule(minute, count), { minutes: count, pass, tick }))
  const typical = await play(typicalMinute, 60)
  const streaming = await play(streamingMinute, STREAMING_MINUTES)
  job.close()
  const end = await meter.of(async () => {
    await steps(engine.target(jobId), job.lastSeq() + 1, "run-agent", "report")
    await engine.upload(jobId, "transcript.ndjson", words(1_000_000))
    await engine.finish(jobId, job.lastSeq() + 3)
    await pass(0)
  })
  const archive = await meter.of(() => pass(CLOCKS.retentionMs.ms + MINUTE))
  return {
    idle,
    startAndEnd: combine(start, end, (a, b) => a + b),
    typical,
    streaming: combine(streaming, {}, (value) => (value * HOUR) / (STREAMING_MINUTES * MINUTE)),
    archive,
  }
}

/** The same batches on the raw platform, with a viewer who says nothing. */
export async function playRaw(raw: Raw, minute: readonly Batch[], minutes: number): Promise<Numbers> {
  const target = raw.target()
  const socket = await target.view(() => undefined)
  const used = await raw.usedBy(async () => {
    for (const { events } of schedule(minute, minutes)) await target.send(events.map((event) => numbered(target.next(), event)))
  })
  socket.close()
  return combine(used, {}, (value) => (value * HOUR) / (minutes * MINUTE))
}

const combine = (one: Numbers, other: Numbers, how: (a: number, b: number) => number): Numbers =>
  Object.fromEntries(Object.entries(one).map(([name, value]) => [name, how(value, other[name] ?? 0)]))

/** Tells the steps of an attempt: the first of them started and ended, the last started. */
async function steps(target: Target, from: number, ...names: string[]): Promise<void> {
  const events = names.flatMap((step, index) => [
    ...(index === 0 && from > 1 ? [] : [{ kind: "step", step, state: "started" }]),
    ...(step === "run-agent" && from === 1 ? [] : [{ kind: "step", step, state: "finished" }]),
  ])
  await target.send(events.map((event, index) => numbered(from + index, event)))
}

/** The job's worker and one viewer who acknowledges everything. After each batch nothing is on its way any more. */
async function watched(target: Target, meter: Meter, from: number) {
  const seen = { last: from, acks: await meter.acknowledgements(), arrived: Promise.withResolvers<void>() }
  const socket = await target.view((text) => {
    const seq = seqsOf(text).at(-1)
    if (seq === undefined) return
    seen.last = seq
    seen.acks++
    acknowledge(socket, seq)
    seen.arrived.resolve()
  }, from)
  return {
    lastSeq: () => seen.last,
    async send(events: readonly object[]): Promise<void> {
      seen.arrived = Promise.withResolvers()
      await target.send(events.map((event, index) => numbered(seen.last + 1 + index, event)))
      if (events.length > 0) await seen.arrived.promise
      while ((await meter.acknowledgements()) < seen.acks) await new Promise((resolve) => setImmediate(resolve))
    },
    close: () => socket.close(),
  }
}
type Watched = Awaited<ReturnType<typeof watched>>

async function perform(
  job: Watched,
  batches: readonly Batch[],
  { minutes, pass, tick }: { minutes: number; pass: (ms: number) => Promise<void>; tick: () => Promise<void> },
): Promise<void> {
  let now = 0
  const reach = async (at: number) => {
    await pass(at - now)
    now = at
  }
  let next = 0
  for (let minute = 1; minute <= minutes; minute++) {
    for (let batch = batches[next]; batch !== undefined && batch.at < minute * MINUTE; batch = batches[++next]) {
      await reach(batch.at)
      await job.send(batch.events)
    }
    await reach(minute * MINUTE)
    await tick()
  }
  await pass(0)
}

const numbered = (seq: number, event: object): string => JSON.stringify({ seq, at: new Date(0).toISOString(), ...event })
