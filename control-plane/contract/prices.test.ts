import { describe, expect, test } from "vitest"
import { PRICE_LISTS, costOf, priceOf } from "./prices.ts"

const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, hourWriteTokens: 0 }
const MILLION = 1_000_000

describe("which price a model has", () => {
  test.each([
    ["claude-haiku-4-5", 1],
    ["claude-haiku-4-5-20251001", 1],
    ["anthropic/claude-haiku-4.5", 1],
    ["Claude-Opus-5-5[1m]", 4],
    ["gpt-5.1-2025-11-13", 1.25],
    ["openai/gpt-5.1:free", 1.25],
    ["models/gemini-3.1-pro-preview", 2],
    ["gemini-2.5-flash-preview-09-2025", 0.3],
    ["devstral-latest", 0.4],
  ])("%s costs %d for a million tokens of input", (model, usd) => {
    expect(priceOf(model)?.input).toBe(usd)
  })

  test.each(["gpt-5-pro", "claude-opus-4", "claude-opus-5-6", "gemini-2.5-flash-image", "demo-model", "", "constructor", "__proto__"])(
    "%j has none",
    (model) => {
      expect(priceOf(model)).toBeNull()
      expect(costOf(model, { ...none, inputTokens: 1 })).toBeNull()
    },
  )
})

describe("what a call costs", () => {
  test("each kind of token has its price", () => {
    const model = "claude-sonnet-4-5"
    expect(costOf(model, { ...none, inputTokens: MILLION })).toBe(3)
    expect(costOf(model, { ...none, outputTokens: MILLION })).toBe(15)
    expect(costOf(model, { ...none, cacheReadTokens: MILLION })).toBeCloseTo(0.3)
    expect(costOf(model, { ...none, cacheWriteTokens: MILLION })).toBeCloseTo(3.75)
    expect(costOf(model, { ...none, cacheWriteTokens: MILLION, hourWriteTokens: MILLION })).toBe(6)
  })

  test("a long prompt makes the whole call dearer, cached input counted", () => {
    expect(costOf("gemini-2.5-pro", { ...none, inputTokens: 200_000 })).toBeCloseTo(0.25)
    expect(costOf("gemini-2.5-pro", { ...none, inputTokens: 1000, cacheReadTokens: 200_000 })).toBeCloseTo(0.0025 + 0.05)
  })

  test("what has no price of its own costs as input", () => {
    expect(costOf("qwen3-coder-plus", { ...none, cacheReadTokens: MILLION, cacheWriteTokens: MILLION })).toBe(2)
  })
})

test("each list says where it comes from and of which day it is", () => {
  for (const { source, asOf, prices } of PRICE_LISTS) {
    expect(source).not.toBe("")
    expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    for (const price of Object.values(prices)) expect(price.output).toBeGreaterThanOrEqual(price.input)
  }
})
