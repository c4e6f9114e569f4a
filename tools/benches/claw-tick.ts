import { performance } from "node:perf_hooks"
import type { ClawTemplate } from "#contract/claws.ts"
import type { Engine } from "./engine.ts"
import { type Numbers, quantiles, round } from "./measure.ts"
import type { Meter } from "./meter.ts"

/** A minute in which nothing is due, one in which runs are claimed, one in which they are claimed and begun. */
const TIMES = { idle: 20, claim: 10, start: 3 }
const HOUR = 3_600_000

type Sql = (statement: string, ...values: (string | number)[]) => Promise<void>

const SEED = `
INSERT INTO claw_schedules (id, template_id, project_id, name, cron, interval, anchor_at, time_zone, enabled, overlap, missed_runs, next_run_at, runs, failures, created_by, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
SELECT printf('sch_%032x', i), ?2, ?3, 'Schedule ' || i, '30 4 * * ' || (i % 7), NULL, 0,
  CASE i % 3 WHEN 0 THEN 'Europe/Berlin' WHEN 1 THEN 'America/New_York' ELSE 'UTC' END, 1, 'allow', 'once', ?4 + i * 1000, 5, 0, 'usr_1', 0, 0 FROM n`
/** What there is of former runs: the newest ten of each. */
const HISTORY = `
INSERT INTO claw_executions (id, schedule_id, project_id, due_at, trigger, status, requested_by, created_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
SELECT 'exe_' || substr(s.id, 7) || printf('%02x', n.i), s.id, s.project_id, n.i, 'schedule', 'succeeded', 'usr_1', n.i FROM claw_schedules s, n`
const DUE = `UPDATE claw_schedules SET next_run_at = ?1, overlap = ?2 WHERE id <= printf('sch_%032x', ?3)`
/** A run before that has not ended: what is claimed beside it waits, and begins nothing. */
const AT_WORK = `
INSERT INTO claw_executions (id, schedule_id, project_id, due_at, trigger, status, requested_by, created_at)
SELECT 'exe_' || substr(id, 7) || 'ff', id, project_id, 11, 'schedule', 'running', 'usr_1', 11 FROM claw_schedules WHERE id <= printf('sch_%032x', ?1)`
const CLAIMED = "DELETE FROM claw_executions WHERE due_at > 11"

/** What the cron's minute costs with so many schedules, of which so many are due. */
export async function clawTick(
  engine: Engine,
  { meter, sql, tick }: { meter: Meter; sql: Sql; tick: () => Promise<void> },
  { schedules, due }: { schedules: number; due: number },
): Promise<Numbers> {
  const projectId = await engine.project("Claws")
  const template = await engine.api.post<ClawTemplate>("/api/claws/templates", { projectId, name: "Bench", instructions: "Tidy up." })
  await sql(SEED, schedules, template.id, projectId, Date.now() + HOUR)
  await sql(HISTORY)
  const minute = async (name: string, times: number, before: () => Promise<void>): Promise<Numbers> => {
    const took: number[] = []
    let [questions, rowsRead] = [0, 0]
    for (let turn = 0; turn < times; turn++) {
      await before()
      const used = await meter.of(async () => {
        const from = performance.now()
        await tick()
        took.push(performance.now() - from)
      })
      questions = Math.max(questions, used["d1Questions"] ?? 0)
      rowsRead = Math.max(rowsRead, used["d1RowsRead"] ?? 0)
    }
    const { p50, p95 } = quantiles(took)
    return { [`${name}P50`]: round(p50), [`${name}P95`]: round(p95), [`${name}Questions`]: questions, [`${name}RowsRead`]: rowsRead }
  }
  const idle = await minute("idle", TIMES.idle, async () => undefined)
  await sql(AT_WORK, due)
  const claim = await minute("claim", TIMES.claim, async () => {
    await sql(CLAIMED)
    await sql(DUE, Date.now() - 1000, "queue", due)
  })
  await sql("DELETE FROM claw_executions WHERE due_at >= 11")
  const start = await minute("start", TIMES.start, () => sql(DUE, Date.now() - 1000, "allow", due))
  const begun = (await engine.api.get<{ items: unknown[] }>("/api/jobs?kind=claw&limit=200")).items.length
  return { schedules, due, ...idle, ...claim, ...start, begun, startPerRun: round((start["startP50"] ?? 0) / due) }
}
