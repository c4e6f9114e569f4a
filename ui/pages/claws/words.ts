import { createSignal } from "solid-js"
import { intervalMs } from "#contract/claws.ts"

type Say = (cron: string) => string
const [say, setSay] = createSignal<Say | null>(null)
let asked = false

/** Cron expressions in words. The library that knows them comes when the first one is to be said. */
function load(): void {
  if (asked) return
  asked = true
  import("cronstrue").then(
    ({ default: cronstrue }) => setSay(() => (cron: string) => cronstrue.toString(cron, { use24HourTimeFormat: true, verbose: true })),
    // Without it the expression stands for itself; the next page tries again.
    () => (asked = false),
  )
}

/** When a schedule is due, in words; null while they are not known, or when there are none for it. */
export function timingInWords({ cron, interval }: { cron: string | null; interval: string | null }): string | null {
  if (interval !== null) return intervalInWords(interval)
  if (cron === null || cron.trim() === "") return null
  load()
  try {
    return say()?.(cron) ?? null
  } catch {
    // It throws the sentence about what it cannot read; the server's own stands at the field.
    return null
  }
}

const UNITS = { m: "minute", h: "hour", d: "day", w: "week" } as const

export function intervalInWords(interval: string): string | null {
  const [, digits, unit] = /^(\d+)([mhdw])$/.exec(interval.trim()) ?? []
  if (intervalMs(interval) === null || (unit !== "m" && unit !== "h" && unit !== "d" && unit !== "w")) return null
  return digits === "1" ? `Every ${UNITS[unit]}` : `Every ${digits} ${UNITS[unit]}s`
}
