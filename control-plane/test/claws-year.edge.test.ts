import { afterEach, beforeAll, describe, expect, it } from "vitest"
import type { ClawExecution, ClawSchedule, ClawTemplate } from "#contract/claws.ts"
import { nextRuns, readTiming } from "../claws/due.ts"
import { tickClaws } from "../claws/tick.ts"
import { createContext, overrides } from "../context.ts"
import { tick } from "../schedule.ts"
import { crashingDatabase } from "./crashing-database.ts"
import { type Caller, caller, connectHost, createStage, createUser, env, ok, setUp, type Stage } from "./harness.ts"

const MINUTE = 60_000
const YEAR = { from: Date.parse("2026-01-01T00:00:00Z"), to: Date.parse("2027-01-01T00:00:00Z") }
const SEED = env.REPLAY.seed ?? 20_261_120

let admin: Caller
let stage: Stage
let template: ClawTemplate

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  await connectHost(admin, { slots: 100, answersPings: true })
  stage = await createStage(admin, "Years")
  template = await ok(
    admin<ClawTemplate>("POST", "/api/claws/templates", { projectId: stage.project.id, name: "Yearly", instructions: "Tidy up." }),
  )
})
afterEach(() => {
  delete overrides.database
  delete overrides.now
})

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function scheduleFrom(from: number, fields: object): Promise<ClawSchedule> {
  overrides.now = () => from
  const body = { templateId: template.id, name: "Year", overlap: "allow", ...fields }
  const schedule = await ok(admin<ClawSchedule>("POST", "/api/claws/schedules", body))
  delete overrides.now
  return schedule
}
const rows = async (scheduleId: string) =>
  (
    await env.DB.prepare(
      "SELECT due_at AS dueAt, status, reason, job_id AS jobId FROM claw_executions WHERE schedule_id = ? ORDER BY due_at",
    )
      .bind(scheduleId)
      .all<{ dueAt: number; status: string; reason: string | null; jobId: string | null }>()
  ).results

describe("a year of schedules", () => {
  it(`has one execution for each due time, whatever dies when (seed ${SEED})`, { timeout: 300_000 }, async () => {
    const random = seeded(SEED)
    const schedules = [
      await scheduleFrom(YEAR.from, { cron: "30 2 * * *", timeZone: "America/New_York", overlap: "skip" }),
      await scheduleFrom(YEAR.from, { cron: "30 1 * * *", timeZone: "Europe/London", overlap: "skip" }),
      await scheduleFrom(YEAR.from, { cron: "10 2 * * *", timeZone: "Australia/Lord_Howe", overlap: "skip", missedRuns: "skip" }),
      await scheduleFrom(YEAR.from, { interval: "3d", anchorAt: "2026-01-01T12:00:00Z", overlap: "skip" }),
    ]
    // Something runs all year: each occasion is settled without a job, and nothing pauses a schedule.
    for (const { id } of schedules)
      await env.DB.prepare(
        "INSERT INTO claw_executions (id, schedule_id, project_id, due_at, trigger, status, requested_by, created_at) VALUES (?, ?, ?, 0, 'manual', 'running', 'usr_1', 0)",
      )
        .bind(`exe_${crypto.randomUUID().replaceAll("-", "")}`, id, stage.project.id)
        .run()
    const { database, crashes } = crashingDatabase(env.DB, random, 0.1)
    for (let now = YEAR.from; now < YEAR.to;) {
      const next = await env.DB.prepare("SELECT MIN(next_run_at) AS at FROM claw_schedules").first<number>("at")
      // The cron comes within its minute; now and then it is late, or away for a day and more.
      const late = random() < 0.02 ? random() * 1500 : random() < 0.1 ? random() * 12 : random()
      now = Math.max(now, next ?? now) + Math.ceil(late * MINUTE)
      for (let done = false; !done; now += MINUTE) {
        overrides.database = database
        const at = now
        done = await tickClaws({ ...createContext(env), now: () => at }).then(
          () => true,
          () => false,
        )
        delete overrides.database
      }
    }
    expect(crashes()).toBeGreaterThan(100)
    for (const schedule of schedules) {
      const read = readTiming({ ...schedule, anchorAt: Date.parse(schedule.anchorAt) })
      if ("field" in read) throw new Error(read.sentence)
      const found = (await rows(schedule.id)).filter(({ dueAt }) => dueAt > 0 && dueAt < YEAR.to)
      const due = nextRuns(read.timing, YEAR.from, 400).filter((at) => at < YEAR.to)
      expect(found.map(({ dueAt }) => dueAt)).toEqual(due)
      expect(found.filter(({ status, reason }) => status !== "skipped" || reason === null)).toEqual([])
    }
  })
})

describe("two control planes on one database", () => {
  it("start one job for each due time, also when they die between any two steps", { timeout: 120_000 }, async () => {
    const from = Date.parse("2027-03-01T08:00:00Z")
    const schedule = await scheduleFrom(from, { interval: "1h", anchorAt: "2027-03-01T09:00:00Z" })
    const random = seeded(SEED + 1)
    const { database, crashes } = crashingDatabase(env.DB, random, 0.15)
    const last = from + 8 * 60 * MINUTE
    for (let now = from + 60 * MINUTE; now <= last; now += 60 * MINUTE) {
      overrides.database = database
      const come = (late: number) => tickClaws({ ...createContext(env), now: () => now + late }).catch(() => undefined)
      await Promise.all([come(0), come(1), come(2)])
      await come(MINUTE)
    }
    delete overrides.database
    // The whole cron: a job that was written by one that died before its object knew of it is the watchdog's.
    for (let round = 1; round <= 2; round++) await tick({ ...createContext(env), now: () => last + round * 2 * MINUTE })
    expect(crashes()).toBeGreaterThan(5)
    const found = await rows(schedule.id)
    expect(found.map(({ dueAt, status }) => `${(dueAt - from) / 60 / MINUTE} ${status}`)).toEqual(
      Array.from({ length: 8 }, (_, hour) => `${hour + 1} running`),
    )
    const { items } = await ok(admin<{ items: ClawExecution[] }>("GET", `/api/claws/schedules/${schedule.id}/executions`))
    const jobs = await env.DB.prepare("SELECT id FROM jobs WHERE kind = 'claw' ORDER BY id").all<{ id: string }>()
    expect(jobs.results.map(({ id }) => id)).toEqual(items.map(({ jobId }) => jobId ?? "none").toSorted())
    for (const { id } of jobs.results) expect((await ok(admin<{ id: string }>("GET", `/api/jobs/${id}`))).id).toBe(id)
  })
})
