import type { Usage, UsageGroup, UsageQuery } from "#contract/usage.ts"
import { USAGE_LIMITS } from "#contract/usage.ts"
import { clankerNames } from "../clankers/store.ts"
import type { Context } from "../context.ts"
import { listed } from "../db/client.ts"
import { invalid } from "../errors.ts"
import { usageQueries, type UsageRow } from "../jobs/usage-store.ts"
import { projectNames } from "../projects/store.ts"
import { ticketNames } from "../tickets/store.ts"

const DAY = 86_400_000

/** What jobs used, in groups: two batches, however many jobs. */
export async function usageOf(context: Context, query: UsageQuery): Promise<Usage> {
  const { groupBy, from: _from, to: _to, ...of } = query
  const { from, to } = rangeOf(query, context.now())
  const filter = {
    ...of,
    hidden: context.reach.hidden,
    from: from === null ? null : Date.parse(from),
    to: to === null ? null : Date.parse(to) + DAY,
  }
  // A leap of one: what is one group more than is shown is only counted.
  const limit = groupBy === "day" ? USAGE_LIMITS.days + 1 : USAGE_LIMITS.groups
  const [rows, [total]] = await context.db.batch(usageQueries(context, filter, { groupBy, limit }))
  if (!total) throw new Error("a sum without a row")
  const { groups, ...sums } = total
  const labels = await labelsOf(context, groupBy, rows)
  return {
    ...{ from, to, groupBy },
    total: sums,
    items: rows.map(({ key, ...used }) => ({
      key,
      label: key === null ? NONE[groupBy] : (labels.get(key) ?? GONE[groupBy] ?? key),
      ...used,
    })),
    omitted: groups - rows.length,
  }
}

/** Days as they are said or meant; null where all times count. Throws for what is asked the wrong way round, or at once. */
function rangeOf({ from, to, ticketId, scheduleId }: UsageQuery, now: number): { from: string | null; to: string | null } {
  if (from === undefined && to === undefined && (ticketId !== undefined || scheduleId !== undefined)) return { from: null, to: null }
  const last = to ?? dayOf(now)
  const first = from ?? dayOf(Date.parse(last) - (USAGE_LIMITS.defaultDays - 1) * DAY)
  const days = (Date.parse(last) - Date.parse(first)) / DAY + 1
  if (days < 1) throw invalid("to", `must not be before from (${first})`)
  if (days > USAGE_LIMITS.days) throw invalid("from", `must be at most ${USAGE_LIMITS.days} days before to (${last}), both included`)
  return { from: first, to: last }
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const NONE = {
  day: "no day",
  project: "Without a project",
  ticket: "Without a ticket",
  clanker: "no clanker",
  kind: "no kind",
  model: "The agent's own choice",
} as const satisfies Record<UsageGroup, string>
/** What of a deleted thing is still called; the others are called by their key. */
const GONE: Partial<Record<UsageGroup, string>> = { project: "A deleted project", ticket: "A deleted ticket", clanker: "A deleted clanker" }

async function labelsOf(context: Context, groupBy: UsageGroup, rows: readonly UsageRow[]): Promise<Map<string, string>> {
  const ids = listed(rows.flatMap(({ key }) => key ?? []))
  if (groupBy === "project") return new Map((await projectNames(context, ids)).map(({ id, name }) => [id, name]))
  if (groupBy === "clanker") return new Map((await clankerNames(context, ids)).map(({ id, name }) => [id, name]))
  if (groupBy === "ticket") return new Map((await ticketNames(context, ids)).map(({ id, key, title }) => [id, `${key} ${title}`]))
  return new Map()
}
