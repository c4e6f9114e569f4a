import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { beforeAll, describe, expect, it } from "vitest"
import { CLOCKS, type Job } from "#contract/jobs.ts"
import type { LiveTold, StoredEvent } from "#contract/live.ts"
import { overrides } from "../context.ts"
import { hostObject } from "../hosts/stub.ts"
import { jobObject } from "../jobs/stub.ts"
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
  ORIGIN,
  rawJob,
  runningJob,
  send,
  setUpWorkplace,
  type Stage,
  startResearch,
  step,
  text,
  until,
} from "./harness.ts"

let admin: Caller
let adminToken: string
let host: FakeHost
let stage: Stage

beforeAll(async () => {
  ;({ admin, token: adminToken, host, stage } = await setUpWorkplace("Jobs"))
})

const research = (title?: string) => startResearch(admin, stage.project.id, title)
const running = () => runningJob({ admin, host, stage })
const read = (id: string) => ok(admin<Job>("GET", `/api/jobs/${id}`))
const settled = (id: string) =>
  until(`the end of ${id}`, async () => {
    const job = await read(id)
    return job.settled ? job : null
  })
const succeeded = { status: "succeeded" as const, document: "# Found\n\nIt works." }

describe("an attempt", () => {
  it("goes from the launch over claim, events and result to a settled job with its document", async () => {
    const { ticket, job } = await research()
    const worker = await fakeWorker(await launchOf(host, job.id))
    const claim = await worker.claim()
    expect(claim.status).toBe(200)
    expect(claim.body.payload.job).toMatchObject({ id: job.id, kind: "research", attempt: 1 })
    expect(claim.body.secrets).toEqual([{ name: "OPENAI_API_KEY", use: "agent", from: "value", value: "value-of-Jobs-0123456789" }])
    expect((await worker.events([step(1, "clone", "started"), text(2, "Hello "), text(3, "world")])).body).toMatchObject({ acked: 3 })
    expect((await worker.events([step(4, "clone", "finished")])).body).toMatchObject({ acked: 4 })
    expect((await worker.result(4, succeeded)).body).toEqual({ status: "succeeded" })
    const ended = await settled(job.id)
    expect(ended).toMatchObject({ status: "succeeded", lastSeq: 4, attempt: 1, failure: null })
    expect(ended.steps.find(({ name }) => name === "clone")).toMatchObject({ state: "done" })
    expect(
      (await admin<{ content: string; state: string }>("GET", `/api/tickets/${ticket.id}/phases/research/document`)).body,
    ).toMatchObject({ content: "# Found\n\nIt works.", state: "draft" })
    const page = await ok(admin<{ items: StoredEvent[]; nextCursor: string | null }>("GET", `/api/jobs/${job.id}/events?limit=2`))
    expect(page).toMatchObject({
      items: [
        { seq: 1, attempt: 1, kind: "step" },
        { seq: 2, kind: "text", delta: "Hello " },
      ],
      nextCursor: "2",
    })
    expect((await admin<string>("GET", `/api/jobs/${job.id}/log`)).body).toContain("Hello world")
  })

  it("is claimed by the first of two workers with one launch token; the same claim is answered again until its first events", async () => {
    const { job } = await research()
    const launch = await launchOf(host, job.id)
    const [first, second] = [await fakeWorker(launch, "a".repeat(64)), await fakeWorker(launch, "b".repeat(64))]
    const answers = await Promise.all([first.claim(), second.claim()])
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    const [winner, loser] = answers[0].status === 200 ? [first, second] : [second, first]
    expect((await loser.claim()).body.error.code).toBe("already-claimed")
    expect((await winner.claim()).status).toBe(200)
    expect((await winner.events([text(1, "x")])).status).toBe(200)
    expect((await winner.claim()).body.error.code).toBe("already-claimed")
    expect((await loser.events([text(1, "forged")])).status).toBe(401)
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
  })

  it("may say in its claim why it cannot begin", async () => {
    const { job } = await research()
    const worker = await fakeWorker(await launchOf(host, job.id))
    expect((await worker.claim({ failure: { kind: "agent-not-installed", agent: "opencode" } })).status).toBe(200)
    expect((await settled(job.id)).failure).toMatchObject({ kind: "agent-not-installed", retryHelps: true })
  })

  it("that fails leaves phase and document as they were", async () => {
    const { ticket, job, worker } = await running()
    await worker.result(0, {
      status: "failed",
      failure: { kind: "clone-failed", hint: "auth", step: "clone", lastLines: ["fatal: Authentication failed"] },
    })
    const ended = await settled(job.id)
    expect(ended.failure).toMatchObject({ kind: "clone-failed", step: "clone", lastLines: ["fatal: Authentication failed"] })
    expect((await admin("GET", `/api/tickets/${ticket.id}/phases/research/document`)).body).toMatchObject({
      error: { code: "document.none" },
    })
  })
})

