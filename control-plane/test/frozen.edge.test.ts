import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { CLOCKS } from "#contract/jobs.ts"
import { overrides } from "../context.ts"
import { freeze, FROZEN_BOUND_MS } from "../jobs/machine.fixture.ts"
import type { JobEvent } from "../jobs/state.ts"
import { brokenDatabase } from "./broken-database.ts"
import { setUp } from "./harness.ts"
import { claimed, insertJob, type JobUnderTest, onJob, stateOf, type World, world } from "./job-object.ts"

// Every actor stands still: queue, host, worker and people. The object's alarm alone brings each job to its end.

let at = 0
beforeAll(async () => {
  await setUp()
  at = Date.now() + 24 * 60 * 60_000
  overrides.now = () => at
})
afterAll(() => {
  delete overrides.now
  delete overrides.database
})

const granted = (leaseId: string): JobEvent => ({ type: "granted", leaseId, nonce: "abc" })
const inspected = (inspection: "running" | "stopped"): JobEvent => ({
  type: "inspected",
  attempt: 1,
  inspection,
  reason: inspection,
  oom: false,
})
const cancel: JobEvent = { type: "cancel", by: "usr_1" }

/** How each state is reached, and what the job is when nobody has said anything more. */
const STATES = {
  queued: { events: [], end: { status: "failed", failure: { kind: "queue-timeout" } }, withinMs: CLOCKS.queueMs.ms },
  launching: {
    events: [granted("l1")],
    end: { status: "failed", failure: { kind: "queue-timeout" } },
    withinMs: 3 * CLOCKS.startDockerMs.ms + 2 * CLOCKS.stopMs.ms + CLOCKS.silentMs.ms + CLOCKS.queueMs.ms,
  },
  running: {
    events: [granted("l1"), claimed()],
    end: { status: "failed", failure: { kind: "agent-timeout" } },
    withinMs: 45 * 60_000 + CLOCKS.executionMarginMs.ms + 2 * CLOCKS.stopMs.ms,
  },
  "stopping, cancelled": { events: [granted("l1"), claimed(), cancel], end: { status: "cancelled" }, withinMs: 2 * CLOCKS.stopMs.ms },
  "stopping, cancelled before a claim": { events: [granted("l1"), cancel], end: { status: "cancelled" }, withinMs: 2 * CLOCKS.stopMs.ms },
  "stopping, lost": {
    events: [granted("l1"), claimed(), ...Array.from({ length: 4 }, () => inspected("running"))],
    end: { status: "failed", failure: { kind: "queue-timeout" } },
    withinMs: CLOCKS.silentMs.ms + CLOCKS.queueMs.ms,
  },
  "queued for its second attempt": {
    events: [granted("l1"), claimed(), inspected("stopped")],
    end: { status: "failed", failure: { kind: "queue-timeout" } },
    withinMs: CLOCKS.queueMs.ms,
  },
} as const satisfies Record<string, { events: readonly JobEvent[]; end: object; withinMs: number }>

describe("a job, with everybody else frozen", () => {
  it.each(Object.entries(STATES))(
    "%s, ends by itself, when the machine says and no later than its clocks",
    async (_name, { events, end, withinMs }) => {
      const frozen = world()
      const { id, object } = await insertJob()
      await onJob(object, frozen, (job) => job.accept(id))
      for (const event of events) await onJob(object, frozen, (job) => job.apply(event))
      const from = at
      const before = await onJob(object, frozen, async (_, storage) => stateOf(storage))
      const lastWordAt = events.some(({ type }) => type === "claimed") && before.stage.status !== "queued" ? from : null
      await untilEnded(object, frozen)
      const { stage } = await onJob(object, frozen, async (_, storage) => stateOf(storage))
      expect(stage).toMatchObject(end)
      expect(at - from).toBeLessThanOrEqual(withinMs + 1000)
      expect(at - from).toBeLessThanOrEqual(FROZEN_BOUND_MS)
      expect(Math.abs(at - from - freeze(before, from, lastWordAt))).toBeLessThan(1000)
    },
  )

  it("ends too when every door throws and the database with them", async () => {
    const { id, object } = await insertJob()
    const fail = async () => {
      throw new Error("out of order")
    }
    const broken = world({ run: fail, inspect: fail, stop: fail }, fail)
    await onJob(object, broken, (job) => job.accept(id))
    overrides.database = brokenDatabase("fails")
    for (const event of STATES["stopping, cancelled"].events) await onJob(object, broken, (job) => job.apply(event))
    const from = at
    await untilEnded(object, broken)
    expect(at - from).toBeLessThanOrEqual(2 * CLOCKS.stopMs.ms + 1000)
    expect(await onJob(object, broken, async (_, storage) => stateOf(storage))).toMatchObject({
      stage: { status: "cancelled" },
      evidence: { proven: false },
    })
  })
})

/** Runs the object's alarm, each time at the time that it is set for, a new instance each time. */
async function untilEnded(object: DurableObjectStub, frozen: World): Promise<void> {
  const turn = async (job: JobUnderTest, storage: DurableObjectStorage) => {
    if (stateOf(storage).endedAt !== null) return true
    const alarm = await storage.getAlarm()
    if (alarm === null) throw new Error("a job that has not ended and no alarm")
    at = Math.max(at, alarm)
    await job.alarm?.()
    await job.idle()
    return false
  }
  for (let alarms = 0; !(await onJob(object, frozen, turn)); alarms++) if (alarms > 500) throw new Error("500 alarms and no end")
}
