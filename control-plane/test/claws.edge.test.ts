import { Webhook } from "standardwebhooks"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { ClawExecution, ClawSchedule, ClawTemplate } from "#contract/claws.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { Outcome } from "#contract/worker.ts"
import { type Context, createContext, overrides } from "../context.ts"
import { tick } from "../schedule.ts"
import { overheard } from "./counted-database.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  type FakeHost,
  fakeWorker,
  launchOf,
  ok,
  setUp,
  type Stage,
  step,
  until,
} from "./harness.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A Monday. */
const START = Date.parse("2027-03-01T08:00:00Z")

let admin: Caller
let host: FakeHost
let stage: Stage

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  host = await connectHost(admin, { slots: 100, answersPings: true })
  stage = await createStage(admin, "Claws", { branchNameTemplate: "work/{{ticket}}" })
  await ok(admin("PATCH", `/api/clankers/${stage.clanker.id}`, { maxConcurrency: 100 }))
})
let clock = START
beforeEach(() => {
  clock = START
})
afterEach(() => {
  delete overrides.fetch
})
afterAll(() => host.close())

/** The cron as it comes at a given time; objects keep their own. */
const at = (ms: number): Context => ({ ...createContext(env), now: () => ms })
const tickAt = async (ms: number) => {
  clock = ms
  await tick(at(ms))
}

let made = 0
const newTemplate = (fields: object = {}) =>
  ok(
    admin<ClawTemplate>("POST", "/api/claws/templates", {
      ...{ projectId: stage.project.id, name: `Tidy up ${++made}`, instructions: "Update the dependencies." },
      ...fields,
    }),
  )
/** Made and looked at as if it were the clock's time. */
async function newSchedule(fields: object = {}, templateId?: string): Promise<ClawSchedule> {
  const template = templateId ?? (await newTemplate()).id
  return asIf(() =>
    ok(admin<ClawSchedule>("POST", "/api/claws/schedules", { templateId: template, name: "Nightly", cron: "0 9 * * *", ...fields })),
  )
}
async function asIf<T>(act: () => Promise<T>): Promise<T> {
  overrides.now = () => clock
  try {
    return await act()
  } finally {
    delete overrides.now
  }
}
const read = (id: string) => ok(admin<ClawSchedule>("GET", `/api/claws/schedules/${id}`))
const executions = async (id: string) =>
  (await ok(admin<{ items: ClawExecution[] }>("GET", `/api/claws/schedules/${id}/executions?limit=200`))).items
const runNow = (id: string) => ok(admin<ClawExecution>("POST", `/api/claws/schedules/${id}/executions`))

/** Plays the worker of a job to its end. */
async function work(jobId: string, outcome: Outcome): Promise<void> {
  const worker = await fakeWorker(await launchOf(host, jobId))
  await worker.claim()
  await worker.events([step(1, "receive", "started")])
  const answer = await worker.result(1, outcome)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
}
const usage = { inputTokens: 10, outputTokens: 5, costUsd: 0.01, computeMs: 1000 }
const common = { usage, resumed: "none" as const, agentVersion: "1" }
const failed: Outcome = { status: "failed", failure: { kind: "agent-failed", step: "run-agent", exitCode: 1 }, ...common }
const succeeded: Outcome = { status: "succeeded", baseCommit: "a".repeat(40), ...common }
const settled = (scheduleId: string, executionId: string) =>
  until(`the end of ${executionId}`, async () => {
    const found = (await executions(scheduleId)).find(({ id }) => id === executionId)
    return found?.endedAt ? found : null
  })

