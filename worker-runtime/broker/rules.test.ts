// What the broker lets through, what becomes of keys and headers, and what a refusal means.
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { AGENTS, AGENT_SLUGS } from "#contract/agents.ts"
import { HARNESSES } from "../agents/agent.ts"
import type { EventBody } from "../line.ts"
import { DIALECTS, routeOf } from "./dialects.ts"
import type { DialectName } from "./dialects.ts"
import { toAgent, toProvider } from "./headers.ts"
import { createLedger } from "./ledger.ts"
import { usageLimitIn } from "./limit.ts"
import { prepareBody, refusesTheQuestion } from "./request.ts"

const KEY = "sk-real-key"
const keyOf = (placeholder: string) => (placeholder === "vb_placeholder" ? KEY : null)
const route = (dialect: DialectName, base: string, method: string, target: string) =>
  routeOf({ dialect: DIALECTS[dialect], base: new URL(base), method, target })

describe("only model calls of the upstream pass", () => {
  test.each([
    ["anthropic", "https://api.anthropic.com", "POST", "/v1/messages?beta=true", true],
    ["anthropic", "https://gateway.test/anthropic/", "POST", "/anthropic/v1/messages", true],
    ["anthropic", "https://api.anthropic.com", "POST", "/v1/messages/count_tokens", false],
    ["openai", "https://api.openai.com/v1", "POST", "/v1/chat/completions", true],
    ["openai", "https://api.openai.com/v1", "POST", "/v1/responses", true],
    ["openai", "https://api.openai.com/v1", "GET", "/v1/models/gpt-5.1", false],
    ["gemini", "https://generativelanguage.googleapis.com", "POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", true],
    ["gemini", "https://generativelanguage.googleapis.com", "POST", "/v1beta/models/gemini-2.5-pro:countTokens", false],
  ] as const)("%s %s: %s %s", (dialect, base, method, target, counts) => {
    const asked = route(dialect, base, method, target)
    expect(asked?.route.counts).toBe(counts)
    expect(asked?.url.href).toBe(`${new URL(base).origin}${target}`)
  })

  test.each([
    ["POST", "http://evil.test/v1/messages"],
    ["POST", "//evil.test/v1/messages"],
    ["POST", "@evil.test/v1/messages"],
    ["POST", "/v1/messages/../files"],
    ["POST", "/v1/messages/%2e%2e/files"],
    ["POST", "/v1/messages/batches"],
    ["GET", "/v1/messages"],
    ["DELETE", "/v1/models/x"],
    ["POST", "/v1/files"],
    ["GET", "/v1/organizations/api_keys"],
    ["GET", "/v1/models/../organizations/api_keys"],
    ["POST", ""],
    ["POST", "*"],
    ["POST", "/\\evil.test/v1/messages"],
  ])("refused: %s %s", (method, target) => {
    expect(route("anthropic", "https://api.anthropic.com", method, target)).toBeNull()
  })

  test("whatever the request line says, the origin stays and the path is one of the dialect's", () => {
    const parts = fc.constantFrom(
      "/",
      "..",
      "%2e",
      "v1",
      "messages",
      "@",
      "evil.test",
      "\\",
      ":",
      "?",
      "#",
      "http://",
      "%00",
      ";",
      "models",
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), fc.constantFrom("GET", "POST"), (pieces, method) => {
        const asked = route("anthropic", "https://api.anthropic.com/base", method, pieces.join(""))
        if (asked === null) return
        expect(asked.url.origin).toBe("https://api.anthropic.com")
        expect(asked.url.pathname).toMatch(/^\/base\/v1\/(messages(\/count_tokens)?|models(\/[^.]+)?)$/)
      }),
      { numRuns: 2000 },
    )
  })
})

