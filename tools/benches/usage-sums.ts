import type { Api } from "../api.ts"
import { type Numbers, quantiles, took } from "./measure.ts"
import type { Meter } from "./meter.ts"

const TIMES = 20
const PROJECTS = 10
const DAYS = 365
const DAY = 86_400_000
/** A year of ended jobs; the last month of each project is what a run of it looks at for its budget. */
const SEED = `
INSERT INTO jobs (id, kind, project_id, ticket_id, clanker_id, exclusive, requested_by, spec, status, terminal, snapshot, version, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
SELECT printf('job_%032x', i), 'execution', printf('prj_%032x', i % ${PROJECTS}), printf('tkt_%032x', i / 3), printf('clk_%032x', i % 7), i, 'usr_1', '{}',
  CASE WHEN i % 9 = 0 THEN 'failed' ELSE 'succeeded' END, 1,
  json_object('id', i, 'title', hex(zeroblob(600)), 'model', 'model-' || (i % 4), 'startedAt', '2026-01-01T00:00:00.000Z',
    'usage', json_object('inputTokens', 100000 + i, 'outputTokens', 4000, 'costUsd', CASE WHEN i % 10 = 0 THEN NULL ELSE 0.25 END, 'computeMs', 600000)),
  1, ?2 + i * ?3, ?2 + i * ?3 FROM n`

export async function seedUsage(sql: (statement: string, ...values: number[]) => Promise<void>, jobs: number): Promise<void> {
  await sql(SEED, jobs, Date.now() - DAYS * DAY, Math.floor((DAYS * DAY) / (jobs + 1)))
  await sql("UPDATE api_tokens SET last_used_at = ?", Date.now() + 3_600_000)
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** Time until the answer is there, a month and a year of each grouping; how often D1 is asked. */
export async function usageSums(api: Api, meter: Meter, jobs: number): Promise<Numbers> {
  const numbers: Numbers = { jobs, mostQueries: 0, monthP95: 0, yearP95: 0 }
  for (const [span, from] of [
    ["month", Date.now() - 29 * DAY],
    ["year", Date.now() - (DAYS - 1) * DAY],
  ] as const)
    for (const groupBy of ["day", "project", "ticket", "clanker", "model"]) {
      const path = `/api/usage?from=${dayOf(from)}&to=${dayOf(Date.now())}&groupBy=${groupBy}`
      let all: number[] = []
      const used = await meter.of(async () => {
        all = await took(TIMES, async () => void (await api.get(path)))
      })
      const { p95 } = quantiles(all)
      numbers["mostQueries"] = Math.max(numbers["mostQueries"] ?? 0, (used["d1Queries"] ?? 0) / TIMES)
      numbers[`${span}P95`] = Math.max(numbers[`${span}P95`] ?? 0, p95)
    }
  return numbers
}
