import { createRoot, createSignal } from "solid-js"

/** One clock for the whole page; every relative time and running duration reads it. */
const [now, setNow] = createSignal(Date.now())
createRoot(() => {
  setInterval(() => {
    if (document.visibilityState === "visible") setNow(Date.now())
  }, 1000)
  document.addEventListener("visibilitychange", () => setNow(Date.now()))
})
export { now }

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const UNITS = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["week", 7 * DAY],
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
] as const
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" })
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" })

export function relativeTime(iso: string, at: number): string {
  const distance = Date.parse(iso) - at
  const [unit, ms] = UNITS.find(([, length]) => Math.abs(distance) >= length) ?? []
  return unit && ms ? relative.format(Math.round(distance / ms), unit) : "just now"
}

export const exactTime = (iso: string): string => exact.format(new Date(iso))

/** "4.2 s", "3 m 12 s", "2 h 5 m". */
export function durationOf(ms: number): string {
  if (ms < 50) return "<0.1 s"
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m ${Math.floor((ms % MINUTE) / SECOND)} s`
  return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} m`
}
