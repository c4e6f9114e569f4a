// PURE: the tokens of one call, out of what the provider says in its answer.
import { z } from "zod"
import type { Tokens } from "#contract/prices.ts"
import type { DialectName } from "./dialects.ts"

/** What one message of an answer says about usage. Numbers are totals so far, never differences. */
interface Said {
  model: string | null
  numbers: Readonly<Record<string, number>>
}

export interface Meter {
  /** One message: the whole answer, or the data of one event of a stream. Text that is no JSON counts nothing. */
  read(text: string): void
  /** Null: the provider did not say. */
  result(): { model: string | null; tokens: Tokens } | null
  /** What a stream that began well said of its bad end. */
  error(): string | null
}

/** Only a message that mentions one of these is parsed: most events of a stream are a few letters of text. */
const WORTH_READING = /"(?:usage|usageMetadata|error)"/

/**
 * Providers repeat their totals as they grow, and some gateways repeat a part of them as 0: the largest counts. Anthropic
 * says the input at the start and the output at the end; OpenAI and Gemini say all of it in the last message.
 */
export function createMeter(dialect: DialectName): Meter {
  let model: string | null = null
  let error: string | null = null
  const numbers: Record<string, number> = {}
  return {
    read(text) {
      if (!WORTH_READING.test(text)) return
      for (const message of messagesOf(text)) {
        const said = READERS[dialect](message)
        model = said.model ?? model
        error = errorIn(message) ?? error
        for (const [name, number] of Object.entries(said.numbers)) numbers[name] = Math.max(numbers[name] ?? 0, number)
      }
    },
    result: () => (Object.keys(numbers).length === 0 ? null : { model, tokens: TOKENS[dialect](numbers) }),
    error: () => error,
  }
}

/** Gemini without `alt=sse` streams one long list. */
function messagesOf(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : [parsed]
  } catch {
    // "[DONE]", or an answer that broke off.
    return []
  }
}

const number = z.number().min(0)
const named = z.object({ model: z.string().nullish().catch(null) })
const anthropicUsage = z
  .object({
    input_tokens: number.nullish().catch(null),
    output_tokens: number.nullish().catch(null),
    cache_read_input_tokens: number.nullish().catch(null),
    cache_creation_input_tokens: number.nullish().catch(null),
    cache_creation: z
      .object({ ephemeral_1h_input_tokens: number.nullish().catch(null) })
      .nullish()
      .catch(null),
  })
  .nullish()
  .catch(null)
const anthropicMessage = named.extend({
  usage: anthropicUsage,
  message: named.extend({ usage: anthropicUsage }).nullish().catch(null),
})

const details = z
  .object({ cached_tokens: number.nullish().catch(null), cache_write_tokens: number.nullish().catch(null) })
  .nullish()
  .catch(null)
const openaiUsage = z
  .object({
    prompt_tokens: number.nullish().catch(null),
    completion_tokens: number.nullish().catch(null),
    prompt_tokens_details: details,
    input_tokens: number.nullish().catch(null),
    output_tokens: number.nullish().catch(null),
    input_tokens_details: details,
    /** Moonshot's place for them. */
    cached_tokens: number.nullish().catch(null),
    /** DeepSeek's place for them. */
    prompt_cache_hit_tokens: number.nullish().catch(null),
  })
  .nullish()
  .catch(null)
const openaiMessage = named.extend({
  usage: openaiUsage,
  /** Moonshot says the usage of a stream inside its last choice. */
  choices: z
    .array(z.object({ usage: openaiUsage }))
    .nullish()
    .catch(null),
  response: named.extend({ usage: openaiUsage }).nullish().catch(null),
})

const geminiMessage = z.object({
  modelVersion: z.string().nullish().catch(null),
  usageMetadata: z
    .object({
      promptTokenCount: number.nullish().catch(null),
      cachedContentTokenCount: number.nullish().catch(null),
      candidatesTokenCount: number.nullish().catch(null),
      thoughtsTokenCount: number.nullish().catch(null),
      toolUsePromptTokenCount: number.nullish().catch(null),
    })
    .nullish()
    .catch(null),
})