describe("task templates and schedules", () => {
  it("are made, changed and deleted by their rules", async () => {
    const template = await newTemplate({ name: "Weekly update" })
    expect(template).toMatchObject({ opensPullRequest: true, secretIds: [], clankerId: null, baseBranch: null, schedules: 0 })
    const twice = await admin("POST", "/api/claws/templates", { projectId: stage.project.id, name: "Weekly update", instructions: "x" })
    expect([twice.status, twice.body.error.code]).toEqual([409, "claw.name-taken"])
    const one = `/api/claws/templates/${template.id}`
    expect(await ok(admin<ClawTemplate>("PATCH", one, { instructions: "  ", description: "d" }))).toMatchObject({
      instructions: "Update the dependencies.",
      description: "d",
    })
    const schedule = await newSchedule({}, template.id)
    const refused = await admin("DELETE", one)
    expect([refused.status, refused.body.error.code]).toEqual([409, "claw.has-schedules"])
    await ok(admin("DELETE", `/api/claws/schedules/${schedule.id}`))
    expect((await admin("DELETE", one)).status).toBe(204)
    expect((await admin("GET", one)).status).toBe(404)
  })

  it("refuse what they cannot use, by its field", async () => {
    const refusals: [string, object, string][] = [
      ["/api/claws/templates", { instructions: " " }, "instructions"],
      ["/api/claws/templates", { instructions: "x".repeat(50_001) }, "instructions"],
      ["/api/claws/templates", { clankerId: "clk_00000000000000000000000000000000" }, "clankerId"],
      ["/api/claws/templates", { secretIds: ["sec_00000000000000000000000000000000"] }, "secretIds.0"],
      ["/api/claws/templates", { projectId: "prj_00000000000000000000000000000000" }, "projectId"],
      ["/api/claws/templates", { baseBranch: "a..b" }, "baseBranch"],
      ["/api/claws/schedules", { cron: "0 0 31 2 *" }, "cron"],
      ["/api/claws/schedules", { cron: null }, "cron"],
      ["/api/claws/schedules", { interval: "2d" }, "cron"],
      ["/api/claws/schedules", { cron: null, interval: "5s" }, "interval"],
      ["/api/claws/schedules", { timeZone: "Nowhere/Else" }, "timeZone"],
      ["/api/claws/schedules", { overlap: "maybe" }, "overlap"],
      ["/api/claws/schedules", { webhook: { url: "ftp://x.test" } }, "webhook.url"],
      ["/api/claws/schedules", { webhook: { url: "https://x.test", secret: "short" } }, "webhook.secret"],
      ["/api/claws/schedules/preview", { cron: "61 * * * *" }, "cron"],
    ]
    const template = await newTemplate()
    const good: Record<string, object> = {
      "/api/claws/templates": { projectId: stage.project.id, name: "n", instructions: "i" },
      "/api/claws/schedules": { templateId: template.id, name: "n", cron: "@daily" },
      "/api/claws/schedules/preview": {},
    }
    for (const [path, wrong, field] of refusals) {
      const { status, body } = await admin("POST", path, { ...good[path], ...wrong })
      expect([status, Object.keys(body.error.detail?.["fields"] ?? {})], JSON.stringify(wrong)).toEqual([422, [field]])
    }
  })

  it("show their next five runs, also before they are saved", async () => {
    const times = ["2027-03-01T09:00:00.000Z", "2027-03-02T09:00:00.000Z", "2027-03-03T09:00:00.000Z", "2027-03-04T09:00:00.000Z"]
    const { nextRuns } = await asIf(() => ok(admin<{ nextRuns: string[] }>("POST", "/api/claws/schedules/preview", { cron: "0 9 * * *" })))
    expect(nextRuns.slice(0, 4)).toEqual(times)
    const schedule = await newSchedule()
    expect(schedule).toMatchObject({ nextRunAt: times[0], runs: 0, failures: 0, pausedReason: null, webhook: null, recent: [] })
    expect(schedule.nextRuns).toEqual(nextRuns)
    const patched = await asIf(() => ok(admin<ClawSchedule>("PATCH", `/api/claws/schedules/${schedule.id}`, { interval: "90m" })))
    expect(patched).toMatchObject({ cron: null, interval: "90m", nextRunAt: "2027-03-01T09:30:00.000Z" })
    const off = await ok(admin<ClawSchedule>("PATCH", `/api/claws/schedules/${schedule.id}`, { enabled: false }))
    expect(off).toMatchObject({ enabled: false, nextRunAt: null, nextRuns: [] })
    await tickAt(START + 2 * DAY)
    expect(await executions(schedule.id)).toEqual([])
  })

  it("keep a clanker and a secret that they use, and go with their project", async () => {
    const secret = await ok(admin<Secret>("POST", "/api/secrets", { name: "EXTRA_KEY", location: "database", value: "0123456789" }))
    const other = {
      project: await ok(admin<Project>("POST", "/api/projects", { name: "Going", repositoryUrl: "https://forge.test/acme/demo" })),
    }
    const idle = await ok(admin<{ id: string }>("POST", "/api/clankers", { name: "Kept", deploymentConfig: { computeType: "docker" } }))
    const template = await newTemplate({ projectId: other.project.id, clankerId: idle.id, secretIds: [secret.id] })
    await newSchedule({ enabled: false }, template.id)
    const inUse = await admin("DELETE", `/api/secrets/${secret.id}`)
    expect([inUse.status, inUse.body.error.code]).toEqual([409, "secret.in-use"])
    const kept = await admin("DELETE", `/api/clankers/${idle.id}`)
    expect([kept.status, JSON.stringify(kept.body)]).toEqual([409, expect.stringContaining(template.name)])
    await ok(admin("DELETE", `/api/projects/${other.project.id}`))
    expect((await admin("GET", `/api/claws/templates/${template.id}`)).status).toBe(404)
    await ok(admin("DELETE", `/api/secrets/${secret.id}`))
  })
})

