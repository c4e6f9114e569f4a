import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { intervalMs } from "#contract/claws.ts"
import { admit } from "./admission.ts"
import { cronError, isTimeZone, MISSED_AFTER_MS, nextAfter, nextRuns, readTiming, settleDue, type Timing } from "./due.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const cron = (text: string, timeZone: string): Timing => ({ kind: "cron", cron: text, timeZone })
const at = (text: string) => Date.parse(text)
const runs = (timing: Timing, after: string, count: number) =>
  nextRuns(timing, at(after), count).map((ms) => new Date(ms).toISOString().slice(0, 16))

describe("local times", () => {
  it("that are skipped run once, at the next valid minute", () => {
    expect(runs(cron("30 2 * * *", "America/New_York"), "2026-03-07T08:00:00Z", 2)).toEqual(["2026-03-08T07:00", "2026-03-09T06:30"])
    expect(runs(cron("15,45 2 * * *", "America/New_York"), "2026-03-08T05:00:00Z", 2)).toEqual(["2026-03-08T07:00", "2026-03-09T06:15"])
    expect(runs(cron("*/30 * * * *", "America/New_York"), "2026-03-08T06:00:00Z", 3)).toEqual([
      "2026-03-08T06:30",
      "2026-03-08T07:00",
      "2026-03-08T07:30",
    ])
    // Lord Howe Island jumps by half an hour.
    expect(runs(cron("15 2 * * *", "Australia/Lord_Howe"), "2026-10-02T16:00:00Z", 2)).toEqual(["2026-10-03T15:30", "2026-10-04T15:15"])
  })

  it("that come twice run once, the first time", () => {
    expect(runs(cron("30 1 * * *", "America/New_York"), "2026-10-31T06:00:00Z", 2)).toEqual(["2026-11-01T05:30", "2026-11-02T06:30"])
    expect(runs(cron("*/30 * * * *", "Europe/London"), "2026-10-25T00:00:00Z", 3)).toEqual([
      "2026-10-25T00:30",
      "2026-10-25T02:00",
      "2026-10-25T02:30",
    ])
    expect(runs(cron("45 1 * * *", "Australia/Lord_Howe"), "2026-04-04T00:00:00Z", 2)).toEqual(["2026-04-04T14:45", "2026-04-05T15:15"])
  })

  // Nothing here knows of offsets: every minute around both changes of the clock is asked what the clock on the wall says.
  const SEASONS = [
    { from: at("2026-03-01T00:00:00Z"), to: at("2026-04-10T00:00:00Z") },
    { from: at("2026-10-01T00:00:00Z"), to: at("2026-11-05T00:00:00Z") },
  ]
  const walls = new Map<string, { now: number; local: number }[][]>()
  /** For each season what the wall shows, minute by minute. */
  function wallOf(timeZone: string) {
    const wall = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" })
    const minutes = ({ from, to }: { from: number; to: number }) =>
      Array.from({ length: (to - from) / MINUTE }, (_, minute) => {
        const now = from + minute * MINUTE
        return { now, local: Date.parse(`${wall.format(now).replace(" ", "T")}:00Z`) }
      })
    const shown = walls.get(timeZone) ?? SEASONS.map(minutes)
    walls.set(timeZone, shown)
    return shown
  }
  function dueByTheWall(
    shown: readonly { now: number; local: number }[],
    minutes: readonly number[],
    hours: readonly number[] | null,
  ): number[] {
    const due = new Set<number>()
    let latest: number | null = null
    for (const { now, local } of shown) {
      const from = latest === null ? local : latest + MINUTE
      for (let time = from; time <= local; time += MINUTE) {
        const wanted = new Date(time)
        if (minutes.includes(wanted.getUTCMinutes()) && (hours === null || hours.includes(wanted.getUTCHours()))) due.add(now)
      }
      latest = Math.max(latest ?? local, local)
    }
    return [...due]
  }

  it.each([
    ["America/New_York", "30 2 * * *", [30], [2]],
    ["America/New_York", "0,30 * * * *", [0, 30], null],
    ["Europe/London", "15,45 1 * * *", [15, 45], [1]],
    ["Australia/Lord_Howe", "10 2 * * *", [10], [2]],
    ["Australia/Lord_Howe", "*/20 1-3 * * *", [0, 20, 40], [1, 2, 3]],
  ] as const)("of %s agree with the clock on the wall: %s", { timeout: 30_000 }, (timeZone, text, minutes, hours) => {
    for (const [season, { from }] of SEASONS.entries()) {
      const due = dueByTheWall(wallOf(timeZone)[season] ?? [], minutes, hours)
      expect(due.length).toBeGreaterThan(30)
      expect(nextRuns(cron(text, timeZone), from - 1, due.length)).toEqual(due)
    }
  })
})

