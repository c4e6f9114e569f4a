import { beforeAll, describe, expect, it } from "vitest"
import type { Clanker, ClankerRevisionWithContents } from "#contract/clankers.ts"
import type { ErrorReply } from "#contract/errors.ts"
import type { Job } from "#contract/jobs.ts"
import type { Secret } from "#contract/secrets.ts"
import type { Ticket } from "#contract/tickets.ts"
import {
  type Answer,
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
  startResearch,
  until,
} from "./harness.ts"

let admin: Caller
let host: FakeHost
beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  host = await connectHost(admin, { slots: 20, lacks: ["missing:latest"] })
})

const docker = { computeType: "docker" }
const read = ({ id }: { id: string }) => ok(admin<Clanker>("GET", `/api/clankers/${id}`))
const readJob = (id: string) => ok(admin<Job>("GET", `/api/jobs/${id}`))
const start = ({ id }: { id: string }, body: object = {}) => ok(admin<Clanker>("PUT", `/api/clankers/${id}/deployment`, body))
const settled = (clanker: { id: string }) =>
  until("the end of the start", async () => {
    const seen = await read(clanker)
    return seen.status === "deploying" ? null : seen
  })
const restart = async (clanker: { id: string }, body: object = {}) => {
  await start(clanker, body)
  return settled(clanker)
}
const edit = ({ id }: { id: string }, change: object) => ok(admin<Clanker>("PATCH", `/api/clankers/${id}`, change))
const deactivate = ({ id }: { id: string }) => ok(admin<Clanker>("DELETE", `/api/clankers/${id}/deployment`))
const run = async (projectId: string) => (await startResearch(admin, projectId)).job
const end = async (job: Job, said: object = {}) => {
  const worker = await fakeWorker(await launchOf(host, job.id))
  await worker.claim()
  await worker.result(0, { status: "succeeded", ...said })
  await until("the job's end", async () => ((await readJob(job.id)).settled ? true : null))
}
const finish = (job: Job) => end(job, { document: "# Found" })

describe("the configurations that the product was asked for with", () => {
  // Word for word as the page on clankers prints them, ellipses included.
  const LAMBDA = `{
  "computeType": "lambda",
  "imageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker:dev-latest",
  "timeout": 900,
  "memorySize": 3008,
  "vpcConfig": {
    "subnetIds": ["subnet-..."],
    "securityGroupIds": ["sg-..."]
  }
}`
  const ECS = `{
  "computeType": "ecs",
  "cluster": "arn:aws:ecs:eu-west-1:123456789012:cluster/dev-viberglass-worker-cluster-9821611",
  "taskDefinitionArn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/viberator-worker-claude-code-ecs:2",
  "taskFamily": "viberator-worker-claude-code-ecs",
  "launchType": "FARGATE",
  "cpu": 1024,
  "memory": 2048,
  "containerImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker-multi-agent"
}`
  const DOCKER = `{
  "computeType": "docker",
  "containerImage": "viberator-worker:latest",
  "networkMode": "bridge"
}`
  it.each([
    ["aws_lambda_container", LAMBDA],
    ["aws_ecs", ECS],
    ["docker", DOCKER],
  ])("are taken as they stand: %s, and read back as they were", async (strategy, block) => {
    const made = await ok(admin<Clanker>("POST", "/api/clankers", `{"name":"Seed ${strategy}","deploymentConfig":${block}}`))
    expect(made).toMatchObject({ status: "inactive", strategy, acceptsJobs: false, deployment: null, deployedRevision: null })
    expect(made.deploymentConfig).toMatchObject(JSON.parse(block))
    const again = await edit(made, { deploymentConfig: made.deploymentConfig })
    expect(again).toMatchObject({ revision: 1, deploymentConfig: made.deploymentConfig })
  })

  it("are taken in the other spellings, too", async () => {
    const config = { computeType: "ecs", clusterArn: "arn:aws:ecs:eu-west-1:123456789012:cluster/x", cpu: "512", memory: "1024" }
    const ecs = await ok(admin<Clanker>("POST", "/api/clankers", { name: "Spelled", deploymentConfig: config }))
    expect(ecs.deploymentConfig).toMatchObject({ cluster: config.clusterArn, cpu: 512, memory: 1024 })
    const vpc = { subnetIds: ["subnet-..."], securityGroupIds: ["sg-..."] }
    const lambda = await ok(admin<Clanker>("POST", "/api/clankers", { name: "Spelled", deploymentConfig: { computeType: "lambda", vpc } }))
    expect(lambda.deploymentConfig).toMatchObject({ vpcConfig: vpc })
  })
})

