import { join } from "node:path"
import { awsDispatch } from "./aws-dispatch.ts"
import { type ControlPlane, serve } from "../serve.ts"
import { type Bound, type Compared, judge } from "./bounds.ts"
import { clawTick } from "./claw-tick.ts"
import { drain } from "./drain.ts"
import { type Engine, startEngine } from "./engine.ts"
import { STREAMING, TYPICAL } from "./hour.ts"
import { jobHours, playRaw } from "./job-hour.ts"
import { type Numbers, pages, type Target, throughput, timed, visible } from "./measure.ts"
import { createMeter, type Meter } from "./meter.ts"
import { type Raw, startRaw } from "./raw.ts"
import { viewerComesBack, workerComesBack } from "./reconnect.ts"
import { sustained } from "./sustained.ts"
import { seedTickets, ticketLists } from "./ticket-lists.ts"
import { seedUsage, usageSums } from "./usage-sums.ts"
import { workerStart } from "./worker-start.ts"

/** Our control plane, the same build with a meter around it, and the raw platform. */
export interface Worlds {
  ours: Engine
  /** The metered one is started when it is first wanted; its clock may stand still afterwards. */
  metered: () => Promise<{ engine: Engine; meter: Meter; tick: () => Promise<void>; sql: ControlPlane["sql"]; close: () => Promise<void> }>
  raw: Raw
  close: () => Promise<void>
}
type Bench = (worlds: Worlds, full: boolean) => Promise<Record<string, Compared & { at: string }>>

const VIEWS = { times: 200, viewers: 1 }
const CROWD = { times: 50, viewers: 100 }
const LOG = { events: 200_000, times: 60 }
const DISPATCHES = 40
const QUEUE = { jobs: 500, slots: 20 }
const MOST_STATEMENTS = 25
const TICKETS = 50_000
const JOBS = 50_000
const CLAWS = { schedules: 10_000, due: 100 }
/** The emitter offers a little more than what must be sustained. */
const STEADY = { offered: 1100, sustained: 1000, ackP95Ms: 250 }

export const BENCHES: Record<string, Bench> = {
  eventsStored: async (worlds) => {
    const seconds = Number(process.env["BENCH_SECONDS"] ?? 5)
    return one("eventsStored", "perSecond", await both(worlds, (target) => throughput(target, seconds)))
  },
  emitToViewerMs: async (worlds) => one("emitToViewerMs", "p50", await both(worlds, (target) => visible(target, VIEWS))),
  emitTo100ViewersMs: async (worlds) => one("emitTo100ViewersMs", "p95", await both(worlds, (target) => visible(target, CROWD))),
  pageOfALongLogMs: async (worlds) => one("pageOfALongLogMs", "p50", await both(worlds, (target) => pages(target, LOG))),
  sustained: async (worlds, full) => {
    const sides = await both(worlds, (target) => sustained(target, { seconds: full ? 60 : 10, offered: STEADY.offered }))
    return one("sustained", "ackP95Ms", sides, [
      { number: "perSecond", atLeast: STEADY.sustained },
      { number: "ackP95Ms", atMost: STEADY.ackP95Ms },
      { number: "viewerMissed", atMost: 0 },
    ])
  },
  requestToClaimMs: async ({ ours, raw }) => {
    const tickets: string[] = []
    for (let turn = 0; turn < DISPATCHES; turn++) tickets.push(await ours.ticket())
    const mine = await timed(DISPATCHES, async (turn) => {
      const job = await ours.dispatch(tickets[turn] ?? "")
      return () => ours.finish(job)
    })
    const dispatcher = await raw.dispatcher()
    const theirs = await timed(DISPATCHES, () => dispatcher.dispatch().then(() => async () => undefined))
    dispatcher.close()
    return one("requestToClaimMs", "p50", { ours: mine, raws: [theirs] })
  },
  awsDispatch: async () =>
    one("awsDispatch", "p50", await awsDispatch(DISPATCHES), [
      { number: "awsCalls", atMost: 1 },
      { number: "awsCalls", atLeast: 1 },
      { number: "d1Queries", atMost: 3 },
    ]),
  queueDrained: async (worlds) => {
    const { engine, meter, close } = await worlds.metered()
    const ours = await drain(engine, meter, QUEUE.jobs)
    await close()
    return one("queueDrained", "ms", { ours, raws: [await worlds.raw.drain(QUEUE)] }, [
      { number: "granted", atLeast: QUEUE.jobs },
      { number: "outOfOrder", atMost: 0 },
      { number: "heldAtMost", atMost: QUEUE.slots },
    ])
  },
  reconnect: async (worlds) => ({
    ...one("viewerComesBack", "missed1000Bytes", await both(worlds, viewerComesBack), [
      { number: "missed0Bytes", atMost: 8192 },
      { number: "missed100ToOwn", atMost: 1.1 },
      { number: "missed1000ToOwn", atMost: 1.1 },
    ]),
    ...one("workerComesBack", "bytes", await both(worlds, workerComesBack), [
      { number: "sentFrom", atMost: 1 },
      { number: "sentTwice", atMost: 0 },
      { number: "toOwn", atMost: 1 },
    ]),
  }),
  ticketLists: async (worlds) => {
    const { engine, meter, sql, close } = await worlds.metered()
    await seedTickets(sql, TICKETS)
    const ours = await ticketLists(engine.api, meter, TICKETS)
    await close()
    return one("ticketLists", "all", { ours, raws: [await worlds.raw.pageOfRows(TICKETS)] }, [
      { number: "mostQueries", atMost: 3 },
      { number: "slowestP95", atMost: 50 },
    ])
  },
  usageSums: async (worlds) => {
    const { engine, meter, sql, close } = await worlds.metered()
    await seedUsage(sql, JOBS)
    const ours = await usageSums(engine.api, meter, JOBS)
    await close()
    return one("usageSums", "monthP95", { ours, raws: [{}] }, [
      { number: "mostQueries", atMost: 5 },
      { number: "monthP95", atMost: 100 },
      { number: "yearP95", atMost: 500 },
    ])
  },
  workerStart: async () =>
    one("workerStart", "p50", await workerStart(), [
      { number: "p50", atMost: 300 },
      { number: "ecsP50", atMost: 500 },
      { number: "megabytes", atMost: 80 },
    ]),
  clawTick: async (worlds) => {
    const { engine, close, ...metered } = await worlds.metered()
    const ours = await clawTick(engine, metered, CLAWS)
    await close()
    return one("clawTick", "claimP50", { ours, raws: [{}] }, [
      { number: "idleQuestions", atMost: 3 },
      { number: "idleRowsRead", atMost: 200 },
      { number: "claimQuestions", atMost: 5 },
      { number: "claimRowsRead", atMost: 5000 },
      { number: "claimP95", atMost: 1000 },
      { number: "begun", atLeast: 200 },
      { number: "startP95", atMost: 30_000 },
    ])
  },
  jobHours: async (worlds) => {
    const { engine, meter, tick, close } = await worlds.metered()
    const hours = await jobHours(engine, meter, tick)
    await close()
    const { raw } = worlds
    return {
      ...one("idleHour", "workerRequests", { ours: hours.idle, raws: [{}] }, [{ number: "rowsWritten", atMost: 0 }]),
      ...one("jobStartAndEnd", "rowsWritten", { ours: hours.startAndEnd, raws: [await raw.usedBy(() => dispatchRaw(raw))] }, [
        { number: "rowsWritten", atMost: 200 },
        { number: "d1RowsWritten", atMost: 60 },
      ]),
      ...one("jobHour", "rowsWritten", { ours: hours.typical, raws: [await playRaw(raw, TYPICAL)] }, [
        { number: "rowsWritten", atMost: 1500 },
        { number: "d1RowsWritten", atMost: 120 },
      ]),
      ...one("jobHourArchived", "r2ClassA", { ours: hours.typicalArchived, raws: [{}] }),
      ...one("streamingHour", "rowsWritten", { ours: hours.streaming, raws: [await playRaw(raw, STREAMING)] }, [
        { number: "rowsWritten", atMost: 40_000 },
      ]),
      ...one("streamingHourArchived", "r2ClassA", { ours: hours.streamingArchived, raws: [{}] }),
    }
  },
}

