// PURE: whether a provider's refusal means that a quota is used up, and until when.
import type { IncomingHttpHeaders } from "node:http"
import { USAGE_LIMIT, resetOf } from "../agents/judge.ts"

export interface Refusal {
  status: number
  headers: IncomingHttpHeaders
  /** The body, or what a stream said of its end. */
  text: string
  now: number
}

export interface UsageLimit {
  resetsAt?: string
  /** In the provider's words. */
  text: string
}

/** A refusal that asks for more patience than this is no mere rate limit: those pass within a minute or so. */
const RATE_LIMIT_MS = 5 * 60_000
const REFUSALS = new Set([400, 402, 403, 429])

/** Null: no usage limit. A status of 200 stands for a stream that broke off with an error. */
export function usageLimitIn(refusal: Refusal): UsageLimit | null {
  const { status, headers, text, now } = refusal
  if (status !== 200 && !REFUSALS.has(status)) return null
  const resetMs = resetTime(refusal)
  const far = resetMs !== null && resetMs - now > RATE_LIMIT_MS
  const spent = headers["anthropic-ratelimit-unified-status"] === "rejected" || (USAGE_LIMIT.test(text) && !isPerMinute(text))
  if (status !== 402 && !spent && !(status === 429 && far)) return null
  const said = resetOf(text)
  const at = resetMs === null ? {} : { resetsAt: new Date(resetMs).toISOString() }
  return { ...said, ...at, text: text.slice(0, 2000) }
}

/** Gemini says "exceeded your current quota" for its limits per minute as well, and names the quota. */
function isPerMinute(text: string): boolean {
  return /PerMinute/.test(text) && !/PerDay/.test(text)
}

/** When the limit ends, in milliseconds since 1970: the most specific word first. */
function resetTime({ headers, text, now }: Refusal): number | null {
  const candidates = [
    seconds(firstOf(headers["anthropic-ratelimit-unified-reset"])),
    seconds(/"resets_at"\s*:\s*(\d{10})\b/.exec(text)?.[1]),
    after(now, /"resets_in_seconds"\s*:\s*(\d+)/.exec(text)?.[1]),
    retryAfter(firstOf(headers["retry-after"]), now),
    after(now, /"retryDelay"\s*:\s*"(\d+)(?:\.\d+)?s"/.exec(text)?.[1]),
    ...exhausted(headers, now),
    epoch(firstOf(headers["x-ratelimit-reset"])),
  ]
  return candidates.find((candidate) => candidate !== null && candidate > now) ?? null
}

/** Of the limits that have nothing left: `…-remaining: 0` beside `…-reset`. */
function exhausted(headers: IncomingHttpHeaders, now: number): (number | null)[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const reset = firstOf(value)
    const isReset = /^(?:anthropic-ratelimit-.*-reset|x-ratelimit-reset-\w+)$/.test(name) && name !== "anthropic-ratelimit-unified-reset"
    if (!isReset || headers[name.replace("reset", "remaining")] !== "0") return []
    return [duration(reset, now) ?? date(reset)]
  })
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function seconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{10}$/.test(text) ? Number(text) * 1000 : null
}

/** Some count seconds, some milliseconds. */
function epoch(text: string | undefined): number | null {
  return text !== undefined && /^\d{13}$/.test(text) ? Number(text) : seconds(text)
}

function after(now: number, text: string | undefined): number | null {
  return text === undefined ? null : now + Number(text) * 1000
}

function retryAfter(text: string | undefined, now: number): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? now + Number(text) * 1000 : date(text)
}

function date(text: string | undefined): number | null {
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? null : at
}

/** "6m0s", "1h30m", "250ms": OpenAI's way. */
function duration(text: string | undefined, now: number): number | null {
  const [whole, hours, minutes, secs, ms] = /^(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?(?:(\d+)ms)?$/.exec(text ?? "") ?? []
  if (whole === undefined || whole === "") return null
  return now + Number(hours ?? 0) * 3_600_000 + Number(minutes ?? 0) * 60_000 + Number(secs ?? 0) * 1000 + Number(ms ?? 0)
}
