import { describe, expect, it } from "vitest"
import { budgetChecks, cappedBudget, monthlyBudget, monthStart } from "./budget.ts"

const spent = (costUsd: number, unknownCostTokens = 0) => ({ costUsd, unknownCostTokens })

describe("a project's budget for a month", () => {
  it.each([
    ["nothing is limited", {}, spent(1000, 9_000_000), "none", null],
    ["little is used", { monthlyBudgetUsd: 10 }, spent(7.99), "ready", 2.01],
    ["four fifths are used", { monthlyBudgetUsd: 10 }, spent(8), "near", 2],
    ["all is used", { monthlyBudgetUsd: 10 }, spent(10), "spent", 0],
    ["more than all is used", { monthlyBudgetUsd: 10 }, spent(12), "spent", 0],
    ["tokens of known cost do not count", { monthlyBudgetTokens: 100 }, spent(50, 0), "ready", null],
    ["the tokens are nearly used", { monthlyBudgetTokens: 100 }, spent(0, 80), "near", null],
    ["the tokens are used, the dollars are not", { monthlyBudgetUsd: 10, monthlyBudgetTokens: 100 }, spent(1, 100), "spent", 9],
  ] as const)("when %s", (_, limits, used, state, left) => {
    const found = monthlyBudget(limits, used)
    expect(found.state).toBe(state)
    if (left === null) expect(found.leftUsd).toBeNull()
    else expect(found.leftUsd).toBeCloseTo(left)
  })

  it("says what is spent of which limit, and the way out", () => {
    expect(monthlyBudget({ monthlyBudgetUsd: 5 }, spent(5.5)).sentence).toBe(
      "The project's budget for this month is spent ($5.50 of $5.00): raise it, or wait for the next month.",
    )
    expect(budgetChecks({}, spent(1))).toEqual([])
    expect(budgetChecks({ monthlyBudgetUsd: 5 }, spent(4))).toMatchObject([{ name: "budget", state: "warning", code: "budget.near" }])
  })

  it("caps a job's own budget to what is left", () => {
    expect([
      cappedBudget(undefined, null),
      cappedBudget(3, null),
      cappedBudget(3, 2),
      cappedBudget(1, 2),
      cappedBudget(undefined, 2),
    ]).toEqual([undefined, 3, 2, 1, 2])
  })

  it("begins with the month in UTC", () => {
    expect(new Date(monthStart(Date.parse("2026-11-30T23:59:59Z"))).toISOString()).toBe("2026-11-01T00:00:00.000Z")
    expect(new Date(monthStart(Date.parse("2026-12-01T00:00:00Z"))).toISOString()).toBe("2026-12-01T00:00:00.000Z")
  })
})
