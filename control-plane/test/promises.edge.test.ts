import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { CLOCKS, type Job } from "#contract/jobs.ts"
import { overrides } from "../context.ts"
import { hostObject } from "../hosts/stub.ts"
import { jobObject } from "../jobs/stub.ts"
import { brokenDatabase } from "./broken-database.ts"
import { idle, type StandingClock, standingClock } from "./clock.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  env,
  type FakeHost,
  fakeWorker,
  launchOf,
  ok,
  runningJob,
  setUpWorkplace,
  type Stage,
  startResearch,
  step,
  text,
  until,
} from "./harness.ts"
import { insertJob, onJob, stateOf, world } from "./job-object.ts"

let admin: Caller
let host: FakeHost & { token: string }
let stage: Stage
let clock: StandingClock
beforeAll(async () => {
  ;({ admin, host, stage } = await setUpWorkplace("Promises", { answersPings: true }))
  clock = standingClock()
})
afterEach(() => void delete overrides.database)
afterAll(() => clock.release())

const read = (id: string) => ok(admin<Job>("GET", `/api/jobs/${id}`))
const succeeded = { status: "succeeded", document: "# Found" } as const
const tick = () => ok(admin("POST", "/api/settings/ticks", {}))
const running = () => runningJob({ admin, host, stage })

describe("the cron's minute", () => {
  it("accepts a row that was never accepted once it is a minute old", async () => {
    const [old, young] = [await insertJob(), await insertJob()]
    await env.DB.prepare("UPDATE jobs SET updated_at = ? WHERE id = ?")
      .bind(clock.now() - 30_000, young.id)
      .run()
    await tick()
    expect(await jobObject(env, old.id).read()).toMatchObject({ id: old.id })
    expect(await jobObject(env, young.id).read()).toBe(null)
    await clock.pass(31_000, [])
    await tick()
    expect(await jobObject(env, young.id).read()).toMatchObject({ id: young.id })
  })

  it("moves a job whose alarm was lost and whose time is up", async () => {
    const { job, object } = await running()
    await idle(object)
    await runInDurableObject(object, (_, { storage }) => storage.deleteAlarm())
    await clock.pass(CLOCKS.executionMarginMs.ms + 2_700_000, [])
    await tick()
    expect(await read(job.id)).toMatchObject({ status: "stopping", cause: "deadline" })
  })
})