describe("tokens of workers", () => {
  it("are refused with 401 when forged, 403 for another job, 410 for an older attempt", async () => {
    const { job } = await research()
    const { job: other } = await research()
    const launch = await launchOf(host, job.id)
    const worker = await fakeWorker(launch)
    const forged = (launch["VIBERATOR_LAUNCH_TOKEN"] ?? "").replace(/.$/, (last) => (last === "0" ? "1" : "0"))
    const claim = {
      attempt: 1,
      claimId: "claim-12345678",
      sessionHash: "0".repeat(64),
      protocol: 1,
      workerVersion: "t",
      compute: { kind: "x", id: "1" },
    }
    expect((await caller(forged)("POST", `/worker/v1/jobs/${job.id}/claim`, claim)).status).toBe(401)
    expect((await caller("nonsense")("POST", `/worker/v1/jobs/${job.id}/claim`, claim)).status).toBe(401)
    expect((await caller(launch["VIBERATOR_LAUNCH_TOKEN"] ?? "")("POST", `/worker/v1/jobs/${other.id}/claim`, claim)).status).toBe(403)
    await worker.claim()
    expect((await caller(worker.session)("POST", `/worker/v1/jobs/${other.id}/events`, { attempt: 1, events: [] })).status).toBe(403)
    expect((await worker.events([], { token: `vs_${job.id}_1_${"f".repeat(64)}` })).status).toBe(401)
    await jobObject(env, job.id).reported({ kind: "stopped", attempt: 1, reason: "killed", oom: false })
    expect((await worker.events([text(1, "late")])).body.error.code).toBe("attempt.stale")
    expect((await worker.events([text(1, "late")])).status).toBe(410)
  })

  it("of an unknown protocol are told so with 426", async () => {
    const { job } = await research()
    const worker = await fakeWorker(await launchOf(host, job.id))
    expect((await worker.claim({ protocol: 99 })).status).toBe(426)
  })
})

describe("events", () => {
  it("are stored go-back-N: nothing twice, nothing above a hole, a gap moves the count", async () => {
    const { job, worker } = await running()
    expect((await worker.events([text(1, "a"), text(2, "b")])).body.acked).toBe(2)
    expect((await worker.events([text(4, "d")])).body.acked).toBe(2)
    expect((await worker.events([text(1, "a"), text(2, "b"), text(3, "c")])).body.acked).toBe(3)
    expect(
      (await worker.events([{ seq: 9, at: "2026-01-01T00:00:00Z", kind: "gap", from: 4, to: 9, bytes: 100 }, text(10, "j")])).body.acked,
    ).toBe(10)
    const { items } = await ok(admin<{ items: StoredEvent[] }>("GET", `/api/jobs/${job.id}/events`))
    expect(items.map(({ seq }) => seq)).toEqual([1, 2, 3, 9, 10])
    expect((await worker.result(12, succeeded)).body).toMatchObject({ error: { code: "events-missing", detail: { expected: 11 } } })
    expect((await worker.result(10, succeeded)).status).toBe(200)
    expect((await worker.result(10, succeeded)).body).toEqual({ status: "succeeded" })
    expect((await worker.events([text(11, "late")])).body.error.code).toBe("already-ended")
  })

  it("that are bad are named, and a batch that is too large is refused whole", async () => {
    const { job, worker } = await running()
    const bad = await worker.events([text(1, "a"), { seq: 2, at: "x", kind: "surprise" }])
    expect(bad.status).toBe(422)
    expect(bad.body.error).toMatchObject({ code: "event.invalid", detail: { index: 1, seq: 2 } })
    const large = await worker.events(Array.from({ length: 20 }, (_, index) => text(index + 1, "x".repeat(60_000))))
    expect(large.status).toBe(413)
    expect(large.body.error.code).toBe("event.too-large")
    expect((await read(job.id)).lastSeq).toBe(0)
  })

  it("lose the shape of any token before they reach the disk", async () => {
    const { job, worker } = await running()
    await worker.events([
      text(1, "key sk-ant-REDACTED end"),
      {
        ...text(2, ""),
        kind: "tool",
        id: "1",
        name: "Bash",
        state: "finished",
        input: { env: "ghp_abcdefghijklmnopqrstuvwxyz0123456789" },
      },
    ])
    const { body } = await admin("GET", `/api/jobs/${job.id}/events`)
    expect(JSON.stringify(body)).not.toMatch(/sk-ant-api|ghp_abc/)
    expect(JSON.stringify(body)).toContain("[redacted]")
  })
})

