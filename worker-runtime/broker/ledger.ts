// What the model calls of one job have used and cost, and whether another one may be made.
import { costOf } from "#contract/prices.ts"
import type { Tokens } from "#contract/prices.ts"
import type { Failure } from "#contract/failures.ts"
import type { AgentUsage } from "../facts.ts"
import type { EventBody } from "../line.ts"
import type { UsageLimit } from "./limit.ts"

export interface Ledger {
  /** A call was answered; null tokens: the provider did not say what it used. */
  answered(model: string, tokens: Tokens | null): void
  refused(limit: UsageLimit | null): void
  /** Asked before each call: why it may not be made. */
  objection(): string | null
  /** The totals, or null as long as nothing could be counted: then what the CLI says is all there is. */
  usage(): AgentUsage | null
  /** Calls that were answered and could not be counted. */
  uncounted(): number
  /** Why the job cannot succeed, whatever the CLI makes of its refused call. */
  overBudget(): Failure | null
  /** The provider's last word was that a quota is used up. */
  usageLimit(): UsageLimit | null
}

export interface LedgerDeps {
  budgetUsd?: number | undefined
  tell: (event: EventBody) => void
  /** Called once, when the first call has been refused for the budget. */
  onOverBudget: () => void
  /** Called whenever a quota turns out to be used up. */
  onUsageLimit: () => void
}

/** Names of models come from outside: a job that makes them up must not fill its log with notices. */
const MAX_NOTICES = 20

export function createLedger({ budgetUsd, tell, onOverBudget, onUsageLimit }: LedgerDeps): Ledger {
  let totals: AgentUsage | null = null
  let uncounted = 0
  let limit: UsageLimit | null = null
  let over = false
  const unknown = new Set<string>()
  const spent = () => totals?.costUsd ?? 0
  const noteUnknown = (model: string) => {
    if (unknown.has(model) || unknown.size >= MAX_NOTICES) return
    unknown.add(model)
    const budget = budgetUsd === undefined ? "" : " and the budget does not see it"
    tell({ kind: "notice", code: "price-unknown", text: `No price is known for ${model}: its cost is unknown${budget}.` })
  }
  return {
    answered(model, tokens) {
      limit = null
      if (tokens === null) {
        uncounted += 1
        return
      }
      const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = tokens
      const costUsd = costOf(model, tokens)
      if (costUsd === null) noteUnknown(model)
      totals = add(totals, { inputTokens, outputTokens, costUsd })
      const cost = costUsd === null ? {} : { costUsd }
      tell({ kind: "usage", model, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, ...cost })
    },
    refused(seen) {
      if (seen === null) return
      limit = seen
      onUsageLimit()
    },
    objection() {
      if (budgetUsd === undefined || spent() < budgetUsd) return null
      const text = `The job's budget of $${budgetUsd} is spent ($${spent().toFixed(4)}).`
      if (!over) {
        over = true
        tell({ kind: "notice", code: "budget-spent", text: `${text} The agent's model calls are refused from here on.` })
        onOverBudget()
      }
      return text
    },
    usage: () => totals,
    uncounted: () => uncounted,
    overBudget: () =>
      over && budgetUsd !== undefined
        ? { kind: "budget-exceeded", limit: budgetUsd, detail: `The model calls that were counted cost $${spent().toFixed(4)}.` }
        : null,
    usageLimit: () => limit,
  }
}

/** A sum with an unknown part is a lower bound; one of unknown parts alone stays unknown. */
function add(known: AgentUsage | null, { inputTokens, outputTokens, costUsd }: AgentUsage): AgentUsage {
  const before = known ?? { inputTokens: 0, outputTokens: 0, costUsd: null }
  return {
    inputTokens: before.inputTokens + inputTokens,
    outputTokens: before.outputTokens + outputTokens,
    costUsd: costUsd === null ? before.costUsd : (before.costUsd ?? 0) + costUsd,
  }
}
