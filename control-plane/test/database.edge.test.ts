import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import { overrides } from "../context.ts"
import { jobObject } from "../jobs/stub.ts"
import { brokenDatabase } from "./broken-database.ts"
import { idle, type StandingClock, standingClock } from "./clock.ts"
import {
  type Caller,
  caller,
  env,
  type FakeHost,
  fakeWorker,
  launchOf,
  ok,
  rawJob,
  runningJob,
  setUpWorkplace,
  type Stage,
  startResearch,
  step,
  text,
} from "./harness.ts"

// D1 hangs or fails while jobs run: they need nothing but their own objects, and the lists catch up afterwards.

let admin: Caller
let host: FakeHost
let stage: Stage
let clock: StandingClock
beforeAll(async () => {
  ;({ admin, host, stage } = await setUpWorkplace("Database", { answersPings: true }))
  clock = standingClock()
})
afterEach(() => void delete overrides.database)
afterAll(() => clock.release())

const listed = async (id: string) => (await ok(admin<{ items: Job[] }>("GET", "/api/jobs?limit=100"))).items.find((job) => job.id === id)
const present = async (id: string) => (await jobObject(env, id).read()) ?? Promise.reject(new Error("no such job"))
const succeeded = { status: "succeeded", document: "# Found\n\nIt works." } as const

describe.each(["hangs", "fails"] as const)("while the database %s", (how) => {
  it(
    "a job is claimed, tells, stores, and ends; its row and its reaction follow within 60 s of the database's return",
    { timeout: 60_000 },
    async () => {
      const { ticket, job } = await startResearch(admin, stage.project.id)
      const object = rawJob(job.id)
      const launch = await launchOf(host, job.id)
      overrides.database = brokenDatabase(how)
      const from = Date.now()
      const worker = await fakeWorker(launch)
      expect((await worker.claim()).status).toBe(200)
      for (let seq = 1; seq <= 20; seq++)
        expect((await worker.events([step(seq, "clone", seq % 2 ? "started" : "finished")])).body.acked).toBe(seq)
      const session = caller(worker.session)
      expect((await session("POST", `/worker/v1/jobs/${job.id}/credentials`, { attempt: 1, names: ["OPENAI_API_KEY"] })).status).toBe(200)
      expect((await session("PUT", `/worker/v1/jobs/${job.id}/artifacts/patch.diff`, "diff")).status).toBe(200)
      expect((await worker.result(20, succeeded)).body).toEqual({ status: "succeeded" })
      expect(Date.now() - from).toBeLessThan(2500)
      expect((await present(job.id)).status).toBe("succeeded")
      // So long gone that every pause between two tries is the longest.
      await runInDurableObject(object, (_, { storage }) => void storage.sql.exec("UPDATE outbox SET tries = 20"))
      await clock.pass(80_000, [object])
      delete overrides.database
      expect((await listed(job.id))?.status).not.toBe("succeeded")
      await clock.pass(60_000, [object])
      expect(await listed(job.id)).toMatchObject({ status: "succeeded", settled: true })
      const document = await admin<{ content: string }>("GET", `/api/tickets/${ticket.id}/phases/research/document`)
      expect(document.body.content).toContain("# Found")
    },
  )

  it("a job is cancelled, its worker is told, and the next one in line starts", async () => {
    const { job } = await startResearch(admin, stage.project.id)
    await ok(admin("PATCH", "/api/settings", { maxConcurrency: 1 }))
    const { job: next } = await startResearch(admin, stage.project.id)
    const worker = await fakeWorker(await launchOf(host, job.id))
    await worker.claim()
    overrides.database = brokenDatabase(how)
    expect(await jobObject(env, job.id).cancel("usr_1")).toMatchObject({ ok: true, job: { status: "stopping" } })
    expect((await worker.events([text(1, "still here")])).body).toMatchObject({ acked: 1, stop: { reason: "cancel" } })
    expect((await worker.result(1, { status: "stopped", reason: "cancelled" })).status).toBe(200)
    expect(await present(job.id)).toMatchObject({ status: "cancelled", evidence: { proven: true } })
    const second = await fakeWorker(await launchOf(host, next.id), "e".repeat(64))
    expect((await second.claim()).status).toBe(200)
    expect((await second.result(0, succeeded)).status).toBe(200)
    delete overrides.database
    await ok(admin("PATCH", "/api/settings", { maxConcurrency: 20 }))
  })

  it("a lost worker is found and replaced, and a time limit is kept", async () => {
    const { job, object } = await runningJob({ admin, host, stage })
    await idle(object)
    overrides.database = brokenDatabase(how)
    const from = Date.now()
    host.say({ type: "exited", jobId: job.id, attempt: 1, handle: `viberator-${job.id}-1`, exitCode: 1, oom: false, reason: "killed" })
    const second = await fakeWorker(await launchOf(host, job.id, 2), "f".repeat(64))
    expect((await second.claim()).status).toBe(200)
    const { deadlineAt } = await present(job.id)
    overrides.now = () => Date.parse(String(deadlineAt))
    await runDurableObjectAlarm(object)
    expect(await present(job.id)).toMatchObject({ status: "stopping", cause: "deadline" })
    overrides.now = clock.now
    // None of it has waited for the database.
    expect(Date.now() - from).toBeLessThan(2500)
    expect((await second.result(0, succeeded)).status).toBe(200)
    expect((await present(job.id)).failure).toMatchObject({ kind: "agent-timeout", limitMs: 2_700_000 })
  })
})