describe("cancel", () => {
  it("tells the worker in every ack, refuses nothing it still says, ends by its word and ignores what it claims", async () => {
    const { job, worker } = await running()
    expect((await ok(admin<{ job: Job }>("POST", `/api/jobs/${job.id}/cancellation`, {}))).job).toMatchObject({
      status: "stopping",
      cause: "cancel",
    })
    expect((await admin("POST", `/api/jobs/${job.id}/cancellation`, {})).status).toBe(202)
    expect((await worker.events([text(1, "still here")])).body).toMatchObject({ acked: 1, stop: { reason: "cancel" } })
    await until("the host's stop", () => host.calls.some(({ verb, id }) => verb === "stop" && id.includes(job.id)) || null)
    await worker.result(1, { ...succeeded, branch: "viberator/X" })
    const ended = await settled(job.id)
    expect(ended).toMatchObject({
      status: "cancelled",
      evidence: { proven: true, outcome: { status: "succeeded", branch: "viberator/X" } },
    })
    expect((await admin("POST", `/api/jobs/${job.id}/cancellation`, {})).body).toMatchObject({ error: { code: "job.ended" } })
  })
})

describe("a lost worker", () => {
  it("is followed by a second attempt whose log continues the first one's", async () => {
    const { job } = await research()
    const first = await fakeWorker(await launchOf(host, job.id))
    await first.claim()
    await first.events([text(1, "one"), text(2, "two")])
    host.say({
      type: "exited",
      jobId: job.id,
      attempt: 1,
      handle: `viberator-${job.id}-1`,
      exitCode: null,
      signal: "SIGKILL",
      oom: false,
      reason: "killed by SIGKILL",
    })
    const second = await fakeWorker(await launchOf(host, job.id, 2), "c".repeat(64))
    expect(host.told).toContainEqual({ type: "stored", jobId: job.id, attempt: 1 })
    expect((await second.claim()).status).toBe(200)
    expect((await second.events([text(1, "three")])).body.acked).toBe(1)
    expect((await first.result(2, succeeded)).status).toBe(410)
    await second.result(1, succeeded)
    expect(await settled(job.id)).toMatchObject({
      status: "succeeded",
      attempt: 2,
      attempts: [{ n: 1, end: "killed by SIGKILL" }, { n: 2 }],
    })
    const { items } = await ok(admin<{ items: StoredEvent[] }>("GET", `/api/jobs/${job.id}/events`))
    expect(items.map(({ seq, attempt, delta }) => [seq, attempt, delta])).toEqual([
      [1, 1, "one"],
      [2, 1, "two"],
      [3, 2, "three"],
    ])
  })

  it("is silent since its last event or heartbeat, whichever was later, also for an object that was evicted", async () => {
    const { job } = await research()
    const worker = await fakeWorker(await launchOf(host, job.id))
    const from = Date.now()
    const at = (ms: number) => (overrides.now = () => from + ms)
    const silentSince = async (looked: number) => {
      await evictDurableObject(rawJob(job.id))
      at(looked)
      await jobObject(env, job.id).poke()
      return runInDurableObject(rawJob(job.id), (_, { storage }) => {
        const { deadline } = storage.sql.exec<{ deadline: number }>("SELECT at AS deadline FROM deadlines WHERE name = 'heartbeat'").one()
        return deadline - CLOCKS.heartbeatLostMs.ms - from
      })
    }
    try {
      await worker.claim()
      at(60_000)
      await worker.events([text(1, "a")])
      expect(await silentSince(95_000)).toBe(60_000)
      at(100_000)
      await worker.events([])
      expect(await silentSince(155_000)).toBe(100_000)
      at(170_000)
      expect((await worker.events([text(1, "a"), text(2, "b")])).body.acked).toBe(2)
      expect(await silentSince(195_000)).toBe(170_000)
      expect((await jobObject(env, job.id).read())?.status).toBe("running")
    } finally {
      delete overrides.now
    }
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
  })

  it("that only fell silent is looked for, and its job survives every eviction of its object", async () => {
    const { job, worker } = await running()
    await worker.events([text(1, "x")])
    await evictDurableObject(rawJob(job.id))
    try {
      overrides.now = () => Date.now() + CLOCKS.heartbeatLostMs.ms + 1000
      await jobObject(env, job.id).poke()
      expect((await read(job.id)).status).toBe("running")
    } finally {
      delete overrides.now
    }
    expect((await worker.events([text(2, "y")])).body.acked).toBe(2)
    await worker.result(2, succeeded)
    expect((await settled(job.id)).status).toBe("succeeded")
  })
})

