import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { CLOCKS, type Job } from "#contract/jobs.ts"
import { type StandingClock, standingClock } from "./clock.ts"
import {
  type Caller,
  connectHost,
  type FakeHost,
  fakeWorker,
  launchOf,
  ok,
  runningJob,
  setUpWorkplace,
  type Stage,
  step,
  text,
  until,
} from "./harness.ts"

// A worker that says nothing: dead, or only at work on something that says nothing.

let admin: Caller
let host: FakeHost & { token: string }
let stage: Stage
let clock: StandingClock

beforeAll(async () => {
  ;({ admin, host, stage } = await setUpWorkplace("Silence", { answersPings: true }))
  clock = standingClock()
})
afterAll(() => clock.release())

const read = (id: string) => ok(admin<Job>("GET", `/api/jobs/${id}`))
const asked = (id: string) => host.calls.filter((call) => call.id.includes(id)).map(({ verb }) => verb)

describe("a worker that died", () => {
  it.each([0, 1, 14, 60])("%i s after its claim, without its host's knowing, is found within 120 s of its last word", async (aliveS) => {
    const { job, worker, object } = await runningJob({ admin, host, stage })
    for (let second = 0; second < aliveS; second++) {
      await clock.pass(1000, [object])
      await worker.events([])
    }
    // Its host was started anew and does not know it any more, so nobody tells of its end.
    host.close()
    host = await connectHost(admin, { slots: 20, known: host, answersPings: true })
    await clock.pass(CLOCKS.heartbeatLostMs.ms - 1000, [object])
    expect((await read(job.id)).attempts).toMatchObject([{ n: 1, end: null }])
    await clock.pass(31_000, [object])
    expect((await read(job.id)).attempts[0]).toMatchObject({ n: 1, end: "the host does not run it any more" })
    const second = await fakeWorker(await launchOf(host, job.id, 2), "d".repeat(64))
    expect((await second.claim()).status).toBe(200)
    await second.result(0, { status: "failed", failure: { kind: "no-document" } })
    await until("the end", async () => (await read(job.id)).settled || null)
  })
})

describe("a tool call that says nothing for 30 minutes", () => {
  it("survives on empty heartbeats: nobody is asked, nothing is stopped, and its result counts", async () => {
    const { job, worker, object } = await runningJob({ admin, host, stage })
    await worker.events([step(1, "run-agent", "started"), { ...text(2, ""), kind: "tool", id: "1", name: "Bash", state: "started" }])
    for (let beat = 0; beat < (30 * 60_000) / CLOCKS.heartbeatMs.ms; beat++) {
      await clock.pass(CLOCKS.heartbeatMs.ms, [object])
      expect((await worker.events([])).body).toMatchObject({ acked: 2 })
    }
    expect(await read(job.id)).toMatchObject({ status: "running", attempt: 1, lastSeq: 2 })
    expect(asked(job.id)).toEqual(["run"])
    expect((await worker.result(2, { status: "succeeded", document: "# Found" })).body).toEqual({ status: "succeeded" })
  })
})
