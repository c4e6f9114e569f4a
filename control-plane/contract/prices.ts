// What model calls cost. Read by the worker's broker, which holds a job to its budget.

/** USD for a million tokens. A kind of token without a price of its own costs what input costs. */
export interface Price {
  input: number
  output: number
  cacheRead?: number
  cacheWrite?: number
  /** The prices of a whole call whose input, cached or not, has more tokens than `over`. */
  long?: { over: number; input: number; output: number; cacheRead?: number; cacheWrite?: number }
}

export interface PriceList {
  source: string
  /** Day of the list's newest entry. */
  asOf: string
  prices: Readonly<Record<string, Price>>
}

/**
 * Prices are their providers' for ordinary calls: no batches, no fast mode, no regional surcharge, no fees for searches.
 * A gateway may charge something else, and a provider may change its prices any day: costs are estimates.
 */
export const PRICE_LISTS: readonly PriceList[] = [
  {
    source: "models.dev, as it comes with OpenCode 1.18.33",
    asOf: "2026-09-22",
    prices: {
      "claude-opus-5-5": { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5 },
      "claude-opus-5": { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
      "claude-opus-4-8": { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
      "claude-opus-4-7": { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
      "claude-opus-4-6": { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
      "claude-opus-4-5": { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 },
      "claude-fable-5-1": { input: 10, output: 50, cacheRead: 0.25, cacheWrite: 12.5 },
      "claude-fable-5": { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 },
      "claude-sonnet-5": { input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 },
      "claude-sonnet-4-6": { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
      "claude-sonnet-4-5": { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
      "claude-haiku-4-5": { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 },
      "gpt-6-astra": gpt(
        { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 },
        { input: 20, output: 75, cacheRead: 2, cacheWrite: 25 },
      ),
      "gpt-6-sol": gpt({ input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 }, { input: 4, output: 15, cacheRead: 0.4, cacheWrite: 5 }),
      "gpt-6-luna": gpt(
        { input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125 },
        { input: 0.2, output: 0.75, cacheRead: 0.02, cacheWrite: 0.25 },
      ),
      "gpt-5.6": gpt({ input: 4, output: 20, cacheRead: 0.4, cacheWrite: 5 }, { input: 8, output: 30, cacheRead: 0.8, cacheWrite: 10 }),
      "gpt-5.6-sol": gpt({ input: 4, output: 20, cacheRead: 0.4, cacheWrite: 5 }, { input: 8, output: 30, cacheRead: 0.8, cacheWrite: 10 }),
      "gpt-5.6-terra": gpt(
        { input: 2, output: 12, cacheRead: 0.2, cacheWrite: 2.5 },
        { input: 4, output: 18, cacheRead: 0.4, cacheWrite: 5 },
      ),
      "gpt-5.6-luna": gpt(
        { input: 0.2, output: 1.2, cacheRead: 0.02, cacheWrite: 0.25 },
        { input: 0.4, output: 1.8, cacheRead: 0.04, cacheWrite: 0.5 },
      ),
      "gpt-5.5": gpt({ input: 5, output: 30, cacheRead: 0.5 }, { input: 10, output: 45, cacheRead: 1 }),
      "gpt-5.4": gpt({ input: 2.5, output: 15, cacheRead: 0.25 }, { input: 5, output: 22.5, cacheRead: 0.5 }),
      "gpt-5.4-mini": { input: 0.75, output: 4.5, cacheRead: 0.075 },
      "gpt-5.4-nano": { input: 0.2, output: 1.25, cacheRead: 0.02 },
      "gpt-5.3-codex": { input: 1.75, output: 14, cacheRead: 0.175 },
      "gpt-5.2": { input: 1.75, output: 14, cacheRead: 0.175 },
      "gpt-5.1": { input: 1.25, output: 10, cacheRead: 0.125 },
      "gpt-5": { input: 1.25, output: 10, cacheRead: 0.125 },
      "gpt-5-mini": { input: 0.25, output: 2, cacheRead: 0.025 },
      "gpt-5-nano": { input: 0.05, output: 0.4, cacheRead: 0.005 },
      "gpt-4.1": { input: 2, output: 8, cacheRead: 0.5 },
      "gpt-4.1-mini": { input: 0.4, output: 1.6, cacheRead: 0.1 },
      "gemini-3.8-flash": { input: 0.75, output: 3.75, cacheRead: 0.075 },
      "gemini-3.7-flash": { input: 0.75, output: 3.75, cacheRead: 0.075 },
      "gemini-3.6-flash": { input: 0.75, output: 3.75, cacheRead: 0.075 },
      "gemini-3.5-flash": { input: 1.5, output: 9, cacheRead: 0.15 },
      "gemini-3.5-flash-lite": { input: 0.3, output: 2.5, cacheRead: 0.03 },
      "gemini-3.1-pro": {
        input: 2,
        output: 12,
        cacheRead: 0.2,
        long: { over: 200_000, input: 4, output: 18, cacheRead: 0.4 },
      },
      "gemini-3-flash": { input: 0.5, output: 3, cacheRead: 0.05 },
      "gemini-2.5-pro": {
        input: 1.25,
        output: 10,
        cacheRead: 0.125,
        long: { over: 200_000, input: 2.5, output: 15, cacheRead: 0.25 },
      },
      "gemini-2.5-flash": { input: 0.3, output: 2.5, cacheRead: 0.03 },
      "gemini-2.5-flash-lite": { input: 0.1, output: 0.4, cacheRead: 0.01 },
      "kimi-k3": { input: 3, output: 15, cacheRead: 0.3 },
      "kimi-k2.7-code": { input: 0.95, output: 4, cacheRead: 0.19 },
      "kimi-k2.7-code-highspeed": { input: 1.9, output: 8, cacheRead: 0.38 },
      "kimi-k2.6": { input: 0.95, output: 4, cacheRead: 0.16 },
      "qwen3-coder-plus": { input: 1, output: 5 },
      "qwen3-coder-flash": { input: 0.3, output: 1.5 },
      "qwen3.8-max": { input: 2, output: 6, cacheRead: 0.25, cacheWrite: 2.5 },
      "devstral-2512": { input: 0.4, output: 2 },
      devstral: { input: 0.4, output: 2 },
    },
  },
  {
    // Newer lists leave these out; they are still offered.
    source: "OpenAI's price list",
    asOf: "2025-11-13",
    prices: {
      "gpt-5.1-codex": { input: 1.25, output: 10, cacheRead: 0.125 },
      "gpt-5.1-codex-max": { input: 1.25, output: 10, cacheRead: 0.125 },
    },
  },
]

/** OpenAI's newer models charge more for a call with more input than this. */
function gpt(price: Omit<Price, "long">, long: Omit<NonNullable<Price["long"]>, "over">): Price {
  return { ...price, long: { over: 272_000, ...long } }
}

export interface Tokens {
  /** Input that was neither read from a cache nor written to one. */
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  /** How many of `cacheWriteTokens` are to be kept for an hour: those cost twice what input costs. */
  hourWriteTokens: number
}

/** USD of one call, or null for a model without a price here. */
export function costOf(model: string, tokens: Tokens): number | null {
  const price = priceOf(model)
  if (price === null) return null
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, hourWriteTokens } = tokens
  const { long } = price
  const rates = long !== undefined && inputTokens + cacheReadTokens + cacheWriteTokens > long.over ? long : price
  const hour = Math.min(hourWriteTokens, cacheWriteTokens)
  const usd =
    inputTokens * rates.input +
    outputTokens * rates.output +
    cacheReadTokens * (rates.cacheRead ?? rates.input) +
    (cacheWriteTokens - hour) * (rates.cacheWrite ?? rates.input) +
    hour * 2 * rates.input
  return usd / 1_000_000
}

/**
 * A name is a prefix here: what may follow is a date or the word for the newest or a preview, never another model's name
 * ("gpt-5-pro" is no "gpt-5"). A gateway's "provider/" before it does not count.
 */
export function priceOf(model: string): Price | null {
  const name = plainName(model)
  for (const { prices } of PRICE_LISTS) {
    for (const [known, price] of Object.entries(prices)) if (plainName(known) === name) return price
  }
  return null
}

function plainName(model: string): string {
  return model
    .toLowerCase()
    .slice(model.lastIndexOf("/") + 1)
    .replace(/\[[^\]]*\]$/, "")
    .replace(/[:@].*$/, "")
    .replaceAll(".", "-")
    .replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4})$/, "")
    .replace(/-(?:latest|preview)$/, "")
}