describe("the live stream", () => {
  it("replays from a cursor, goes on with what is stored, and says how the job ended", async () => {
    const { job, worker } = await running()
    await worker.events([text(1, "a"), text(2, "b")])
    const live = await watch(job.id, 1)
    await until("the replay", () => live.seqs().length === 1 || null)
    await worker.events([text(3, "c")])
    await until("the new event", () => live.seqs().length === 2 || null)
    await evictDurableObject(rawJob(job.id))
    await worker.events([text(4, "d")])
    await until("an event after hibernation", () => live.seqs().length === 3 || null)
    expect(live.seqs()).toEqual([2, 3, 4])
    await worker.result(4, succeeded)
    await until("the end", () => live.told.some((told) => told.type === "job" && told.job.status === "succeeded") || null)
  })

  it("tells a viewer that does not keep up, and one that asks for too much, to page", async () => {
    const { job, worker } = await running()
    const slow = await watch(job.id, 0, false)
    let seq = 0
    await until("the good-bye", async () => {
      await worker.events(Array.from({ length: 8 }, () => text(++seq, "x".repeat(60_000))))
      return slow.told.some((told) => told.type === "bye") || null
    })
    expect(slow.told.at(-1)).toEqual({ type: "bye", reason: "behind" })
  })

  it.each(["is signed out", "sees the project no more"])("ends within a minute for a viewer who %s", async (why) => {
    const { job, ticket, worker } = await running()
    const gone = await createUser("viewer")
    const live = await watch(job.id, 0, true, gone.token)
    await worker.events([text(1, "a")])
    await until("the first event", () => live.seqs().length === 1 || null)
    if (why === "is signed out") await env.DB.prepare("DELETE FROM api_tokens WHERE user_id = ?").bind(gone.id).run()
    else await ok(admin("PATCH", `/api/projects/${ticket.projectId}`, { visibility: "members" }))
    try {
      overrides.now = () => Date.now() + 61_000
      await worker.events([text(2, "b")])
      await until("the good-bye", () => live.told.some((told) => told.type === "bye" && told.reason === "revoked") || null)
    } finally {
      delete overrides.now
      await ok(admin("PATCH", `/api/projects/${ticket.projectId}`, { visibility: "everyone" }))
    }
  })

  it("is closed to those who are not signed in", async () => {
    const { job } = await research()
    expect((await send(new Request(`${ORIGIN}/api/jobs/${job.id}/live`, { headers: { upgrade: "websocket" } }))).status).toBe(401)
  })
})

