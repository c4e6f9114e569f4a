// PURE: a chart's columns from what was used: days, cost, tokens. Days without a job are days with nothing.
import type { Usage } from "#contract/usage.ts"

const DAY = 86_400

export function perDay({ from, to, items }: Usage): [number[], number[], number[]] {
  const first = items[0]?.key
  const last = items.at(-1)?.key
  const [start, end] = [from ?? first, to ?? last]
  if (!start || !end) return [[], [], []]
  const days = Math.round((Date.parse(end) - Date.parse(start)) / 1000 / DAY) + 1
  const byDay = new Map(items.map((item) => [item.key, item]))
  const columns: [number[], number[], number[]] = [[], [], []]
  for (let index = 0; index < days; index++) {
    const at = Date.parse(start) / 1000 + index * DAY
    const used = byDay.get(new Date(at * 1000).toISOString().slice(0, 10))
    columns[0].push(at)
    columns[1].push(used?.costUsd ?? 0)
    columns[2].push((used?.inputTokens ?? 0) + (used?.outputTokens ?? 0))
  }
  return columns
}
