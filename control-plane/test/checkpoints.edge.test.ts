import { runInDurableObject } from "cloudflare:test"
import { afterEach, beforeAll, describe, expect, it } from "vitest"
import type { ErrorReply } from "#contract/errors.ts"
import { CLOCKS, type Job } from "#contract/jobs.ts"
import type { Ticket } from "#contract/tickets.ts"
import { ARTIFACT_LIMITS, type ClaimReply } from "#contract/worker.ts"
import { overrides } from "../context.ts"
import { jobObject } from "../jobs/stub.ts"
import { brokenDatabase } from "./broken-database.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  type FakeHost,
  type FakeWorker,
  fakeWorker,
  launchOf,
  ok,
  ORIGIN,
  rawJob,
  send,
  setUp,
  startResearch,
  text,
  until,
} from "./harness.ts"

// What a worker keeps of its work, and who gets it: the next attempt and the job that tries again, nobody else.

let admin: Caller
let host: FakeHost
let projectId: string
let clankerId: string
beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  host = await connectHost(admin, { slots: 50 })
  const stage = await createStage(admin, "Checkpoints")
  projectId = stage.project.id
  clankerId = stage.clanker.id
  await ok(admin("PATCH", `/api/clankers/${clankerId}`, { maxConcurrency: 50 }))
})
afterEach(() => void delete overrides.database)

const settled = (id: string) =>
  until(`the end of ${id}`, async () => {
    const job = await ok(admin<Job>("GET", `/api/jobs/${id}`))
    return job.settled ? job : null
  })
const put = ({ session }: FakeWorker, jobId: string, name: string, body: string) =>
  caller(session)("PUT", `/worker/v1/jobs/${jobId}/artifacts/${name}`, body)
const get = ({ session }: FakeWorker, jobId: string, part: string) =>
  caller(session)<string & ErrorReply>("GET", `/worker/v1/jobs/${jobId}/resume/${part}`)
const kept = (seq: number, more: object = {}) => ({
  ...{ seq, at: new Date(0).toISOString(), kind: "checkpoint", artifact: "checkpoint-a.bundle", commit: "61a0430" },
  ...{ agentState: "agent-state-a", agentVersion: "1.18.33", ...more },
})

/** A worker of the job's attempt that has claimed it. */
async function working(jobId: string, attempt = 1): Promise<{ worker: FakeWorker; reply: ClaimReply }> {
  const worker = await fakeWorker(await launchOf(host, jobId, attempt), `${attempt}`.repeat(64))
  return { worker, reply: await ok(worker.claim()) }
}

/** An attempt that has left a checkpoint: two files and the word about them. */
async function leaves({ jobId, attempt = 1, mark = "one", more = {} }: { jobId: string; attempt?: number; mark?: string; more?: object }) {
  const { worker, reply } = await working(jobId, attempt)
  expect((await put(worker, jobId, "checkpoint-a.bundle", `bundle ${mark}`)).status).toBe(200)
  expect((await put(worker, jobId, "agent-state-a", `state ${mark}`)).status).toBe(200)
  expect((await worker.events([kept(1, more)])).body).toMatchObject({ acked: 1 })
  return { worker, reply }
}
const lost = (jobId: string, attempt = 1) => jobObject(env, jobId).reported({ kind: "stopped", attempt, reason: "SIGKILL", oom: false })
const retry = async (jobId: string, body: object = {}) => (await ok(admin<{ job: Job }>("POST", `/api/jobs/${jobId}/retries`, body))).job

/** A ticket whose plan is approved, with its execution under way. */
async function startExecution(): Promise<Job> {
  const ticket = await ok(admin<Ticket>("POST", "/api/tickets", { projectId, title: "To be done" }))
  for (const phase of ["research", "planning"]) {
    const path = `/api/tickets/${ticket.id}/phases/${phase}/document`
    await ok(admin("PUT", path, { content: `# ${phase}`, baseRevision: 0 }))
    await ok(admin("PUT", `${path}/approval`, { state: "approved", revision: 1 }))
  }
  return (await ok(admin<{ job: Job }>("POST", `/api/tickets/${ticket.id}/phases/execution/runs`, {}))).job
}