describe("retention", () => {
  it("moves an old log to object storage, where it is paged as before, and deletion takes it too", async () => {
    const { job, worker } = await running()
    await worker.events(Array.from({ length: 30 }, (_, index) => text(index + 1, `line ${index + 1} `)))
    await worker.result(30, succeeded)
    await settled(job.id)
    const before = await ok(admin<{ items: StoredEvent[] }>("GET", `/api/jobs/${job.id}/events`))
    const rows = () => runInDurableObject(rawJob(job.id), (_, { storage }) => storage.sql.exec("SELECT 1 FROM events").toArray().length)
    const columns = () => runInDurableObject(rawJob(job.id), (_, { storage }) => storage.sql.exec("PRAGMA table_info(events)").toArray())
    const shape = await columns()
    try {
      overrides.now = () => Date.now() + CLOCKS.retentionMs.ms + 1000
      await jobObject(env, job.id).poke()
      await until("an empty log", async () => (await rows()) === 0 || null)
      expect(await columns()).toEqual(shape)
    } finally {
      delete overrides.now
    }
    expect((await env.BUCKET.list({ prefix: `logs/${job.id}/` })).objects.length).toBe(1)
    expect(await ok(admin("GET", `/api/jobs/${job.id}/events`))).toEqual(before)
    const page = await ok(admin<{ items: StoredEvent[]; nextCursor: string }>("GET", `/api/jobs/${job.id}/events?after=10&limit=5`))
    expect([page.items.map(({ seq }) => seq), page.nextCursor]).toEqual([[11, 12, 13, 14, 15], "15"])
    expect((await admin("DELETE", `/api/jobs/${job.id}`)).status).toBe(200)
    expect((await env.BUCKET.list({ prefix: `logs/${job.id}/` })).objects).toEqual([])
  })
})

describe("a job that waits", () => {
  it("says why and where it stands, and goes on when the installation does", async () => {
    await ok(admin("PATCH", "/api/settings", { paused: true }))
    const { job } = await research()
    const next = await research()
    expect((await read(job.id)).queue).toEqual({ reason: "the installation is paused", position: 1 })
    expect((await read(next.job.id)).queue).toEqual({ reason: "the installation is paused", position: 2 })
    await ok(admin("POST", `/api/jobs/${next.job.id}/cancellation`, {}))
    expect(await settled(next.job.id)).toMatchObject({ status: "cancelled", evidence: { signalled: false, proven: true } })
    await ok(admin("PATCH", "/api/settings", { paused: false }))
    const worker = await fakeWorker(await launchOf(host, job.id))
    await worker.claim()
    await worker.result(0, succeeded)
    expect((await settled(job.id)).status).toBe("succeeded")
    expect(host.calls.some(({ id }) => id.includes(next.job.id))).toBe(false)
  })

  it("never runs beyond a cap: of two on a clanker with one slot the second waits for the first", async () => {
    const own = await createStage(admin, "One slot")
    await ok(admin("PATCH", `/api/clankers/${own.clanker.id}`, { maxConcurrency: 1 }))
    const [first, second] = [await startResearch(admin, own.project.id), await startResearch(admin, own.project.id)]
    const worker = await fakeWorker(await launchOf(host, first.job.id))
    await worker.claim()
    expect((await read(second.job.id)).queue).toEqual({ reason: "all slots of the clanker are taken", position: 1 })
    await worker.result(0, succeeded)
    expect(await launchOf(host, second.job.id)).toBeTruthy()
    await ok(admin("POST", `/api/jobs/${second.job.id}/cancellation`, {}))
  })
})

