// What an answer says it used, however it is cut, packed or broken.
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ANSWERS } from "./answers.fixture.ts"
import { readEvents } from "./events.ts"
import { createTap } from "./tap.ts"
import type { DialectName } from "./dialects.ts"

interface Given {
  dialect: DialectName
  type: string
  body: string
}

async function count(
  { dialect, type, body }: Given,
  cuts: readonly number[] = [],
  { pack = (bytes: Buffer): Buffer => bytes, encoding = "" } = {},
) {
  const tap = createTap({ dialect, contentType: type, contentEncoding: encoding })
  for (const piece of cut(pack(Buffer.from(body)), cuts)) tap.push(piece)
  return tap.end()
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const borders = [...new Set(cuts.map((at) => at % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...borders].map((from, index) => bytes.subarray(from, borders[index] ?? bytes.length))
}

describe.each(Object.entries(ANSWERS))("%s", (_name, answer) => {
  test("is counted, wherever its bytes were cut", async () => {
    expect((await count(answer)).usage).toEqual({ model: answer.model, tokens: answer.tokens })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 3000 }), { maxLength: 40 }), async (cuts) => {
        expect((await count(answer, cuts)).usage).toEqual({ model: answer.model, tokens: answer.tokens })
      }),
      { numRuns: 150 },
    )
    const everyByte = Array.from({ length: answer.body.length * 2 }, (_, at) => at)
    expect((await count(answer, everyByte)).usage?.tokens).toEqual(answer.tokens)
  })

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
    ["zstd", zstdCompressSync],
  ] as const)("packed as %s it counts the same", async (encoding, pack) => {
    expect((await count(answer, [3, 50, 51], { pack: (bytes) => pack(bytes), encoding })).usage?.tokens).toEqual(answer.tokens)
  })

  test("broken off anywhere it counts at most what the whole would, and never throws", async () => {
    for (let end = 0; end < answer.body.length; end += 7) {
      const { usage } = await count({ ...answer, body: answer.body.slice(0, end) })
      for (const [kind, tokens] of Object.entries(usage?.tokens ?? {}))
        // Of a Gemini prompt a part turns out at the end to have come from the cache.
        if (kind !== "inputTokens")
          expect(tokens).toBeLessThanOrEqual(Object.entries(answer.tokens).find(([one]) => one === kind)?.[1] ?? 0)
    }
  })
})

test("a stream that broke off after its beginning counts what was said until then", async () => {
  const { body } = ANSWERS["anthropic stream"]
  const { usage } = await count({ ...ANSWERS["anthropic stream"], body: body.slice(0, body.indexOf("event: message_delta")) })
  expect(usage?.tokens).toMatchObject({ inputTokens: 12, outputTokens: 1, cacheReadTokens: 4000 })
})

test("an answer without usage, or none that can be read, is not counted", async () => {
  const type = "application/json"
  for (const body of [
    "",
    "{",
    "null",
    "[]",
    '{"usage":5}',
    '{"usage":{"input_tokens":"many"}}',
    '{"object":"list","data":[]}',
    '{"usage":{"input_tokens":-4}}',
  ])
    expect(await count({ dialect: "anthropic", type, body })).toEqual({ usage: null, error: null })
  expect(
    (await count({ dialect: "openai", type, body: JSON.stringify({ usage: { prompt_tokens: 1 } }) }, [], { encoding: "gzip" })).usage,
  ).toBeNull()
})

test("a stream that ends with an error says so", async () => {
  const body =
    'event: response.failed\ndata: {"type":"response.failed","response":{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}}\n\n'
  expect((await count({ dialect: "openai", type: "text/event-stream", body })).error).toContain("insufficient_quota")
})

test("a line of many megabytes in small pieces is read in good time, and an endless one is given up", () => {
  const seen: number[] = []
  const reader = readEvents((data) => seen.push(data.length))
  const startedAt = performance.now()
  reader.push("data: ")
  for (let piece = 0; piece < 10_000; piece++) reader.push("x".repeat(1000))
  reader.push("\n\n")
  expect(seen).toEqual([10_000_000])
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(reader.overlong()).toBe(false)
  for (let piece = 0; piece < 20; piece++) reader.push("x".repeat(1024 * 1024))
  expect(reader.overlong()).toBe(true)
})
