/** The forge refused, in its own words; status 0 when no whole answer came. */
export class ForgeRefused extends Error {
  readonly status: number
  /** How long it wants to be left alone, where it says that it was asked too often; else null. */
  readonly waitMs: number | null
  constructor(status: number, words: string, waitMs: number | null = null) {
    super(words)
    this.status = status
    this.waitMs = waitMs
  }
}

/** Calls octokit and turns what it throws into ForgeRefused. `now` in ms since 1970. */
export async function refusal<T>(call: () => Promise<T>, now: () => number): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") throw error
    // octokit gives 500 to a request that got no answer.
    const answer = answerOf(error)
    if (answer === null) throw new ForgeRefused(0, error.message)
    const words = wordsOf(error.message, answer.data)
    throw new ForgeRefused(error.status, words, waitOf({ status: error.status, headers: answer.headers, words }, now()))
  }
}

type Headers = Readonly<Record<string, unknown>>

function answerOf(error: Error): { data: unknown; headers: Headers } | null {
  if (!("response" in error) || typeof error.response !== "object" || error.response === null) return null
  const { response } = error
  const headers = "headers" in response && typeof response.headers === "object" && response.headers !== null ? { ...response.headers } : {}
  return { data: "data" in response ? response.data : null, headers }
}

/** GitHub's message with that of each error, or the error's field and code; an answer that is no JSON as it is. */
function wordsOf(fallback: string, data: unknown): string {
  if (typeof data !== "object" || data === null || !("message" in data)) return fallback
  const errors = "errors" in data && Array.isArray(data.errors) ? data.errors.map(wordsOfOne) : []
  return [String(data.message), ...errors].join("\n")
}

function wordsOfOne(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error)
  if ("message" in error && typeof error.message === "string") return error.message
  return "field" in error && "code" in error ? `${String(error.field)}: ${String(error.code)}` : JSON.stringify(error)
}

/** A limit without a time: GitHub asks for at least a minute. */
const UNSAID_MS = 60_000

/**
 * PURE. What GitHub's documentation on rate limits asks for: `Retry-After`, else the reset of a used-up limit, else a minute
 * for a limit that says neither (docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api).
 */
export function waitOf({ status, headers, words }: { status: number; headers: Headers; words: string }, now: number): number | null {
  if (status !== 429 && status !== 403) return null
  const after = seconds(headers["retry-after"])
  if (after !== null) return after * 1000
  const reset = seconds(headers["x-ratelimit-reset"])
  if (String(headers["x-ratelimit-remaining"]) === "0" && reset !== null) return Math.max(0, reset * 1000 - now)
  return status === 429 || /rate limit/i.test(words) ? UNSAID_MS : null
}

function seconds(header: unknown): number | null {
  return /^\d+$/.test(String(header)) ? Number(header) : null
}
