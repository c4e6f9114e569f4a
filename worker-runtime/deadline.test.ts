import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { CLOCKS } from "#contract/jobs.ts"
import { deadlineClock } from "./deadline.ts"
import type { DeadlineDeps } from "./deadline.ts"

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const RESERVE = CLOCKS.lambdaReserveMs.ms
function clockFor(endsAt: number | null) {
  const stops: { at: number; limitMs: number; told: boolean }[] = []
  const warned: number[] = []
  const from = Date.now()
  const deps: DeadlineDeps = {
    place: { endsAt: endsAt === null ? null : from + endsAt },
    now: Date.now,
    stop: ({ limitMs, detail }) => stops.push({ at: Date.now() - from, limitMs, told: detail !== undefined }),
    warn: (ms) => {
      warned.push(ms)
      return () => void warned.push(-ms)
    },
  }
  return { stops, warned, clock: deadlineClock(deps) }
}

test("a job's own limit counts from when it is known", () => {
  const { stops, warned, clock } = clockFor(null)
  vi.advanceTimersByTime(5_000)
  clock.start(60_000)
  vi.advanceTimersByTime(100_000)
  expect(stops).toEqual([{ at: 65_000, limitMs: 60_000, told: false }])
  expect(warned).toEqual([60_000])
})

test("a machine that goes away ends it before, and says why; also when nobody ever answered the claim", () => {
  const { stops, warned, clock } = clockFor(RESERVE + 30_000)
  vi.advanceTimersByTime(10_000)
  clock.start(60_000)
  vi.advanceTimersByTime(100_000)
  expect(stops).toEqual([{ at: 30_000, limitMs: 30_000, told: true }])
  expect(warned).toEqual([20_000])
  const silent = clockFor(RESERVE + 30_000)
  vi.advanceTimersByTime(100_000)
  expect(silent.stops).toEqual([{ at: 30_000, limitMs: 30_000, told: true }])
})

test("a shorter limit of the job stays its own; a machine with no time left ends it at once; cancelled, nothing happens", () => {
  const shorter = clockFor(RESERVE + 90_000)
  shorter.clock.start(60_000)
  vi.advanceTimersByTime(200_000)
  expect(shorter.stops).toEqual([{ at: 60_000, limitMs: 60_000, told: false }])
  const none = clockFor(5_000)
  vi.advanceTimersByTime(1)
  expect(none.stops).toEqual([{ at: 0, limitMs: 0, told: true }])
  const cancelled = clockFor(RESERVE + 30_000)
  cancelled.clock.start(10_000)
  cancelled.clock.cancel()
  vi.advanceTimersByTime(100_000)
  expect(cancelled.stops).toEqual([])
  expect(cancelled.warned).toEqual([10_000, -10_000])
})