const one = (name: string, number: string, sides: { ours: Numbers; raws: readonly Numbers[] }, bounds: readonly Bound[] = []) => ({
  [name]: { at: new Date().toISOString(), ...judge(number, { ...sides, bounds }) },
})

async function dispatchRaw(raw: Raw): Promise<void> {
  const dispatcher = await raw.dispatcher()
  await dispatcher.dispatch()
  dispatcher.close()
}

/** Ours between two runs of the baseline, each on a log of its own. */
async function both({ ours, raw }: Worlds, run: (target: Target) => Promise<Numbers>): Promise<{ ours: Numbers; raws: Numbers[] }> {
  const before = await run(raw.target())
  const jobId = await ours.dispatch(await ours.ticket())
  const mine = await run(ours.target(jobId))
  return { ours: mine, raws: [before, await run(raw.target())] }
}

/** A bench that breaks says what the Worker said last. */
const sayErrors = (line: string) => void (line.includes('"level":"error"') && console.error(line))

/** With `rows`, each metered run ends by saying which statements touched the most rows. */
export async function startWorlds(state: string, { rows }: { rows: boolean }): Promise<Worlds> {
  const control = await serve({ state: join(state, "ours") })
  const ours = await startEngine(control.url, (await control.createAdmin("bench@example.test")).token)
  const raw = await startRaw(join(state, "raw"))
  let metered = 0
  return {
    ours,
    raw,
    async metered() {
      const around = join(import.meta.dirname, "meter-worker.mjs")
      const plane = await serve({ state: join(state, `metered-${++metered}`), around, ticking: false, log: sayErrors })
      const engine = await startEngine(plane.url, (await plane.createAdmin("bench@example.test")).token)
      const meter = createMeter(engine.api)
      const close = async () => {
        if (rows) console.table(await meter.statements(MOST_STATEMENTS))
        engine.close()
        await plane.close()
      }
      return { engine, meter, tick: plane.tick, sql: plane.sql, close }
    },
    async close() {
      ours.close()
      await Promise.all([control.close(), raw.close()])
    },
  }
}