describe("the second attempt", () => {
  it("is told of the newest checkpoint of the first, and reads it by its own token, without the database", async () => {
    const { job } = await startResearch(admin, projectId)
    const { worker, reply } = await leaves({ jobId: job.id, mark: "old" })
    expect(reply.payload.resume).toBeUndefined()
    expect((await get(worker, job.id, "checkpoint")).body.error.code).toBe("not-found")
    await put(worker, job.id, "checkpoint-b.bundle", "bundle new")
    await worker.events([kept(2, { artifact: "checkpoint-b.bundle" })])
    await lost(job.id)
    const second = await working(job.id, 2)
    expect(second.reply.payload.resume).toEqual({
      startAt: "clone",
      checkpoint: "checkpoint-b.bundle",
      agentState: "agent-state-a",
      agentVersion: "1.18.33",
    })
    expect(second.reply.stateKeys).toEqual({ seal: reply.stateKeys?.seal, open: reply.stateKeys?.seal })
    overrides.database = brokenDatabase("fails")
    expect((await get(second.worker, job.id, "checkpoint")).body).toBe("bundle new")
    expect((await get(second.worker, job.id, "agent-state")).body).toBe("state old")
    expect((await get(second.worker, job.id, "anything")).status).toBe(422)
  })

  it("goes on from the first one's checkpoint also after it has left its own", async () => {
    const { job } = await startResearch(admin, projectId)
    await leaves({ jobId: job.id, mark: "first" })
    await lost(job.id)
    const { worker } = await leaves({ jobId: job.id, attempt: 2, mark: "second" })
    expect((await get(worker, job.id, "checkpoint")).body).toBe("bundle first")
    await worker.result(1, { status: "failed", failure: { kind: "agent-failed", exitCode: 1 } })
    await settled(job.id)
    const { worker: third, reply } = await working((await retry(job.id)).id)
    expect(reply.payload.resume?.checkpoint).toBe("checkpoint-a.bundle")
    expect(reply.payload.job.folder).toBe(job.id)
    expect((await get(third, reply.payload.job.id, "checkpoint")).body).toBe("bundle second")
  })

  it("begins at the push when the agent had ended well", async () => {
    const job = await startExecution()
    await leaves({ jobId: job.id, more: { finished: true } })
    await lost(job.id)
    expect((await working(job.id, 2)).reply.payload.resume).toMatchObject({ startAt: "commit-and-push", checkpoint: "checkpoint-a.bundle" })
  })

  it("without a checkpoint begins from the remote branch", async () => {
    const { job } = await startResearch(admin, projectId)
    const { worker } = await working(job.id)
    await worker.events([text(1, "x")])
    await lost(job.id)
    expect((await working(job.id, 2)).reply.payload.resume).toEqual({ startAt: "clone" })
  })
})

