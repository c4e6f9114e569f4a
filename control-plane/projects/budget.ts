// PURE: what a project's budget for a month allows.
import type { ReadinessCheck, WorkerSettings } from "#contract/projects.ts"

/** What the jobs of this month have used so far. */
export interface Spent {
  costUsd: number
  /** Of jobs whose cost nobody knows. */
  unknownCostTokens: number
}
type Limits = Pick<WorkerSettings, "monthlyBudgetUsd" | "monthlyBudgetTokens">

/** From this part of a limit on people are warned. */
export const NEAR = 0.8

export interface BudgetState {
  /** `none`: the project has no budget. */
  state: "none" | "ready" | "near" | "spent"
  /** US dollars that a job may still use; null without a limit. */
  leftUsd: number | null
  sentence: string
}

/** The start of the month that an instant is in, in UTC: a job counts in the month in which it was created. */
export function monthStart(now: number): number {
  const at = new Date(now)
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1)
}

export function monthlyBudget({ monthlyBudgetUsd, monthlyBudgetTokens }: Limits, { costUsd, unknownCostTokens }: Spent): BudgetState {
  const parts = [
    ...(monthlyBudgetUsd === undefined
      ? []
      : [{ used: costUsd, limit: monthlyBudgetUsd, words: `${usd(costUsd)} of ${usd(monthlyBudgetUsd)}` }]),
    ...(monthlyBudgetTokens === undefined
      ? []
      : [
          {
            used: unknownCostTokens,
            limit: monthlyBudgetTokens,
            words: `${unknownCostTokens} of ${monthlyBudgetTokens} tokens of jobs whose cost is unknown`,
          },
        ]),
  ]
  const leftUsd = monthlyBudgetUsd === undefined ? null : Math.max(0, monthlyBudgetUsd - costUsd)
  const fullest = parts.toSorted((one, other) => other.used / other.limit - one.used / one.limit)[0]
  if (!fullest) return { state: "none", leftUsd, sentence: "This project has no budget for a month." }
  const part = fullest.used / fullest.limit
  if (part >= 1)
    return {
      state: "spent",
      leftUsd,
      sentence: `The project's budget for this month is spent (${fullest.words}): raise it, or wait for the next month.`,
    }
  const used = `This month used ${parts.map(({ words }) => words).join(" and ")}.`
  return { state: part >= NEAR ? "near" : "ready", leftUsd, sentence: used }
}

const STATES = { ready: "ready", near: "warning", spent: "invalid" } as const

/** Nothing for a project without a budget. */
export function budgetChecks(limits: Limits, spent: Spent): ReadinessCheck[] {
  const { state, sentence } = monthlyBudget(limits, spent)
  return state === "none" ? [] : [{ name: "budget", state: STATES[state], code: `budget.${state}`, action: sentence }]
}

/** A job's own budget, and no more than what the month has left. */
export const cappedBudget = (own: number | undefined, leftUsd: number | null): number | undefined =>
  leftUsd === null ? own : Math.min(own ?? leftUsd, leftUsd)

const usd = (amount: number): string => `$${amount.toFixed(2)}`