describe("a retry", () => {
  it("makes a new job that names the old one and asks for the same; only a failed or cancelled job has one", async () => {
    const { job, worker } = await running()
    expect((await admin("POST", `/api/jobs/${job.id}/retries`, {})).body.error.code).toBe("job.not-retryable")
    await worker.result(0, { status: "failed", failure: { kind: "no-document" } })
    await settled(job.id)
    const { job: again } = await ok(admin<{ job: Job }>("POST", `/api/jobs/${job.id}/retries`, { additionalContext: "Look at the tests." }))
    expect(again).toMatchObject({ retryOf: job.id, kind: "research", ticketId: job.ticketId })
    expect((await ok(admin<{ prompt: string }>("GET", `/api/jobs/${again.id}/prompt`))).prompt).toContain("Look at the tests.")
    expect((await admin("POST", `/api/jobs/${job.id}/retries`, {})).body.error.code).toBe("ticket.job-unfinished")
    const second = await fakeWorker(await launchOf(host, again.id))
    await second.claim()
    await second.result(0, { status: "failed", failure: { kind: "no-document" } })
    await settled(again.id)
    const { job: third } = await ok(admin<{ job: Job }>("POST", `/api/jobs/${again.id}/retries`, {}))
    expect((await ok(admin<{ prompt: string }>("GET", `/api/jobs/${third.id}/prompt`))).prompt).toContain("Look at the tests.")
    await ok(admin("POST", `/api/jobs/${third.id}/cancellation`, {}))
  })
})

describe("secrets of a job", () => {
  it("that cannot be decrypted end it by name, before any work", async () => {
    const own = await createStage(admin, "Broken secret")
    await env.DB.prepare("UPDATE secrets SET sealed = replace(sealed, 'v1.k1.', 'v1.gone.') WHERE id = ?").bind(own.secret.id).run()
    const { job } = await startResearch(admin, own.project.id)
    const worker = await fakeWorker(await launchOf(host, job.id))
    expect((await worker.claim()).body.error.code).toBe("already-ended")
    expect((await settled(job.id)).failure).toMatchObject({ kind: "secret-missing", names: ["OPENAI_API_KEY"] })
  })

  it("of location env are looked for where the worker runs", async () => {
    const own = await createStage(admin, "Env secret")
    const extra = await ok(
      admin<{ id: string }>("POST", "/api/secrets", { name: "FROM_THE_MACHINE", location: "env", projectId: own.project.id }),
    )
    await ok(admin("PATCH", `/api/clankers/${own.clanker.id}`, { secretIds: [own.secret.id, extra.id] }))
    await ok(admin("PUT", `/api/clankers/${own.clanker.id}/deployment`, {}))
    await until(
      "the new revision",
      async () => (await ok(admin<{ servingRevision: number }>("GET", `/api/clankers/${own.clanker.id}`))).servingRevision === 2 || null,
    )
    const { job } = await startResearch(admin, own.project.id)
    const claim = await (await fakeWorker(await launchOf(host, job.id))).claim()
    expect(claim.body.secrets).toContainEqual({ name: "FROM_THE_MACHINE", use: "agent", from: "env" })
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
  })
})

describe("a host that says nothing for a while", () => {
  it("is asked before it counts as away, and its jobs wait with that reason when it does not answer", async () => {
    const quiet = await connectHost(admin)
    const own = await createStage(admin, "Quiet", {}, { computeType: "docker", hostId: quiet.id })
    try {
      overrides.now = () => Date.now() + 80_000
      const { job } = await startResearch(admin, own.project.id)
      expect(await launchOf(quiet, job.id)).toBeTruthy()
      expect(quiet.calls.some(({ verb }) => verb === "ping")).toBe(true)
      // Its answer must not arrive after the clock is moved: it would count as a word from then.
      await until("the answer", async () => (await hostObject(env, quiet.id).inspect(job.id, 1)).state === "running" || null)
      overrides.now = () => Date.now() + 200_000
      const { job: waiting } = await startResearch(admin, own.project.id)
      await until("the reason", async () => (await read(waiting.id)).queue?.reason.includes("is not connected") || null)
    } finally {
      delete overrides.now
    }
  })
})