describe("a clanker's life", () => {
  it("an edit waits for a start, jobs use what is deployed, a failed start changes nothing, and one goes back by number", async () => {
    const { clanker, project } = await createStage(admin, "Lived")
    await edit(clanker, { maxConcurrency: 20 })
    expect(await edit(clanker, { deploymentConfig: { ...docker, containerImage: "worker:2" } })).toMatchObject({
      revision: 2,
      changesPending: true,
    })
    expect((await run(project.id)).clankerRevision).toBe(1)
    const second = await restart(clanker)
    expect(second).toMatchObject({
      status: "active",
      servingRevision: 2,
      changesPending: false,
      deployment: { facts: { image: "worker:2" } },
    })
    expect(second.deployment?.steps.map(({ name, state }) => [name, state])).toEqual([
      ["find host", "done"],
      ["check image", "done"],
    ])
    expect((await run(project.id)).clankerRevision).toBe(2)

    await edit(clanker, { deploymentConfig: { ...docker, containerImage: "missing:latest" } })
    const failed = await restart(clanker)
    expect(failed).toMatchObject({
      status: "failed",
      acceptsJobs: true,
      servingRevision: 2,
      changesPending: true,
      deployment: { facts: { image: "worker:2" } },
    })
    expect(failed.statusMessage).toContain("no such image")
    expect(failed.deployment?.steps.at(-1)).toMatchObject({ name: "check image", state: "failed", message: failed.statusMessage })
    expect((await run(project.id)).clankerRevision).toBe(2)

    expect(await restart(clanker, { revision: 1 })).toMatchObject({
      status: "active",
      servingRevision: 1,
      statusMessage: null,
      changesPending: true,
    })
    expect((await run(project.id)).clankerRevision).toBe(1)
    expect((await admin("PUT", `/api/clankers/${clanker.id}/deployment`, { revision: 9 })).status).toBe(404)
  })

  it("a start of what is active looks its image up anew", async () => {
    const { clanker } = await createStage(admin, "Looked up")
    const asked = () => host.calls.filter(({ verb }) => verb === "image").length
    const before = asked()
    await restart(clanker)
    expect(asked()).toBe(before + 1)
  })

  it("deactivated it takes no jobs, lets the running one end, and the queued one waits and says why", async () => {
    const { clanker, project } = await createStage(admin, "Paused")
    await edit(clanker, { maxConcurrency: 1 })
    const running = await run(project.id)
    await launchOf(host, running.id)
    const waiting = await run(project.id)
    const stopped = await deactivate(clanker)
    expect(stopped).toMatchObject({ status: "inactive", acceptsJobs: false, servingRevision: null, deployedRevision: 1 })
    // What stands outside stays, and can be seen.
    expect(stopped.deployment?.facts).toMatchObject({ image: "viberator-worker:latest" })
    expect(await deactivate(clanker)).toMatchObject({ status: "inactive" })
    const ticket = await ok(admin<Ticket>("POST", "/api/tickets", { projectId: project.id, title: "x" }))
    const refused = await admin("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {})
    expect([refused.status, refused.body.error.code]).toEqual([409, "clanker.not-active"])
    const chosen = await admin("POST", `/api/tickets/${ticket.id}/phases/research/runs`, { clankerId: clanker.id })
    expect(chosen.body.error.message).toContain(clanker.name)
    expect(await ok(admin("GET", `/api/projects/${project.id}/readiness`))).toMatchObject({
      ready: false,
      checks: expect.arrayContaining([
        expect.objectContaining({ code: "clanker.not-active", action: expect.stringContaining(clanker.name) }),
      ]),
    })
    await finish(running)
    expect((await readJob(running.id)).status).toBe("succeeded")
    expect(await readJob(waiting.id)).toMatchObject({ status: "queued", queue: { reason: "the clanker is not active" } })
    await restart(clanker)
    await finish(waiting)
  })

  it("deleted it is gone with its files, frees its slug, and names what stays; what it did keeps its name", async () => {
    const { clanker, project } = await createStage(admin, "Deleted")
    await restart(await edit(clanker, { files: [{ path: "skills/x.md", content: "# X" }] }))
    const job = await run(project.id)
    const remove = <T = ErrorReply>(): Promise<Answer<T>> => admin<T>("DELETE", `/api/clankers/${clanker.id}`)
    expect(await remove()).toMatchObject({ status: 409, body: { error: { code: "clanker.has-jobs", detail: { jobs: [job.id] } } } })
    await finish(job)
    expect((await remove()).body.error).toMatchObject({
      code: "clanker.in-use",
      detail: { projects: [{ id: project.id, name: project.name }] },
    })
    await ok(admin("PATCH", `/api/projects/${project.id}`, { defaultClankerId: null }))
    await deactivate(clanker)
    expect((await remove<{ remains: string[] }>()).body).toEqual({
      remains: ["The image viberator-worker:latest stays on the host test host."],
    })
    expect((await remove()).status).toBe(404)
    for (const table of ["clankers", "clanker_revisions", "clanker_config_files"]) {
      const column = table === "clankers" ? "id" : "clanker_id"
      expect(await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?`).bind(clanker.id).first("n")).toBe(0)
    }
    expect(await readJob(job.id)).toMatchObject({ clankerId: clanker.id, clanker: { name: clanker.name, slug: clanker.slug } })
    const { items } = await ok(admin<{ items: Job[] }>("GET", `/api/jobs?clankerId=${clanker.id}`))
    expect(items.map(({ clanker: kept }) => kept?.name)).toEqual([clanker.name])
    const next = await ok(admin<Clanker>("POST", "/api/clankers", { name: clanker.name, deploymentConfig: docker }))
    expect(next.slug).toBe(clanker.slug)
  })

  it("what is deployed is looked at again when somebody asks", async () => {
    const { clanker } = await createStage(admin, "Looked at")
    expect((await read(clanker)).deployment?.facts).not.toHaveProperty("hostConnected")
    const now = await ok(admin<Clanker>("GET", `/api/clankers/${clanker.id}/deployment?refresh=true`))
    expect(now.deployment?.facts).toMatchObject({ hostConnected: true, image: "viberator-worker:latest" })
    expect(now).toMatchObject({ status: "active", servingRevision: 1 })
    await until("the row", async () => (await read(clanker)).deployment?.facts["hostConnected"] === true)
    expect((await admin("GET", `/api/clankers/${clanker.id}/deployment?refresh=1`)).status).toBe(422)
  })
})

describe("a copy of a clanker", () => {
  it("has the newest revision, a name and a slug of its own, the same secrets, and was never deployed", async () => {
    const { clanker } = await createStage(admin, "Copied")
    const files = [{ path: "AGENTS.md", content: "Be kind." }]
    await edit(clanker, { files, agentSettings: { model: "m" }, maxConcurrency: 7, description: "For all" })
    const copy = await ok(admin<Clanker>("POST", `/api/clankers/${clanker.slug}/copies`, {}))
    expect(copy).toMatchObject({
      ...{ name: `Copy of ${clanker.name}`, slug: `${clanker.slug}-2`, description: "For all", revision: 1, maxConcurrency: 7 },
      ...{ status: "inactive", deployment: null, deployedRevision: null, selfTest: null, agentSettings: { model: "m" } },
      ...{ secretIds: clanker.secretIds, deploymentConfig: clanker.deploymentConfig, agent: "opencode" },
    })
    const stored = await ok(admin<ClankerRevisionWithContents>("GET", `/api/clankers/${copy.id}/revisions/1`))
    expect(stored.files).toMatchObject(files)
    const named = await ok(admin<Clanker>("POST", `/api/clankers/${clanker.id}/copies`, { name: "Another" }))
    expect([named.name, named.slug]).toEqual(["Another", "another"])
    expect((await admin("POST", `/api/clankers/${clanker.id}/copies`, { name: " " })).body.error.detail?.["fields"]).toHaveProperty("name")
    expect((await admin("POST", "/api/clankers/nobody/copies", {})).status).toBe(404)
    // The secret is in use by both, and the copy goes its own way.
    await edit(copy, { agentSettings: {} })
    expect((await read(clanker)).agentSettings).toEqual({ model: "m" })
    const { usedBy } = await ok(admin<Secret>("GET", `/api/secrets/${clanker.secretIds[0]}`))
    expect(usedBy.map(({ name }) => name).toSorted()).toEqual(["Another", clanker.name, copy.name].toSorted())
  })
})

describe("a clanker's self-test", () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await createStage(admin, "Tested")
  })
  const ask = <T = ErrorReply>(body: object = {}): Promise<Answer<T>> =>
    admin<T>("POST", `/api/clankers/${stage.clanker.slug}/self-tests`, body)
  const begin = async () => (await ok(ask<{ job: Job }>({ projectId: stage.project.id }))).job

  it("is a job without a repository or a ticket, and its end is kept on the clanker", async () => {
    const job = await begin()
    expect(job).toMatchObject({ kind: "self-test", projectId: stage.project.id, clankerRevision: 1 })
    expect(job).not.toHaveProperty("ticketId")
    expect((await read(stage.clanker)).selfTest).toMatchObject({ jobId: job.id, status: "running", revision: 1, endedAt: null })
    expect((await ask({ projectId: stage.project.id })).body.error).toMatchObject({
      code: "ticket.job-unfinished",
      detail: { jobId: job.id },
    })
    const worker = await fakeWorker(await launchOf(host, job.id))
    const { payload, secrets } = (await worker.claim()).body
    expect(payload).toMatchObject({
      job: { kind: "self-test" },
      prompt: expect.stringContaining("Phase: self-test"),
      limits: { maxExecutionMs: 300_000 },
    })
    expect(payload.repository).not.toHaveProperty("pullRequest")
    expect(secrets.map(({ name, use, from }) => [name, use, from])).toEqual([["OPENAI_API_KEY", "agent", "value"]])
    await worker.result(0, { status: "succeeded", summary: "I am ready.", agentVersion: "1.18.33" })
    const { selfTest } = await until("the result", async () => {
      const seen = await read(stage.clanker)
      return seen.selfTest?.status === "succeeded" ? seen : null
    })
    expect(selfTest).toMatchObject({
      jobId: job.id,
      agentVersion: "1.18.33",
      answer: "I am ready.",
      failure: null,
      seconds: expect.any(Number),
    })
  })

  it("says in words why it failed, and can be tried again from the job", async () => {
    const job = await begin()
    const worker = await fakeWorker(await launchOf(host, job.id))
    await worker.claim()
    await worker.result(0, { status: "failed", failure: { kind: "agent-not-installed", agent: "opencode" } })
    const { selfTest } = await until("the result", async () => {
      const seen = await read(stage.clanker)
      return seen.selfTest?.status === "failed" ? seen : null
    })
    expect(selfTest?.failure).toEqual({
      kind: "agent-not-installed",
      message: "The agent's CLI (opencode) is not installed where the worker runs.",
      advice: expect.stringContaining("image"),
    })
    const { job: again } = await ok(admin<{ job: Job }>("POST", `/api/jobs/${job.id}/retries`, {}))
    expect(again).toMatchObject({ kind: "self-test", retryOf: job.id, projectId: stage.project.id })
    await end(again)
    await until("the result", async () => (await read(stage.clanker)).selfTest?.status === "succeeded")
    // A job that is deleted takes nothing of what is known with it.
    await ok(admin("DELETE", `/api/jobs/${job.id}`))
    expect((await read(stage.clanker)).selfTest?.jobId).toBe(again.id)
  })

  it("uses no project's secrets unless that project is named, and says which would do", async () => {
    const { status, body } = await ask()
    expect([status, body.error.code]).toEqual([409, "clanker.secrets-missing"])
    expect(body.error.detail).toMatchObject({ projectIds: [stage.project.id] })
    expect(body.error.message).toContain("name that project")
    expect((await ask({ projectId: "prj_00000000000000000000000000000000" })).body.error.detail?.["fields"]).toEqual({
      projectId: "names no project",
    })
    const shared = await ok(
      admin<Secret>("POST", "/api/secrets", { name: "OPENAI_API_KEY", location: "database", value: "of-all-0123456789" }),
    )
    await restart(await edit(stage.clanker, { secretIds: [...stage.clanker.secretIds, shared.id] }))
    const { job } = await ok(ask<{ job: Job }>())
    expect(job.projectId).toBeNull()
    expect((await ok(admin<{ items: Job[] }>("GET", "/api/jobs?kind=self-test"))).items.map(({ id }) => id)).toContain(job.id)
    const member = caller((await createUser("member")).token)
    expect((await ok(member<Job>("GET", `/api/jobs/${job.id}`))).id).toBe(job.id)
    await end(job)
  })

  it("needs a clanker that takes jobs, and somebody who may write", async () => {
    const viewer = caller((await createUser("viewer")).token)
    expect((await viewer("POST", `/api/clankers/${stage.clanker.id}/self-tests`, {})).status).toBe(403)
    expect((await admin("POST", "/api/clankers/nobody/self-tests", {})).status).toBe(404)
    await deactivate(stage.clanker)
    expect((await ask()).body.error.code).toBe("clanker.not-active")
  })
})
