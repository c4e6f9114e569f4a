import { describe, expect, it } from "vitest"
import type { ClawSchedule } from "#contract/claws.ts"
import type { Usage } from "#contract/usage.ts"
import { emptySchedule, scheduleDraftOf, toRequest, whyNot } from "../pages/claws/schedule-draft.ts"
import { timeInZone } from "../pages/claws/zone-time.ts"
import { intervalInWords } from "../pages/claws/words.ts"
import { perDay } from "../pages/usage/per-day.ts"

const schedule: ClawSchedule = {
  ...{ id: "sch_1", templateId: "tpl_1", projectId: "prj_1", name: "Weekly", cron: "0 9 * * 1", interval: null },
  ...{ anchorAt: "2026-11-01T08:00:00.000Z", timeZone: "Europe/Berlin", enabled: true, overlap: "skip", missedRuns: "once" },
  ...{ nextRunAt: null, nextRuns: [], runs: 0, failures: 0, pausedReason: null, webhook: { url: "https://a.test" }, recent: [] },
  ...{ createdAt: "2026-11-01T08:00:00.000Z", updatedAt: "2026-11-01T08:00:00.000Z" },
}

describe("the form of a schedule", () => {
  it("says nothing of a time and a webhook that stay, so that the next run and the secret stay, too", () => {
    const draft = { ...scheduleDraftOf(schedule), name: "Renamed" }
    expect(toRequest(draft, schedule)).toEqual({ name: "Renamed", overlap: "skip", missedRuns: "once" })
  })

  it("says all of a time that changes, and takes a webhook away", () => {
    const draft = { ...scheduleDraftOf(schedule), kind: "interval" as const, interval: "2d", webhook: false }
    expect(toRequest(draft, schedule)).toMatchObject({ cron: null, interval: "2d", timeZone: "Europe/Berlin", webhook: null })
  })

  it("says why it cannot be sent yet", () => {
    const draft = emptySchedule("tpl_1", "UTC")
    expect(whyNot(draft)).toBe("Give the schedule a name.")
    expect(whyNot({ ...draft, name: "n", cron: " " })).toBe("Say when it is due.")
    expect(whyNot({ ...draft, name: "n", webhook: true })).toBe("Enter the webhook’s URL.")
    expect(whyNot({ ...draft, name: "n" })).toBeNull()
  })
})

describe("times in words", () => {
  it.each([
    ["1h", "Every hour"],
    ["90m", "Every 90 minutes"],
    ["1w", "Every week"],
    ["2d", "Every 2 days"],
    ["0d", null],
    ["2 days", null],
  ])("an interval of %s", (interval, words) => {
    expect(intervalInWords(interval)).toBe(words)
  })

  it("are those of the zone's clock, and of UTC where the zone is not known", () => {
    expect(timeInZone("2026-11-23T06:30:00Z", "Europe/Berlin")).toBe("Mon, 23 Nov 2026, 07:30")
    expect(timeInZone("2026-11-23T06:30:00Z", "Nowhere/Else")).toBe("Mon, 23 Nov 2026, 06:30 UTC")
  })
})

describe("a chart of what was used", () => {
  const sums = { jobs: 1, succeeded: 1, failed: 0, inputTokens: 5, outputTokens: 2, costUsd: 0.5, unknownCost: 0, computeMs: 1 }
  it("has every day of its range, those without a job too", () => {
    const usage: Usage = {
      ...{ from: "2026-10-24", to: "2026-10-27", groupBy: "day", total: sums, omitted: 0 },
      items: [
        { key: "2026-10-24", label: "2026-10-24", ...sums },
        { key: "2026-10-26", label: "2026-10-26", ...sums, costUsd: 1 },
      ],
    }
    const [days, cost, tokens] = perDay(usage)
    expect(days.map((at) => new Date(at * 1000).toISOString().slice(0, 10))).toEqual([
      "2026-10-24",
      "2026-10-25",
      "2026-10-26",
      "2026-10-27",
    ])
    expect([cost, tokens]).toEqual([
      [0.5, 0, 1, 0],
      [7, 0, 7, 0],
    ])
  })
})