describe("a host that has no slot free yet", () => {
  it("is asked again, and the worker starts at the next try of the same attempt", async () => {
    const full = await connectHost(admin, { refuseRuns: 2 })
    const own = await createStage(admin, "Full", {}, { computeType: "docker", hostId: full.id })
    const { job } = await startResearch(admin, own.project.id)
    const tries = () => full.calls.filter(({ verb, id }) => verb === "run" && id.includes(job.id))
    await until("the third try", () => tries().length === 3 || null, 15_000)
    const worker = await fakeWorker(await launchOf(full, job.id))
    expect((await worker.claim()).status).toBe(200)
    await worker.result(0, succeeded)
    expect(await settled(job.id)).toMatchObject({ status: "succeeded", attempt: 1 })
  })
})

describe("a large log", () => {
  it("is paged by its bytes, read as a stream, and sends a late viewer to the pages", async () => {
    const { job, worker } = await running()
    for (let batch = 0; batch < 4; batch++)
      await worker.events(
        Array.from({ length: 10 }, (_, index) => text(batch * 10 + index + 1, `${batch * 10 + index + 1}:${"x".repeat(60_000)}\n`)),
      )
    const seqs: number[] = []
    for (let after: string | null = "0"; after !== null;) {
      const page: { items: StoredEvent[]; nextCursor: string | null } = await ok(
        admin<{ items: StoredEvent[]; nextCursor: string | null }>("GET", `/api/jobs/${job.id}/events?after=${after}&limit=1000`),
      )
      expect(JSON.stringify(page).length).toBeLessThan(1_200_000)
      seqs.push(...page.items.map(({ seq }) => seq))
      after = page.nextCursor
    }
    expect(seqs).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
    const log = (await admin<string>("GET", `/api/jobs/${job.id}/log`)).body
    expect(log.match(/^\d+:/gm)?.map((head) => Number.parseInt(head))).toEqual(seqs)
    const late = await watch(job.id, 0)
    await until("the good-bye", () => late.told.some((told) => told.type === "bye" && told.reason === "behind") || null)
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
  })
})

describe("a job", () => {
  it("that has ended can be deleted, and leaves nothing", async () => {
    const { job } = await research()
    expect((await admin("DELETE", `/api/jobs/${job.id}`)).body).toMatchObject({ error: { code: "job.not-ended" } })
    const worker = await fakeWorker(await launchOf(host, job.id))
    await worker.claim()
    expect((await caller(worker.session)("PUT", `/worker/v1/jobs/${job.id}/artifacts/patch.diff`, "diff")).status).toBe(200)
    await worker.result(0, succeeded)
    await settled(job.id)
    expect(await env.BUCKET.head(`artifacts/${job.id}/1/patch.diff`)).not.toBeNull()
    expect((await admin("DELETE", `/api/jobs/${job.id}`)).status).toBe(200)
    expect((await admin("GET", `/api/jobs/${job.id}`)).status).toBe(404)
    expect(await env.BUCKET.head(`artifacts/${job.id}/1/patch.diff`)).toBeNull()
  })

  it("keeps no secret after its end, and never shows one", async () => {
    const { job, worker } = await running()
    await worker.result(0, succeeded)
    await settled(job.id)
    const dump = await runInDurableObject(rawJob(job.id), (_, state) => {
      const tables = state.storage.sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'")
        .toArray()
      return JSON.stringify(tables.map(({ name }) => state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray()))
    })
    expect(dump).toContain(job.id)
    expect(dump).not.toContain("value-of-Jobs")
    expect(dump).not.toContain("v1.k1.")
  })
})

async function watch(jobId: string, after: number, acks = true, token = adminToken) {
  const response = await send(
    new Request(`${ORIGIN}/api/jobs/${jobId}/live?after=${after}`, {
      headers: { upgrade: "websocket", authorization: `Bearer ${token}` },
    }),
  )
  const socket = response.webSocket
  if (!socket) throw new Error(`no socket: ${response.status}`)
  socket.accept()
  const told: LiveTold[] = []
  socket.addEventListener("message", ({ data }) => {
    const message: LiveTold = JSON.parse(String(data))
    told.push(message)
    const last = message.type === "events" ? message.items.at(-1) : null
    if (acks && last) socket.send(JSON.stringify({ type: "ack", seq: last.seq }))
  })
  return { told, seqs: () => told.flatMap((message) => (message.type === "events" ? message.items.map(({ seq }) => seq) : [])) }
}
