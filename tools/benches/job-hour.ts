import { CLOCKS } from "#contract/jobs.ts"
import type { Engine } from "./engine.ts"
import { AFTER_AGENT, type Batch, BEFORE_AGENT, MINUTE, numbered, type Profile, schedule, STREAMING, TYPICAL, words } from "./hour.ts"
import { acknowledge, type Numbers, seqsOf, type Target } from "./measure.ts"
import type { Meter } from "./meter.ts"
import type { Raw } from "./raw.ts"

const HOUR = 60 * MINUTE
const TRANSCRIPT_BYTES = 1_000_000

export interface Hours {
  /** An hour of an installation without a job: what the cron takes. */
  idle: Numbers
  /** From the request to the agent's start, and from its end until nothing is left to do. */
  startAndEnd: Numbers
  typical: Numbers
  streaming: Numbers
  /** The logs on their way to object storage, when their time is over. */
  typicalArchived: Numbers
  streamingArchived: Numbers
}
interface Time {
  /** So many milliseconds pass, and all that is due in them happens. */
  pass: (ms: number) => Promise<void>
  /** The cron's minute. */
  tick: () => Promise<void>
}

/** Jobs with one viewer each, on a clock that the bench moves: what happens in an hour happens in seconds, and can be counted. */
export async function jobHours(engine: Engine, meter: Meter, tick: () => Promise<void>): Promise<Hours> {
  const tickets = [await engine.ticket(), await engine.ticket()]
  let now = await meter.setClock(Date.now())
  const time: Time = { pass: async (ms) => void (now = await meter.setClock(now + ms)), tick }
  await cron(2, time)
  const idle = await meter.of(() => cron(60, time))
  const typical = await live(engine, meter, { ticketId: tickets[0] ?? "", profile: TYPICAL, time })
  const streaming = await live(engine, meter, { ticketId: tickets[1] ?? "", profile: STREAMING, time })
  // The first log's time is over before the second's, which began when it had ended.
  const typicalArchived = await meter.of(() => time.pass(CLOCKS.retentionMs.ms - STREAMING.minutes * MINUTE + MINUTE))
  const streamingArchived = await meter.of(() => time.pass(STREAMING.minutes * MINUTE))
  return {
    idle,
    startAndEnd: typical.startAndEnd,
    typical: typical.hour,
    streaming: streaming.hour,
    typicalArchived,
    streamingArchived: perHour(streamingArchived, STREAMING),
  }
}

async function cron(minutes: number, { pass, tick }: Time): Promise<void> {
  for (let n = 0; n < minutes; n++) {
    await pass(MINUTE)
    await tick()
  }
  await pass(0)
}

async function live(
  engine: Engine,
  meter: Meter,
  { ticketId, profile, time }: { ticketId: string; profile: Profile; time: Time },
): Promise<{ startAndEnd: Numbers; hour: Numbers }> {
  let jobId = ""
  const start = await meter.of(async () => {
    jobId = await engine.request(ticketId)
    await time.pass(0)
    await engine.claimed(jobId)
    await engine.target(jobId).send(numbered(0, BEFORE_AGENT))
    await time.pass(0)
  })
  const job = await watched(engine.target(jobId), meter, BEFORE_AGENT.length)
  const hour = await meter.of(() => perform(job, profile, time))
  job.close()
  const end = await meter.of(async () => {
    await engine.target(jobId).send(numbered(job.lastSeq(), AFTER_AGENT))
    await engine.upload(jobId, "transcript.ndjson", words(TRANSCRIPT_BYTES))
    await engine.finish(jobId, job.lastSeq() + AFTER_AGENT.length)
    await time.pass(0)
  })
  const startAndEnd = Object.fromEntries(Object.entries(start).map(([name, value]) => [name, value + (end[name] ?? 0)]))
  return { startAndEnd, hour: perHour(hour, profile) }
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
    async send({ events }: Batch): Promise<void> {
      seen.arrived = Promise.withResolvers()
      await target.send(numbered(seen.last, events))
      if (events.length > 0) await seen.arrived.promise
      while ((await meter.acknowledgements()) < seen.acks) await new Promise((resolve) => setImmediate(resolve))
    },
    close: () => socket.close(),
  }
}
type Watched = Awaited<ReturnType<typeof watched>>

async function perform(job: Watched, profile: Profile, { pass, tick }: Time): Promise<void> {
  const batches = schedule(profile)
  let [now, next] = [0, 0]
  const reach = async (at: number) => {
    await pass(at - now)
    now = at
  }
  for (let minute = 1; minute <= profile.minutes; minute++) {
    for (let batch = batches[next]; batch !== undefined && batch.at < minute * MINUTE; batch = batches[++next]) {
      await reach(batch.at)
      await job.send(batch)
    }
    await reach(minute * MINUTE)
    await tick()
  }
  await pass(0)
}

/** The same batches on the raw platform, with a viewer who says nothing. */
export async function playRaw(raw: Raw, profile: Profile): Promise<Numbers> {
  const target = raw.target()
  const socket = await target.view(() => undefined)
  let last = 0
  const used = await raw.usedBy(async () => {
    for (const { events } of schedule(profile)) {
      await target.send(numbered(last, events))
      last += events.length
    }
  })
  socket.close()
  return perHour(used, profile)
}

const perHour = (numbers: Numbers, { minutes }: Profile): Numbers =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, (value * HOUR) / (minutes * MINUTE)]))