describe("the key takes the placeholder's place, where it stood", () => {
  const pass = (dialect: DialectName, headers: Record<string, string>, target = "https://up.test/x") =>
    toProvider({ headers, url: new URL(target), dialect: DIALECTS[dialect], keyOf })

  test.each([
    ["anthropic", { "x-api-key": "vb_placeholder" }, { "x-api-key": KEY }],
    ["anthropic", { authorization: "Bearer vb_placeholder" }, { authorization: `Bearer ${KEY}` }],
    ["openai", { authorization: "bearer vb_placeholder" }, { authorization: `bearer ${KEY}` }],
    ["gemini", { "x-goog-api-key": "vb_placeholder" }, { "x-goog-api-key": KEY }],
  ] as const)("%s %j", (dialect, headers, expected) => {
    expect(pass(dialect, headers)?.headers).toEqual({ ...expected, "accept-encoding": "identity" })
  })

  test("in the query, for Gemini alone", () => {
    expect(pass("gemini", {}, "https://up.test/x?alt=sse&key=vb_placeholder")?.url.search).toBe(`?alt=sse&key=${KEY}`)
    expect(pass("openai", {}, "https://up.test/x?key=vb_placeholder")).toBeNull()
  })

  test.each([
    ["anthropic", {}],
    ["anthropic", { "x-api-key": "vb_other" }],
    ["anthropic", { "x-api-key": KEY }],
    ["anthropic", { "x-api-key": "vb_placeholder", authorization: "Bearer vb_other" }],
    ["openai", { authorization: "vb_placeholder" }],
    ["openai", { authorization: "Basic vb_placeholder" }],
    ["openai", { "x-api-key": "vb_placeholder" }],
    ["gemini", { authorization: "Bearer vb_placeholder" }],
  ] as const)("refused: %s %j", (dialect, headers) => {
    expect(pass(dialect, headers)).toBeNull()
  })

  test("headers of one hop, of proxies, and other credentials stay behind; the rest passes", () => {
    const passed = pass("openai", {
      authorization: "Bearer vb_placeholder",
      host: "127.0.0.1:1",
      connection: "keep-alive, X-Own",
      "x-own": "1",
      "keep-alive": "timeout=5",
      "transfer-encoding": "chunked",
      te: "trailers",
      upgrade: "websocket",
      "proxy-authorization": "Basic x",
      cookie: "a=b",
      "x-api-key": "sk-else",
      "x-forwarded-for": "10.0.0.1",
      "accept-encoding": "gzip, br",
      "user-agent": "cli/1",
      "openai-beta": "x",
      "content-type": "application/json",
    })
    expect(passed?.headers).toEqual({
      authorization: `Bearer ${KEY}`,
      "accept-encoding": "identity",
      "user-agent": "cli/1",
      "openai-beta": "x",
      "content-type": "application/json",
    })
    expect(toAgent({ "set-cookie": ["a=b"], connection: "close", "request-id": "req_1", "retry-after": "3" })).toEqual({
      "request-id": "req_1",
      "retry-after": "3",
    })
  })
})

describe("the body changes in one case", () => {
  const chat = route("openai", "https://api.openai.com/v1", "POST", "/v1/chat/completions")
  const prepare = (body: string, asked = chat) => {
    if (asked === null) throw new Error("no route")
    const { body: sent, changed, model } = prepareBody(asked, Buffer.from(body))
    return { sent: sent.toString(), changed, model }
  }

  test("an OpenAI chat stream is asked for its usage", () => {
    expect(prepare('{"model":"m","stream":true,"x":{"y":[1]}}')).toEqual({
      sent: '{"model":"m","stream":true,"x":{"y":[1]},"stream_options":{"include_usage":true}}',
      changed: true,
      model: "m",
    })
    expect(prepare('{"stream":true,"stream_options":{"include_usage":false,"a":1}}').sent).toBe(
      '{"stream":true,"stream_options":{"include_usage":true,"a":1}}',
    )
  })

  test.each([
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
    '{"model":"m","stream":false}',
    '{ "model" : "m" }',
    "{",
    "[1]",
    "\u0001",
  ])("%s passes as it is", (body) => {
    expect(prepare(body)).toMatchObject({ sent: body, changed: false })
  })

  test("no other call is touched, and a Gemini call's model stands in its path", () => {
    const body = '{ "model":"m", "stream":true }'
    expect(prepare(body, route("openai", "https://api.openai.com/v1", "POST", "/v1/responses"))).toEqual({
      sent: body,
      changed: false,
      model: "m",
    })
    const gemini = route("gemini", "https://g.test", "POST", "/v1beta/models/gemini-2.5-pro:generateContent")
    expect(prepare("{}", gemini)).toEqual({ sent: "{}", changed: false, model: "gemini-2.5-pro" })
  })

  test("Mistral's refusal of the question is recognised", () => {
    const text = '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"]}]}}'
    expect(refusesTheQuestion(422, text)).toBe(true)
    expect(refusesTheQuestion(422, "{}")).toBe(false)
    expect(refusesTheQuestion(500, text)).toBe(false)
  })
})