describe("starting the same again", () => {
  it("asks the job in the way itself: one that has ended stands in no way, however late its row is", async () => {
    const { job, ticket, worker, object } = await running()
    await idle(object)
    overrides.database = brokenDatabase("fails")
    await worker.result(0, { status: "failed", failure: { kind: "no-document" } })
    await idle(object)
    delete overrides.database
    const row = () => env.DB.prepare("SELECT status FROM jobs WHERE id = ?").bind(job.id).first()
    expect(await row()).toEqual({ status: "running" })
    const { job: again } = await ok(admin<{ job: Job }>("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {}))
    expect(again.id).not.toBe(job.id)
    expect(await row()).toEqual({ status: "failed" })
    expect((await admin("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {})).body.error.code).toBe("ticket.job-unfinished")
    await ok(admin("POST", `/api/jobs/${again.id}/cancellation`, {}))
  })
})

describe("the clock of a job", () => {
  const alarm = (object: DurableObjectStub) => runInDurableObject(object, (_, { storage }) => storage.getAlarm())

  it("is one alarm in the future, which no batch moves and every start of its object sets again", async () => {
    const { worker, object } = await running()
    await idle(object)
    const at = await alarm(object)
    expect(at).toBe(clock.now() + CLOCKS.heartbeatLostMs.ms)
    for (let seq = 1; seq <= 5; seq++) {
      await clock.pass(1000, [])
      await worker.events([text(seq, "x")])
      await idle(object)
      expect(await alarm(object)).toBe(at)
    }
    await runInDurableObject(object, (_, { storage }) => storage.deleteAlarm())
    await evictDurableObject(object)
    expect(await alarm(object)).toBe(at)
    // Past due, it is set ahead all the same: an alarm at or before now may never fire.
    await clock.pass(CLOCKS.heartbeatLostMs.ms * 2, [])
    await runInDurableObject(object, (_, { storage }) => storage.deleteAlarm())
    await evictDurableObject(object)
    expect(await alarm(object)).toBe(clock.now() + 1)
  })
})

describe("a launch", () => {
  it("whose answer is lost is the same try again; only a refusal makes the next", async () => {
    const tries: number[] = []
    const flaky = world({
      run: async ({ try: n }) => {
        tries.push(n)
        if (tries.length < 3) throw new Error("the answer was lost")
        return "accepted"
      },
    })
    const { id, object } = await insertJob()
    await onJob(object, flaky, (job) => job.accept(id))
    await onJob(object, flaky, async (job, storage) => {
      await job.apply({ type: "granted", leaseId: "l1", nonce: "abc" })
      await job.idle()
      for (let again = 0; again < 3; again++) {
        await clock.pass(2000, [])
        await job.alarm?.()
        await job.idle()
      }
      expect(tries).toEqual([1, 1, 1])
      const refused = { type: "launch-refused", attempt: 1, try: 1, transient: true, failure: { kind: "launch-refused" } } as const
      await job.apply(refused)
      await clock.pass(CLOCKS.launchRetryMs.ms, [])
      await job.alarm?.()
      await job.idle()
      expect(tries).toEqual([1, 1, 1, 2])
      expect(stateOf(storage).attempts).toMatchObject([{ n: 1, tries: 2 }])
    })
  })

  it("after a push was announced begins where the branch is", async () => {
    const { job, worker } = await running()
    await worker.events([step(1, "commit-and-push", "intent")])
    host.say({ type: "exited", jobId: job.id, attempt: 1, handle: `viberator-${job.id}-1`, exitCode: 1, oom: false, reason: "killed" })
    const second = await fakeWorker(await launchOf(host, job.id, 2), "9".repeat(64))
    expect((await second.claim()).body.payload.resume).toEqual({ startAt: "clone" })
    await second.result(0, succeeded)
  })
})

describe("a worker that comes while its job is stopping", () => {
  it("is told 410 when it claims, and gets no work", async () => {
    const { job } = await startResearch(admin, stage.project.id)
    const worker = await fakeWorker(await launchOf(host, job.id))
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
    const claim = await worker.claim()
    expect([claim.status, claim.body.error.code]).toEqual([410, "attempt.stale"])
  })
})

describe("what was done outside", () => {
  it("stands on the job as soon as it is told", async () => {
    const { job, worker } = await running()
    const at = new Date(0).toISOString()
    await worker.events([{ seq: 1, at, kind: "pushed", branch: "viberator/X", commit: "abc" }])
    expect(await read(job.id)).toMatchObject({ status: "running", branch: "viberator/X", commit: "abc", pullRequest: null })
    await worker.events([{ seq: 2, at, kind: "pull-request", url: "https://forge.test/p/1", number: 1, action: "created" }])
    expect(await read(job.id)).toMatchObject({ status: "running", pullRequest: { url: "https://forge.test/p/1", number: 1 } })
    await worker.result(2, succeeded)
  })
})

describe("a reaction", () => {
  it("that runs once more leaves what the first one left", async () => {
    const { job, ticket, worker, object } = await running()
    await worker.result(0, succeeded)
    await until("the end", async () => (await read(job.id)).settled || null)
    const path = `/api/tickets/${ticket.id}/phases/research/document`
    const seen = async () => ({
      document: (await ok(admin<{ revision: number }>("GET", path))).revision,
      timeline: (await ok(admin<{ items: unknown[] }>("GET", `/api/tickets/${ticket.id}/timeline`))).items.length,
    })
    const before = await seen()
    await runInDurableObject(object, (_, { storage }) => {
      storage.sql.exec("INSERT INTO outbox (key, chain, kind, data, due_at) VALUES ('react', 'rows', 'react', '{}', 0)")
    })
    await jobObject(env, job.id).poke()
    await idle(object)
    expect(await runInDurableObject(object, (_, { storage }) => storage.sql.exec("SELECT kind FROM outbox").toArray())).toEqual([])
    expect(await seen()).toEqual(before)
  })
})

describe("a job whose texts are large", () => {
  it("keeps them in the bucket, hands them to its worker whole without the database, and takes them along when deleted", async () => {
    const own = await createLarge()
    const { job } = await startResearch(admin, own.project.id)
    const row = await env.DB.prepare("SELECT length(spec) AS size FROM jobs WHERE id = ?").bind(job.id).first()
    expect(row).toEqual({ size: expect.any(Number) })
    expect(Number(row?.["size"])).toBeLessThan(1000)
    const worker = await fakeWorker(await launchOf(host, job.id))
    overrides.database = brokenDatabase("hangs")
    const { body } = await worker.claim()
    delete overrides.database
    expect(body.payload.files).toEqual(LARGE)
    await worker.result(0, succeeded)
    await until("the end", async () => (await read(job.id)).settled || null)
    const objects = async () => (await env.BUCKET.list()).objects.filter(({ key }) => key.includes(job.id)).length
    expect(await objects()).toBeGreaterThan(0)
    await ok(admin("DELETE", `/api/jobs/${job.id}`))
    expect(await objects()).toBe(0)
  })

  const LARGE = ["AGENTS.md", "skills/kind.md"].map((path) => ({ path, content: "# Be kind\n".repeat(19_000) }))
  async function createLarge(): Promise<Stage> {
    clock.release()
    const own = await createStage(admin, "Large")
    await ok(admin("PATCH", `/api/clankers/${own.clanker.id}`, { files: LARGE }))
    await ok(admin("PUT", `/api/clankers/${own.clanker.id}/deployment`, {}))
    const serving = async () => (await ok(admin<{ servingRevision: number }>("GET", `/api/clankers/${own.clanker.id}`))).servingRevision
    await until("the new revision", async () => (await serving()) === 2 || null)
    clock = standingClock()
    return own
  }
})

describe("a file of a job", () => {
  it("is only ever downloaded; what an agent's state may hold never leaves", async () => {
    const { job, worker } = await running()
    const put = (name: string) => caller(worker.session)("PUT", `/worker/v1/jobs/${job.id}/artifacts/${name}`, "<script>alert(1)</script>")
    for (const name of ["page.html", "checkpoint-1.bundle", "agent-state.bin"]) expect((await put(name)).status).toBe(200)
    const { status, headers } = await admin("GET", `/api/jobs/${job.id}/artifacts/page.html`)
    expect(status).toBe(200)
    expect(headers.get("content-disposition")).toBe('attachment; filename="page.html"')
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(headers.get("content-type")).toBe("application/octet-stream")
    for (const name of ["checkpoint-1.bundle", "agent-state.bin"])
      expect((await admin("GET", `/api/jobs/${job.id}/artifacts/${name}`)).status).toBe(422)
    await worker.result(0, succeeded)
  })
})

describe("a host that comes back", () => {
  it("is asked again what it did not answer, and not what it did", async () => {
    const { job } = await running()
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
    const asked = (verb: string) => host.calls.filter((call) => call.verb === verb && call.id.includes(job.id)).length
    await until("the stop", () => asked("stop") > 0 || null)
    await until("the run's answer", async () => (await hostObject(env, host.id).inspect(job.id, 1)).state === "running" || null)
    host.close()
    host = await connectHost(admin, { slots: 20, known: host, answersPings: true })
    await until("the stop again", () => asked("stop") === 1 || null)
    expect(asked("run")).toBe(0)
  })
})