const READERS = {
  anthropic(message) {
    const read = anthropicMessage.safeParse(message)
    if (!read.success) return NOTHING
    const { message: inner, usage: outer, model } = read.data
    const usage = outer ?? inner?.usage
    return {
      model: inner?.model ?? model ?? null,
      numbers: numbersOf({ ...usage, hour: usage?.cache_creation?.ephemeral_1h_input_tokens }),
    }
  },
  openai(message) {
    const read = openaiMessage.safeParse(message)
    if (!read.success) return NOTHING
    const { response, choices, model } = read.data
    const usage = read.data.usage ?? response?.usage ?? choices?.find((choice) => choice.usage)?.usage
    return {
      model: response?.model ?? model ?? null,
      numbers: numbersOf({
        input: usage?.prompt_tokens ?? usage?.input_tokens,
        output: usage?.completion_tokens ?? usage?.output_tokens,
        cached:
          usage?.prompt_tokens_details?.cached_tokens ??
          usage?.input_tokens_details?.cached_tokens ??
          usage?.cached_tokens ??
          usage?.prompt_cache_hit_tokens,
        written: usage?.prompt_tokens_details?.cache_write_tokens ?? usage?.input_tokens_details?.cache_write_tokens,
      }),
    }
  },
  gemini(message) {
    const read = geminiMessage.safeParse(message)
    if (!read.success) return NOTHING
    return { model: read.data.modelVersion ?? null, numbers: numbersOf({ ...read.data.usageMetadata }) }
  },
} as const satisfies Record<DialectName, (message: unknown) => Said>

const NOTHING: Said = { model: null, numbers: {} }

function numbersOf(fields: Readonly<Record<string, unknown>>): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const [name, value] of Object.entries(fields)) if (typeof value === "number") numbers[name] = Math.round(value)
  return numbers
}

type Numbers = Readonly<Record<string, number>>

/** OpenAI and Gemini count what came from a cache into the input as well, Anthropic does not. */
const TOKENS = {
  anthropic: (said: Numbers) => ({
    inputTokens: said["input_tokens"] ?? 0,
    outputTokens: said["output_tokens"] ?? 0,
    cacheReadTokens: said["cache_read_input_tokens"] ?? 0,
    cacheWriteTokens: said["cache_creation_input_tokens"] ?? 0,
    hourWriteTokens: said["hour"] ?? 0,
  }),
  openai: (said: Numbers) => ({
    ...splitInput(said["input"] ?? 0, said["cached"] ?? 0, said["written"]),
    outputTokens: said["output"] ?? 0,
  }),
  gemini: (said: Numbers) => ({
    ...splitInput((said["promptTokenCount"] ?? 0) + (said["toolUsePromptTokenCount"] ?? 0), said["cachedContentTokenCount"] ?? 0),
    // Thinking is billed as output and stands beside it.
    outputTokens: (said["candidatesTokenCount"] ?? 0) + (said["thoughtsTokenCount"] ?? 0),
  }),
} as const satisfies Record<DialectName, (said: Numbers) => Tokens>

function splitInput(all: number, cached: number, written = 0) {
  const cacheReadTokens = Math.min(all, cached)
  const cacheWriteTokens = Math.min(all - cacheReadTokens, written)
  return { inputTokens: all - cacheReadTokens - cacheWriteTokens, cacheReadTokens, cacheWriteTokens, hourWriteTokens: 0 }
}

const errorMessage = z.union([
  z.object({ error: z.looseObject({ message: z.string() }) }),
  z.object({ response: z.object({ error: z.looseObject({ message: z.string() }) }) }),
])

function errorIn(message: unknown): string | null {
  const read = errorMessage.safeParse(message)
  return read.success ? JSON.stringify("error" in read.data ? read.data.error : read.data.response.error) : null
}