describe("usage limits", () => {
  const now = Date.parse("2026-11-20T10:00:00Z")
  const see = (status: number, text: string, headers = {}) => usageLimitIn({ status, text, headers, now })

  test.each([
    ["Anthropic without credit", 400, "Your credit balance is too low to access the Anthropic API", {}, undefined],
    [
      "a subscription's limit",
      429,
      "rate_limit_error",
      { "anthropic-ratelimit-unified-status": "rejected", "anthropic-ratelimit-unified-reset": "1795176000" },
      "2026-11-20T12:00:00.000Z",
    ],
    ["OpenAI without credit", 429, '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}', {}, undefined],
    [
      "Codex's plan",
      429,
      '{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":7200}}',
      {},
      "2026-11-20T12:00:00.000Z",
    ],
    ["payment required", 402, "Insufficient balance", {}, undefined],
    [
      "a day's quota of Gemini",
      429,
      "You exceeded your current quota … GenerateRequestsPerDayPerProjectPerModel-FreeTier",
      { "retry-after": "3600" },
      "2026-11-20T11:00:00.000Z",
    ],
    ["a wait that is no rate limit's", 429, "slow down", { "retry-after": "Fri, 20 Nov 2026 12:00:00 GMT" }, "2026-11-20T12:00:00.000Z"],
    [
      "a gateway's day",
      429,
      "Rate limit exceeded: free-models-per-day",
      { "x-ratelimit-reset": "1795176000000" },
      "2026-11-20T12:00:00.000Z",
    ],
    [
      "requests of a day at OpenAI",
      429,
      "Rate limit reached for requests per day",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2h0m0s" },
      "2026-11-20T12:00:00.000Z",
    ],
    ["claude's own words", 429, "Claude AI usage limit reached|1795176000", {}, "2026-11-20T12:00:00.000Z"],
  ])("%s", (_name, status, text, headers, resetsAt) => {
    const limit = see(status, text, headers)
    expect(limit?.text).toBe(text)
    expect(limit?.resetsAt).toBe(resetsAt)
  })

  test.each([
    ["a rate limit", 429, "Number of request tokens has exceeded your per-minute rate limit", { "retry-after": "20" }],
    ["Gemini's minute", 429, "You exceeded your current quota … GenerateContentInputTokensPerModelPerMinute", { "retry-after": "34" }],
    [
      "a limit that has room left",
      429,
      "slow down",
      { "anthropic-ratelimit-tokens-remaining": "10", "anthropic-ratelimit-tokens-reset": "2026-11-20T12:00:00Z" },
    ],
    ["a refused key", 401, "billing is not your problem", {}],
    ["a forbidden model", 403, "Your key may not use this model", {}],
    ["a broken provider", 500, "usage limit reached", {}],
    ["a wrong request", 400, "max_tokens is required", {}],
  ])("not: %s", (_name, status, text, headers) => {
    expect(see(status, text, headers)).toBeNull()
  })
})

describe("the ledger", () => {
  const one = { inputTokens: 1_000_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, hourWriteTokens: 0 }
  const open = (budgetUsd?: number) => {
    const events: EventBody[] = []
    let over = 0
    const ledger = createLedger({
      budgetUsd,
      tell: (event) => void events.push(event),
      onOverBudget: () => void over++,
      onUsageLimit: () => {},
    })
    return { ledger, events, over: () => over }
  }

  test("a call may be made until the budget is spent; then none, told once", () => {
    const { ledger, events, over } = open(1.5)
    ledger.answered("claude-haiku-4-5", one)
    expect(ledger.objection()).toBeNull()
    ledger.answered("claude-haiku-4-5", one)
    expect(ledger.overBudget()).toBeNull()
    expect(ledger.objection()).toContain("$1.5")
    expect(ledger.objection()).toContain("$2.0000")
    expect(over()).toBe(1)
    expect(events.filter(({ kind }) => kind === "notice")).toEqual([expect.objectContaining({ code: "budget-spent" })])
    expect(ledger.overBudget()).toMatchObject({ kind: "budget-exceeded", limit: 1.5 })
    expect(ledger.usage()).toEqual({ inputTokens: 2_000_000, outputTokens: 0, costUsd: 2 })
  })

  test("an unknown price never blocks and is told once; without a budget nothing does", () => {
    const { ledger, events } = open(0.01)
    ledger.answered("demo", one)
    ledger.answered("demo", one)
    expect(ledger.objection()).toBeNull()
    expect(ledger.usage()).toEqual({ inputTokens: 2_000_000, outputTokens: 0, costUsd: null })
    expect(events).toContainEqual({ kind: "notice", code: "price-unknown", text: expect.stringContaining("demo") })
    expect(events.map(({ kind }) => kind).toSorted()).toEqual(["notice", "usage", "usage"])
    const free = open()
    free.ledger.answered("claude-opus-5-5", one)
    expect(free.ledger.objection()).toBeNull()
  })

  test("what could not be counted is no usage, and a later answer takes a usage limit back", () => {
    const { ledger } = open()
    ledger.answered("m", null)
    expect([ledger.usage(), ledger.uncounted()]).toEqual([null, 1])
    ledger.refused({ text: "out of credits" })
    ledger.refused(null)
    expect(ledger.usageLimit()).toEqual({ text: "out of credits" })
    ledger.answered("m", one)
    expect(ledger.usageLimit()).toBeNull()
  })
})

test.each(AGENT_SLUGS)("%s: the contract says of its keys what the harness does", (slug) => {
  const harness = HARNESSES[slug]
  const { keys, note }: { keys: readonly string[]; note?: string } = AGENTS[slug].broker
  expect([...keys]).toEqual("none" in harness.broker ? [] : [...harness.broker.keys])
  const all = AGENTS[slug].requiredSecrets.flat().every((name) => keys.includes(name))
  expect(note === undefined).toBe(all)
})
