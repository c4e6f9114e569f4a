// PURE: when a schedule is due. Local times are counted by croner as if they were UTC; what the zone makes of them is decided
// here, because a skipped local time has to run and a repeated one must not run twice (croner does so for some patterns only).
import { Cron } from "croner"
import { intervalMs, type MissedRuns } from "#contract/claws.ts"

export type Timing = { kind: "cron"; cron: string; timeZone: string } | { kind: "interval"; everyMs: number; anchorAt: number }

export interface TimingFields {
  cron: string | null
  interval: string | null
  /** Epoch milliseconds. */
  anchorAt: number
  timeZone: string
}

const MINUTE = 60_000
const DAY = 86_400_000
/** Later than this a due time was missed: the cron looks every minute. */
export const MISSED_AFTER_MS = 5 * MINUTE
/** Due times that one look settles; what is left is settled by the next one. */
const MOST_AT_ONCE = 500

/** The fields' meaning, or the field that is wrong and what is allowed. */
export function readTiming({ cron, interval, anchorAt, timeZone }: TimingFields): { timing: Timing } | { field: string; sentence: string } {
  if ((cron === null) === (interval === null))
    return { field: "cron", sentence: cron === null ? "or interval is required" : "and interval exclude each other" }
  if (!isTimeZone(timeZone)) return { field: "timeZone", sentence: `must be an IANA time zone such as Europe/Berlin, not "${timeZone}"` }
  if (interval !== null) {
    const everyMs = intervalMs(interval)
    return everyMs === null ? { field: "interval", sentence: "is no interval" } : { timing: { kind: "interval", everyMs, anchorAt } }
  }
  const sentence = cronError(cron ?? "")
  return sentence === null ? { timing: { kind: "cron", cron: cron ?? "", timeZone } } : { field: "cron", sentence }
}

export function isTimeZone(timeZone: string): boolean {
  try {
    return !/^[+-]/.test(new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone)
  } catch {
    // What Intl does not know.
    return false
  }
}

/** Why this is no cron expression of ours: five fields, or six with seconds 0; lists, ranges, steps, names, `@daily` and its like. */
export function cronError(text: string): string | null {
  const fields = text.trim().split(/\s+/)
  if (!text.startsWith("@") && fields.length !== 5 && fields.length !== 6)
    return "must have five fields (minute, hour, day of month, month, day of week), or six with seconds 0"
  if (fields.length === 6 && !/^0+$/.test(fields[0] ?? "")) return "must have seconds 0: the schedule is looked at once a minute"
  try {
    const pattern = naive(text)
    if (pattern.nextRun(new Date(0)) === null) return "never comes due"
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error)}`
  }
  return null
}

/** The first due time after an instant; null when there is none. */
export function nextAfter(timing: Timing, after: number): number | null {
  if (timing.kind === "interval") {
    const { everyMs, anchorAt } = timing
    return anchorAt > after ? anchorAt : anchorAt + (Math.floor((after - anchorAt) / everyMs) + 1) * everyMs
  }
  const pattern = naive(timing.cron)
  const offset = offsetIn(timing.timeZone)
  // Of the local times around, the earliest that this instant may be: from there on each is translated until one is later.
  let local = after + Math.min(offset(after - DAY), offset(after), offset(after + DAY)) - 1
  for (;;) {
    const found = pattern.nextRun(new Date(local))
    if (found === null) return null
    local = found.getTime()
    const at = instantOf(local, offset)
    if (at > after) return at
  }
}

export function nextRuns(timing: Timing, after: number, count: number): number[] {
  const runs: number[] = []
  for (let at = nextAfter(timing, after); at !== null && runs.length < count; at = nextAfter(timing, at)) runs.push(at)
  return runs
}

/** What becomes of the due times up to now, each exactly once. */
export interface Due {
  run: number[]
  /** `count` due times from `dueAt` on. */
  skipped: { dueAt: number; count: number; reason: string }[]
  nextRunAt: number | null
}

/** The missed ones are recorded one by one up to this many, the rest together. */
const TOLD_ONE_BY_ONE = 20

export function settleDue(timing: Timing, { nextRunAt, missedRuns }: { nextRunAt: number; missedRuns: MissedRuns }, now: number): Due {
  const due: number[] = []
  let next: number | null = nextRunAt
  while (next !== null && next <= now && due.length < MOST_AT_ONCE) {
    due.push(next)
    next = nextAfter(timing, next)
  }
  const fresh = due.filter((at) => now - at <= MISSED_AFTER_MS)
  const missed = due.slice(0, due.length - fresh.length)
  // One run stands for those that were missed: the next one if it is due as well, else the last of them.
  const caughtUp = next === null || next > now
  const standIn = missedRuns === "once" && fresh.length === 0 && caughtUp ? missed.slice(-1) : []
  const lost = missed.slice(0, missed.length - standIn.length)
  const reason = missedRuns === "once" ? "missed; a later run stands for it" : "missed: nobody looked when it was due"
  return { run: [...standIn, ...fresh], skipped: tell(lost, reason), nextRunAt: next }
}

function tell(lost: readonly number[], reason: string): Due["skipped"] {
  const together = lost.slice(0, Math.max(0, lost.length - TOLD_ONE_BY_ONE))
  const [first] = together
  return [
    ...(first === undefined
      ? []
      : [
          {
            dueAt: first,
            count: together.length,
            reason: `${reason} (${together.length} due times up to ${isoMinute(together.at(-1) ?? first)})`,
          },
        ]),
    ...lost.slice(together.length).map((dueAt) => ({ dueAt, count: 1, reason })),
  ]
}

const isoMinute = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`

/** Counts local times as if each were UTC, where no time is skipped or repeated. */
const naive = (text: string): Cron =>
  new Cron(text.trim(), { timezone: "UTC", paused: true, mode: text.trim().split(/\s+/).length === 6 ? "6-part" : "5-part" })

type Offset = (instant: number) => number

const formats = new Map<string, Intl.DateTimeFormat>()

/** What a zone's clock is ahead of UTC at an instant, milliseconds. */
function offsetIn(timeZone: string): Offset {
  let format = formats.get(timeZone)
  if (format === undefined) {
    const digits = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const
    format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...digits })
    formats.set(timeZone, format)
  }
  const clock = format
  return (instant) => {
    const parts: Record<string, number> = {}
    for (const { type, value } of clock.formatToParts(instant)) parts[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000
  }
}

/** The instant of a local time: the first of two when it is repeated, the end of the gap when it is skipped. */
function instantOf(local: number, offset: Offset): number {
  const [before, after] = [offset(local - DAY), offset(local + DAY)]
  const candidates = [before, after].map((ahead) => local - ahead).filter((at) => at + offset(at) === local)
  if (candidates.length > 0) return Math.min(...candidates)
  // In a gap the clock jumps forward somewhere between these two.
  let [low, high] = [local - Math.max(before, after), local - Math.min(before, after)]
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000
    if (offset(middle) === before) low = middle
    else high = middle
  }
  return Math.ceil(high / MINUTE) * MINUTE
}