describe("a job that tries again", () => {
  const failing = async (failure: object, more: object = {}) => {
    const job = await startExecution()
    const { worker, reply } = await leaves({ jobId: job.id, more })
    await ok(
      caller(worker.session)("POST", `/worker/v1/jobs/${job.id}/result`, {
        attempt: 1,
        lastSeq: 1,
        outcome: { status: "failed", failure },
      }),
    )
    await settled(job.id)
    return { job, key: reply.stateKeys?.seal, worker }
  }

  it("reads what the former one left, with the former one's key and a new one of its own", async () => {
    const { job, key } = await failing({ kind: "tests-failed", command: "npm test" }, { finished: true })
    const again = await retry(job.id)
    const { worker, reply } = await working(again.id)
    expect(reply.payload.resume).toEqual({ checkpoint: "checkpoint-a.bundle", agentState: "agent-state-a", agentVersion: "1.18.33" })
    expect(reply.stateKeys).toEqual({ seal: expect.stringMatching(/^[0-9a-f]{64}$/), open: key })
    expect(reply.stateKeys?.seal).not.toBe(key)
    overrides.database = brokenDatabase("hangs")
    expect((await get(worker, again.id, "checkpoint")).body).toBe("bundle one")
    expect((await get(worker, again.id, "agent-state")).body).toBe("state one")
  })

  it("nobody else reads it: not another job's worker, not an older attempt's, not a person", async () => {
    const { job, worker: former } = await failing({ kind: "no-changes" })
    const again = await retry(job.id)
    const { worker } = await working(again.id)
    const { job: stranger } = await startResearch(admin, projectId)
    const { worker: other } = await working(stranger.id)
    expect((await get(other, again.id, "checkpoint")).status).toBe(403)
    expect((await get(other, job.id, "checkpoint")).status).toBe(403)
    expect((await get(worker, job.id, "checkpoint")).status).toBe(403)
    expect((await get(other, stranger.id, "checkpoint")).status).toBe(404)
    expect((await get(former, job.id, "checkpoint")).body.error.code).toBe("already-ended")
    const path = `/worker/v1/jobs/${again.id}/resume/checkpoint`
    expect((await caller(`vs_${again.id}_1_${"f".repeat(64)}`)("GET", path)).status).toBe(401)
    expect((await admin("GET", path)).status).toBe(401)
    for (const name of ["checkpoint-a.bundle", "agent-state-a"])
      expect((await admin("GET", `/api/jobs/${job.id}/artifacts/${name}`)).status).toBe(422)
    await lost(again.id)
    await working(again.id, 2)
    expect((await get(worker, again.id, "checkpoint")).body.error.code).toBe("attempt.stale")
  })

  it.each([
    [{ kind: "push-rejected" }, {}, { startAt: "commit-and-push", checkpoint: "checkpoint-a.bundle" }],
    [
      { kind: "lfs-failed", reason: "not-enabled", step: "commit-and-push" },
      {},
      { startAt: "commit-and-push", checkpoint: "checkpoint-a.bundle" },
    ],
    [{ kind: "pull-request-rejected", status: 422 }, {}, { startAt: "open-pull-request", checkpoint: "checkpoint-a.bundle" }],
    [{ kind: "agent-failed", exitCode: 1 }, {}, { checkpoint: "checkpoint-a.bundle", agentState: "agent-state-a" }],
  ])("after %j resumes there", async (failure, body, resume) => {
    const { job } = await failing(failure)
    const { reply } = await working((await retry(job.id, body)).id)
    expect(reply.payload.resume).toMatchObject(resume)
  })

  it("lets the agent work when it has been told something new, and begins anew when that is wanted", async () => {
    const { job } = await failing({ kind: "push-rejected" })
    const told = await retry(job.id, { additionalContext: "Use the other file." })
    const { worker, reply } = await working(told.id)
    expect(reply.payload.resume).toEqual({ checkpoint: "checkpoint-a.bundle", agentState: "agent-state-a", agentVersion: "1.18.33" })
    await worker.result(0, { status: "failed", failure: { kind: "no-changes" } })
    await settled(told.id)
    // It left nothing of its own: what it went on from is still the newest.
    const third = await retry(told.id)
    const later = await working(third.id)
    expect(later.reply.payload.resume?.checkpoint).toBe("checkpoint-a.bundle")
    expect(later.reply.payload.job.folder).toBe(job.id)
    expect((await get(later.worker, third.id, "checkpoint")).body).toBe("bundle one")
    await later.worker.result(0, { status: "failed", failure: { kind: "no-changes" } })
    await settled(third.id)
    const { reply: fresh } = await working((await retry(third.id, { fresh: true })).id)
    expect(fresh.payload.resume).toBeUndefined()
    expect(fresh.payload.job.folder).toBeUndefined()
  })

  it("with another agent gets the files and not the session", async () => {
    const { job } = await failing({ kind: "agent-failed", exitCode: 1 })
    const secret = await ok(
      admin<{ id: string }>("POST", "/api/secrets", {
        name: "ANTHROPIC_API_KEY",
        location: "database",
        value: "anthropic-0123456789",
        projectId,
      }),
    )
    const body = { name: "another", agent: "claude-code", deploymentConfig: { computeType: "docker" }, secretIds: [secret.id] }
    const { id } = await ok(admin<{ id: string }>("POST", "/api/clankers", body))
    await ok(admin("PUT", `/api/clankers/${id}/deployment`, {}))
    await until(
      "an active clanker",
      async () => (await ok(admin<{ status: string }>("GET", `/api/clankers/${id}`))).status === "active" || null,
    )
    const { reply } = await working((await retry(job.id, { clankerId: id })).id)
    expect(reply.payload.resume).toEqual({ checkpoint: "checkpoint-a.bundle" })
  })

  it("finds nothing when the former one was deleted", async () => {
    const { job } = await failing({ kind: "no-changes" })
    const again = await retry(job.id)
    expect((await admin("DELETE", `/api/jobs/${job.id}`)).status).toBe(200)
    for (const name of ["checkpoint-a.bundle", "agent-state-a"]) expect(await env.BUCKET.head(`artifacts/${job.id}/1/${name}`)).toBeNull()
    const { worker } = await working(again.id)
    expect(await get(worker, again.id, "checkpoint")).toMatchObject({ status: 404, body: { error: { code: "not-found" } } })
  })

  it("finds nothing either once the log has left the former one's object", async () => {
    const { job } = await failing({ kind: "no-changes" })
    try {
      overrides.now = () => Date.now() + CLOCKS.retentionMs.ms + 1000
      await jobObject(env, job.id).poke()
      await until("the bucket without it", async () => (await env.BUCKET.head(`artifacts/${job.id}/1/checkpoint-a.bundle`)) === null)
    } finally {
      delete overrides.now
    }
    expect(await env.BUCKET.head(`artifacts/${job.id}/1/agent-state-a`)).toBeNull()
    const listed = await ok(admin<{ items: { name: string }[] }>("GET", `/api/jobs/${job.id}/artifacts`))
    expect(listed.items).toEqual([])
    expect((await working((await retry(job.id)).id)).reply.payload.resume).toBeUndefined()
  })
})