describe("a schedule's time", () => {
  it("counts intervals from their anchor, whatever the clocks do", () => {
    const timing: Timing = { kind: "interval", everyMs: 90 * MINUTE, anchorAt: at("2026-03-08T00:00:00Z") }
    expect(runs(timing, "2026-03-07T00:00:00Z", 3)).toEqual(["2026-03-08T00:00", "2026-03-08T01:30", "2026-03-08T03:00"])
    expect(nextAfter(timing, at("2026-03-08T01:30:00Z"))).toBe(at("2026-03-08T03:00:00Z"))
    expect([
      intervalMs("90m"),
      intervalMs("2d"),
      intervalMs("1w"),
      intervalMs("53w"),
      intervalMs("0m"),
      intervalMs("1.5h"),
      intervalMs("5s"),
    ]).toEqual([...[90 * MINUTE, 48 * HOUR, 168 * HOUR], ...[null, null, null, null]])
  })

  it("is refused by its field where it cannot be read, or never comes", () => {
    for (const good of ["* * * * *", "0 5 4 * * mon-fri", "5 4 * * SUN", "@daily", "0 9-17/2 1,15 jan *"])
      expect(cronError(good), good).toBeNull()
    for (const [bad, words] of Object.entries({
      "0 0 31 2 *": "never comes due",
      "10 * * * * *": "seconds 0",
      "61 * * * *": "61",
      "* * *": "five fields",
      "@fortnightly": "cannot be read",
      "": "five fields",
    }))
      expect(cronError(bad), bad).toContain(words)
    const read = (fields: object) => readTiming({ cron: null, interval: null, anchorAt: 0, timeZone: "UTC", ...fields })
    expect(read({})).toMatchObject({ field: "cron" })
    expect(read({ cron: "@daily", interval: "1d" })).toMatchObject({ field: "cron" })
    expect(read({ cron: "@daily", timeZone: "Mars/Olympus" })).toMatchObject({ field: "timeZone" })
    expect([isTimeZone("Europe/Berlin"), isTimeZone("+02:00"), isTimeZone("")]).toEqual([true, false, false])
  })
})

describe("what is due", () => {
  it("is settled exactly once, however late and however often somebody looks", () => {
    const look = fc.record({ everyMs: fc.integer({ min: 1, max: 600 }), missedRuns: fc.constantFrom("once" as const, "skip" as const) })
    fc.assert(
      fc.property(
        look,
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 8 }),
        ({ everyMs, missedRuns }, pauses) => {
          const timing: Timing = { kind: "interval", everyMs: everyMs * MINUTE, anchorAt: 0 }
          let [now, nextRunAt, last] = [0, 0, -1]
          for (const pause of pauses) {
            now += pause * MINUTE
            const due = settleDue(timing, { nextRunAt, missedRuns }, now)
            const told = [...due.run.map((dueAt) => ({ dueAt, count: 1 })), ...due.skipped].toSorted((a, b) => a.dueAt - b.dueAt)
            for (const { dueAt, count } of told) {
              expect(dueAt).toBe(last + (last < 0 ? 1 : everyMs * MINUTE))
              last = dueAt + (count - 1) * everyMs * MINUTE
            }
            if (missedRuns === "skip") for (const dueAt of due.run) expect(now - dueAt).toBeLessThanOrEqual(MISSED_AFTER_MS)
            expect(due.run.filter((dueAt) => now - dueAt > MISSED_AFTER_MS).length).toBeLessThanOrEqual(1)
            nextRunAt = due.nextRunAt ?? 0
            expect(nextRunAt).toBe(last < 0 ? 0 : last + everyMs * MINUTE)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it("and was missed is stood for by one run, or by none", () => {
    const timing: Timing = { kind: "interval", everyMs: HOUR, anchorAt: 0 }
    const late = 5 * HOUR + 20 * MINUTE
    expect(settleDue(timing, { nextRunAt: 0, missedRuns: "once" }, late)).toMatchObject({ run: [5 * HOUR], nextRunAt: 6 * HOUR })
    expect(settleDue(timing, { nextRunAt: 0, missedRuns: "skip" }, late).run).toEqual([])
    // The one that is due stands for those before it.
    expect(settleDue(timing, { nextRunAt: 0, missedRuns: "once" }, 5 * HOUR + MINUTE)).toMatchObject({ run: [5 * HOUR] })
    const long = settleDue(timing, { nextRunAt: 0, missedRuns: "skip" }, 100 * HOUR + 20 * MINUTE)
    expect(long.skipped).toHaveLength(21)
    expect(long.skipped[0]).toMatchObject({ dueAt: 0, count: 81, reason: expect.stringContaining("81 due times up to 1970-01-04T08:00Z") })
  })
})

it("a run begins, waits or is left out by its schedule's rule", () => {
  const rule = (overlap: "skip" | "queue" | "allow", running: number, waitingBefore: number) =>
    admit({ overlap, running, waitingBefore }).kind
  expect(
    (["skip", "queue", "allow"] as const).map((overlap) => [
      rule(overlap, 0, 0),
      rule(overlap, 1, 0),
      rule(overlap, 1, 1),
      rule(overlap, 0, 1),
    ]),
  ).toEqual([
    ["start", "skip", "skip", "skip"],
    ["start", "wait", "skip", "skip"],
    ["start", "start", "start", "start"],
  ])
})