describe("a schedule that is due", () => {
  it("makes one job, with its own branch, prompt and secrets, and counts its end", async () => {
    const own = await ok(
      admin<Secret>("POST", "/api/secrets", { name: "OPENAI_API_KEY", location: "database", value: "of-the-template-01" }),
    )
    const template = await newTemplate({ name: "Dependencies", secretIds: [own.id], instructions: "MARKER-TASK", baseBranch: "develop" })
    const schedule = await newSchedule({}, template.id)
    await tickAt(START + 59 * MINUTE)
    expect(await executions(schedule.id)).toEqual([])
    await tickAt(START + HOUR + MINUTE)
    await tickAt(START + HOUR + MINUTE)
    const [execution] = await executions(schedule.id)
    expect(execution).toMatchObject({ dueAt: "2027-03-01T09:00:00.000Z", status: "running", trigger: "schedule" })
    const jobId = execution?.jobId ?? ""
    const job = await ok(admin<Job>("GET", `/api/jobs/${jobId}`))
    expect(job).toMatchObject({ kind: "claw", executionId: execution?.id, projectId: stage.project.id })
    const prompt = await ok(admin<{ prompt: string }>("GET", `/api/jobs/${jobId}/prompt`))
    expect(JSON.stringify(prompt)).toContain("MARKER-TASK")
    const worker = await fakeWorker(await launchOf(host, jobId))
    const { body } = await worker.claim()
    expect(body.payload.repository).toMatchObject({ baseBranch: "develop", branch: `work/dependencies-${jobId.slice(-8)}` })
    expect(body.secrets).toEqual([{ name: "OPENAI_API_KEY", use: "agent", from: "value", value: "of-the-template-01" }])
    await worker.events([step(1, "receive", "started")])
    await worker.result(1, { ...succeeded, pullRequest: { url: "https://forge.test/acme/demo/pull/7", number: 7 } })
    expect(await settled(schedule.id, execution?.id ?? "")).toMatchObject({
      status: "succeeded",
      pullRequest: "https://forge.test/acme/demo/pull/7",
    })
    expect(await read(schedule.id)).toMatchObject({
      runs: 1,
      failures: 0,
      nextRunAt: "2027-03-02T09:00:00.000Z",
      recent: [{ status: "succeeded" }],
    })
    await ok(admin("DELETE", `/api/claws/schedules/${schedule.id}`))
    await ok(admin("DELETE", `/api/claws/templates/${template.id}`))
    await ok(admin("DELETE", `/api/secrets/${own.id}`))
  })

  it("and finds nothing to change has succeeded, and says so", async () => {
    const schedule = await newSchedule()
    const execution = await runNow(schedule.id)
    expect(execution).toMatchObject({ trigger: "manual", status: "running" })
    await work(execution.jobId ?? "", succeeded)
    expect(await settled(schedule.id, execution.id)).toMatchObject({ status: "succeeded", reason: "nothing had to be changed" })
  })

  it("makes no job once its project was archived in the same instant", async () => {
    const { project } = await createStage(admin, "Archived just now")
    const schedule = await newSchedule({}, (await newTemplate({ projectId: project.id })).id)
    const archive = env.DB.prepare("UPDATE projects SET archived_at = 1 WHERE id = ?").bind(project.id)
    overrides.database = overheard(env.DB, {
      before: async (question) => void (question.includes('insert into "jobs"') && (await archive.run())),
    })
    try {
      await tickAt(START + HOUR + MINUTE)
    } finally {
      delete overrides.database
    }
    expect(await executions(schedule.id)).toMatchObject([{ status: "failed", reason: expect.stringContaining("meanwhile") }])
    expect((await ok(admin<{ items: Job[] }>("GET", `/api/jobs?projectId=${project.id}`))).items).toEqual([])
  })

  it("waits, is left out or runs beside, as its overlap says", async () => {
    const kinds = { skip: ["running", "skipped"], queue: ["running", "pending", "skipped"], allow: ["running", "running"] }
    for (const [overlap, statuses] of Object.entries(kinds)) {
      const schedule = await newSchedule({ overlap })
      for (const _ of statuses) await runNow(schedule.id)
      const all = (await executions(schedule.id)).toReversed()
      expect(
        all.map(({ status }) => status),
        overlap,
      ).toEqual(statuses)
      if (overlap !== "queue") continue
      await work(all[0]?.jobId ?? "", succeeded)
      const next = await until(
        "the one that waited",
        async () => (await executions(schedule.id)).find(({ id, status }) => id === all[1]?.id && status === "running") ?? null,
      )
      expect(next.jobId).toBeDefined()
    }
  })

  it("pauses itself after five failures in a row, says why, and goes on when it is told to", async () => {
    const schedule = await newSchedule()
    for (let failures = 1; failures <= 5; failures++) {
      expect((await read(schedule.id)).pausedReason).toBeNull()
      const execution = await runNow(schedule.id)
      await work(execution.jobId ?? "", failed)
      await settled(schedule.id, execution.id)
      expect(await read(schedule.id)).toMatchObject({ failures, runs: failures })
    }
    const paused = await read(schedule.id)
    expect(paused).toMatchObject({ pausedReason: expect.stringContaining("5 failures in a row"), nextRunAt: null, enabled: true })
    await tickAt(START + 3 * DAY)
    expect(await executions(schedule.id)).toHaveLength(5)
    const resumed = await asIf(() => ok(admin<ClawSchedule>("PATCH", `/api/claws/schedules/${schedule.id}`, { enabled: true })))
    expect(resumed).toMatchObject({ pausedReason: null, failures: 0, nextRunAt: "2027-03-04T09:00:00.000Z" })
  })

  it("that cannot run fails with the reason, and no job is made", async () => {
    const idle = await ok(
      admin<{ id: string; name: string }>("POST", "/api/clankers", { name: "Idle", deploymentConfig: { computeType: "docker" } }),
    )
    const schedule = await newSchedule({}, (await newTemplate({ clankerId: idle.id })).id)
    const execution = await runNow(schedule.id)
    expect(execution).toMatchObject({ status: "failed", reason: expect.stringContaining("The clanker Idle takes no jobs now") })
    expect(execution.jobId).toBeUndefined()
  })

  it("records what was missed, and runs once for it or not at all", async () => {
    const [once, none] = [await newSchedule({ missedRuns: "once" }), await newSchedule({ missedRuns: "skip" })]
    await tickAt(START + 4 * DAY)
    expect((await executions(once.id)).map(({ status, dueAt }) => `${dueAt.slice(0, 10)} ${status}`)).toEqual([
      "2027-03-04 running",
      "2027-03-03 skipped",
      "2027-03-02 skipped",
      "2027-03-01 skipped",
    ])
    const skipped = await executions(none.id)
    expect(skipped.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped", "skipped"])
    expect(skipped[0]?.reason).toContain("missed")
    for (const { id } of [once, none]) expect((await read(id)).nextRunAt).toBe("2027-03-05T09:00:00.000Z")
  })
})

describe("a schedule's webhook", () => {
  it("is told of start and end with a signature that the standard's library accepts, again until it answers", async () => {
    overrides.resolve = async () => ["140.82.121.4"]
    const heard: { headers: Record<string, string>; body: string }[] = []
    let answer = 500
    overrides.fetch = async (_url, init) => {
      heard.push({ headers: Object.fromEntries(new Headers(init?.headers)), body: String(init?.body) })
      return new Response(null, { status: answer })
    }
    const schedule = await newSchedule({ webhook: { url: "https://hooks.example.test/claws" } })
    const secret = schedule.webhook?.secret ?? ""
    expect(secret).toMatch(/^whsec_/)
    expect((await read(schedule.id)).webhook).toEqual({ url: "https://hooks.example.test/claws" })
    const execution = await runNow(schedule.id)
    const now = Date.now()
    await tickAt(now)
    expect(heard.map(({ body }) => JSON.parse(body).type)).toEqual(["claw.execution.started"])
    await work(execution.jobId ?? "", succeeded)
    await settled(schedule.id, execution.id)
    answer = 204
    await tickAt(now + 1000)
    expect(heard.map(({ body }) => JSON.parse(body).type)).toEqual(["claw.execution.started", "claw.execution.ended"])
    await tickAt(now + 2 * MINUTE)
    await tickAt(now + DAY)
    const types = heard.map(({ body }) => JSON.parse(body).type)
    expect(types).toEqual(["claw.execution.started", "claw.execution.ended", "claw.execution.started"])
    expect(heard[0]?.headers["webhook-id"]).toBe(heard[2]?.headers["webhook-id"])
    const [, ended] = heard
    if (!ended) throw new Error("nothing was heard of the end")
    expect(new Webhook(secret).verify(ended.body, ended.headers)).toMatchObject({
      data: { executionId: execution.id, status: "succeeded", jobId: execution.jobId },
    })
  })

  it("is given up after its tries, and never reaches a private address", async () => {
    overrides.resolve = async () => ["10.0.0.1"]
    let called = 0
    overrides.fetch = async () => {
      called++
      return new Response(null)
    }
    const schedule = await newSchedule({ webhook: { url: "https://inside.example.test/", secret: `whsec_${"A".repeat(44)}` } })
    expect(schedule.webhook).toEqual({ url: "https://inside.example.test/" })
    await runNow(schedule.id)
    let now = Date.now()
    for (let tries = 0; tries < 12; tries++) await tickAt((now += 15 * HOUR))
    expect(called).toBe(0)
    const row = await env.DB.prepare("SELECT tries, next_at, last_error FROM claw_deliveries WHERE schedule_id = ?")
      .bind(schedule.id)
      .first()
    expect(row).toEqual({ tries: 9, next_at: null, last_error: "it lies in a private network" })
  })
})