describe("what is uploaded", () => {
  it("is one file by its name, however often, and a large one goes to the bucket as it comes", { timeout: 60_000 }, async () => {
    const { job } = await startResearch(admin, projectId)
    const { worker } = await working(job.id)
    for (let n = 0; n <= ARTIFACT_LIMITS.count; n++)
      expect((await put(worker, job.id, "checkpoint-a.bundle", `bundle ${n}`)).status).toBe(200)
    const large = new Uint8Array(ARTIFACT_LIMITS.bytes + 1).fill(7)
    const upload = (name: string, size = large.byteLength) =>
      send(
        new Request(`${ORIGIN}/worker/v1/jobs/${job.id}/artifacts/${name}`, {
          method: "PUT",
          headers: { authorization: `Bearer ${worker.session}`, "content-length": String(size) },
          body: large,
        }),
      )
    const stored = await upload("checkpoint-b.bundle")
    expect([stored.status, await stored.text()]).toEqual([200, `{"name":"checkpoint-b.bundle","size":${large.byteLength}}`])
    expect((await env.BUCKET.head(`artifacts/${job.id}/1/checkpoint-b.bundle`))?.size).toBe(large.byteLength)
    expect((await upload("agent-state-a")).status).toBe(413)
    expect((await upload("checkpoint-a.bundle", ARTIFACT_LIMITS.checkpointBytes + 1)).status).toBe(413)
    const rows = await runInDurableObject(rawJob(job.id), (_, { storage }) =>
      storage.sql.exec<{ name: string; size: number }>("SELECT name, size FROM artifacts ORDER BY name").toArray(),
    )
    expect(rows).toEqual([
      { name: "checkpoint-a.bundle", size: `bundle ${ARTIFACT_LIMITS.count}`.length },
      { name: "checkpoint-b.bundle", size: large.byteLength },
    ])
  })
})
