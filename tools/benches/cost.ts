// PURE: what Cloudflare bills for the counts of `npm run bench`. Prices of the Workers Paid plan in US dollars; the pages
// they come from stand in docs/cost.md.
import type { Numbers } from "./measure.ts"

interface Price {
  item: string
  /** For a million units. */
  perMillion: number
  /** Units a month that the plan's 5 dollars include. */
  included: number
  units: (counted: Numbers) => number
}
const pick = (name: string) => (counted: Numbers) => counted[name] ?? 0
/** An object counts as 128 MB; this is one that never sleeps, so it is the most it can be. */
const GB_SECONDS_PER_HOUR = 0.125 * 3600
/** So many messages that come in over a WebSocket are billed as one request. */
const MESSAGES_PER_REQUEST = 20

export const PRICES: readonly Price[] = [
  { item: "Worker requests", perMillion: 0.3, included: 10e6, units: pick("workerRequests") },
  {
    item: "Object requests, alarms, messages ÷ 20",
    perMillion: 0.15,
    included: 1e6,
    units: (counted) => pick("objectRequests")(counted) + pick("alarms")(counted) + pick("socketMessages")(counted) / MESSAGES_PER_REQUEST,
  },
  {
    item: "Object duration, GB-s, at most",
    perMillion: 12.5,
    included: 400_000,
    units: (counted) => pick("hours")(counted) * GB_SECONDS_PER_HOUR,
  },
  { item: "Rows written in objects", perMillion: 1, included: 50e6, units: pick("rowsWritten") },
  { item: "Rows read in objects", perMillion: 0.001, included: 25e9, units: pick("rowsRead") },
  { item: "Rows written in D1", perMillion: 1, included: 50e6, units: pick("d1RowsWritten") },
  { item: "Rows read in D1", perMillion: 0.001, included: 25e9, units: pick("d1RowsRead") },
  { item: "R2 class A", perMillion: 4.5, included: 1e6, units: pick("r2ClassA") },
  { item: "R2 class B", perMillion: 0.36, included: 10e6, units: pick("r2ClassB") },
]
export const PLAN_DOLLARS = 5

/** At the prices, without what the plan includes. */
export const dollars = (counted: Numbers): number =>
  PRICES.reduce((sum, { units, perMillion }) => sum + (units(counted) * perMillion) / 1e6, 0)

/** What a month with these counts costs beyond the plan's own price. */
export const beyondPlan = (counted: Numbers): number =>
  PRICES.reduce((sum, { units, perMillion, included }) => sum + (Math.max(0, units(counted) - included) * perMillion) / 1e6, 0)

export function add(...all: readonly Numbers[]): Numbers {
  const names = new Set(all.flatMap((one) => Object.keys(one)))
  return Object.fromEntries([...names].map((name) => [name, all.reduce((sum, one) => sum + (one[name] ?? 0), 0)]))
}
export const times = (counted: Numbers, factor: number): Numbers =>
  Object.fromEntries(Object.entries(counted).map(([name, value]) => [name, value * factor]))

/** The results that the bill is made of, by their names in bench/results/latest.json. */
export interface Report {
  idleHour: { ours: Numbers }
  jobStartAndEnd: { ours: Numbers }
  jobHour: { at: string; ours: Numbers }
  jobHourArchived: { ours: Numbers }
  streamingHour: { ours: Numbers }
  streamingHourArchived: { ours: Numbers }
}
const HOURS_PER_MONTH = 730

/** One table of counts and dollars, one of a month. */
export function renderCost(report: Report): string {
  const hour = { hours: 1 }
  const columns: readonly (readonly [string, Numbers])[] = [
    ["Idle hour", report.idleHour.ours],
    ["Start and end", report.jobStartAndEnd.ours],
    ["Typical hour", add(report.jobHour.ours, hour)],
    ["its archive", report.jobHourArchived.ours],
    ["Streaming hour", add(report.streamingHour.ours, hour)],
    ["its archive", report.streamingHourArchived.ours],
  ]
  const rows = PRICES.map(({ item, perMillion, units }) =>
    row(item, `$${perMillion}`, ...columns.map(([, counted]) => amount(units(counted)))),
  )
  const sums = row("**Dollars**", "", ...columns.map(([, counted]) => money(dollars(counted))))
  return [
    `Counted ${report.jobHour.at.slice(0, 10)}.`,
    "",
    row("Billed", "a million", ...columns.map(([name]) => name)),
    row("---", ...["", ...columns].map(() => "---:")),
    ...rows,
    sums,
    row("Bytes the job's database grew by", "", ...columns.map(([, counted]) => amount(counted["jobBytes"] ?? 0))),
    "",
    ...renderMonths(report),
  ].join("\n")
}

function renderMonths(report: Report): string[] {
  const idle = times(report.idleHour.ours, HOURS_PER_MONTH)
  const job = (kind: Numbers, archive: Numbers) => add(report.jobStartAndEnd.ours, kind, archive, { hours: 1 })
  const typical = job(report.jobHour.ours, report.jobHourArchived.ours)
  const streaming = job(report.streamingHour.ours, report.streamingHourArchived.ours)
  const month = (name: string, counted: Numbers) => row(name, money(dollars(counted)), money(PLAN_DOLLARS + beyondPlan(counted)))
  return [
    row("A month of", "at the prices alone", "as billed, with the plan"),
    row("---", "---:", "---:"),
    month("nothing but the cron", idle),
    month("1,000 typical jobs of an hour", add(idle, times(typical, 1000))),
    month("1,000 streaming jobs of an hour", add(idle, times(streaming, 1000))),
    month("10,000 typical jobs of an hour", add(idle, times(typical, 10_000))),
  ]
}

const row = (...cells: readonly string[]) => `| ${cells.join(" | ")} |`
const amount = (value: number) => Math.ceil(value).toLocaleString("en-GB")
const money = (value: number) => `$${value >= 1 ? value.toFixed(2) : value.toPrecision(2)}`
