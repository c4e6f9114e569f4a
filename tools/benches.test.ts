import { describe, expect, it } from "vitest"
import { CLOCKS } from "#contract/jobs.ts"
import { judge, missed } from "./benches/bounds.ts"
import { schedule, TYPICAL } from "./benches/hour.ts"
import { add, beyondPlan, dollars, times } from "./benches/cost.ts"
import { quantiles, seqsOf } from "./benches/measure.ts"
import { type Decision, readDecisions } from "./benches/queue-order.ts"

describe("numbers of a bench", () => {
  it("are quantiles of what was measured, in any order", () => {
    const values = Array.from({ length: 1000 }, (_, index) => (index * 7) % 1000)
    expect(quantiles(values)).toEqual({ p50: 500, p95: 950, p99: 990 })
    expect(quantiles([3])).toEqual({ p50: 3, p95: 3, p99: 3 })
  })

  it("stand beside the better run of the baseline", () => {
    const raws = [
      { perSecond: 100, p50: 4 },
      { perSecond: 200, p50: 5 },
    ]
    expect(judge("perSecond", { ours: { perSecond: 50 }, raws })).toMatchObject({ raw: { perSecond: 200 }, oursToRaw: 0.25 })
    expect(judge("p50", { ours: { p50: 8 }, raws })).toMatchObject({ raw: { p50: 4 }, oursToRaw: 2 })
    expect(judge("p50", { ours: { p50: 8 }, raws: [{}] }).oursToRaw).toBeNull()
  })

  it("stay visible with a bound that they miss; what was not measured meets none", () => {
    const bounds = [
      { number: "fast", atMost: 10 },
      { number: "many", atLeast: 10 },
      { number: "never", atMost: 10 },
    ]
    const result = judge("fast", { ours: { fast: 10, many: 9 }, raws: [{}], bounds })
    expect(result.bounds?.map(({ met }) => met)).toEqual([true, false, false])
    expect(missed({ it: result })).toEqual(["it: many is 9, must be at least 10", "it: never is undefined, must be at most 10"])
  })

  it("of a stream are read from its events only", () => {
    expect(seqsOf('{"type":"job","job":{}}')).toEqual([])
    expect(seqsOf('{"type":"events","items":[{"seq":4},{"seq":5}]}')).toEqual([4, 5])
  })
})

describe("the order of a queue", () => {
  const waits = (jobId: string, projectId: string, at: number, priority = 0): Decision => ({
    type: "waits",
    jobId,
    projectId,
    priority,
    at,
  })
  const granted = (jobId: string): Decision => ({ type: "granted", leaseId: `lease of ${jobId}`, jobId })
  const released = (jobId: string): Decision => ({ type: "released", leaseId: `lease of ${jobId}` })
  const line = [waits("old", "a", 1), waits("next", "a", 2), waits("other", "b", 3), waits("urgent", "a", 4, 10)]

  it("is priority, then the project with the fewest running, then age", () => {
    const right = [...line, granted("urgent"), granted("other"), granted("old"), released("urgent"), granted("next")]
    expect(readDecisions(right)).toEqual({ granted: 4, outOfOrder: 0, heldAtMost: 3 })
  })

  it.each([
    ["age", ["urgent", "other", "next"]],
    ["fairness", ["urgent", "old"]],
    ["priority", ["old"]],
    ["a job that never asked", ["stranger"]],
    ["a job twice", ["urgent", "urgent"]],
  ])("is broken by a grant against %s", (_, grants) => {
    expect(readDecisions([...line, ...grants.map(granted)]).outOfOrder).toBe(1)
  })
})

describe("the hour of a worker", () => {
  it("has every batch of its minutes, and is never silent for longer than a heartbeat", () => {
    const batches = schedule({ ...TYPICAL, minutes: 3 })
    expect(batches.filter(({ events }) => events.length > 0)).toHaveLength(3 * TYPICAL.minute.length)
    const times = [0, ...batches.map(({ at }) => at), 3 * 60_000]
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    expect(Math.max(...gaps)).toBe(CLOCKS.heartbeatMs.ms)
  })
})

describe("the bill", () => {
  it("counts messages twentyfold, and an hour of an object at most as one that never sleeps", () => {
    expect(dollars({ objectRequests: 1e6, alarms: 1e6, socketMessages: 20e6 })).toBeCloseTo(0.45)
    expect(dollars({ hours: 1 })).toBeCloseTo(0.005625)
    expect(dollars({ rowsWritten: 36_000, d1RowsWritten: 1000, rowsRead: 1e6 })).toBeCloseTo(0.038)
  })

  it("has what the plan includes for nothing", () => {
    expect(beyondPlan({ rowsWritten: 50e6, workerRequests: 10e6 })).toBe(0)
    expect(beyondPlan(times(add({ rowsWritten: 30e6 }, { rowsWritten: 21e6 }), 2))).toBeCloseTo(52)
  })
})
