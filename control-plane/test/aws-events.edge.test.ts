import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { CLOCKS, type Job } from "#contract/jobs.ts"
import { overrides } from "../context.ts"
import { idle } from "./clock.ts"
import {
  ACCOUNT,
  CLUSTER,
  fakeAws,
  type FakeAws,
  identity,
  leaveAws,
  refusal,
  REGION,
  runTaskOf,
  TASK_ARN,
  taskThat,
  useAws,
} from "./fake-aws.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  fakeWorker,
  jobObjectIds,
  logged,
  ok,
  rawJob,
  setUp,
  type Stage,
  startResearch,
  until,
} from "./harness.ts"

// What EventBridge tells of tasks: POST /hooks/aws.

const [OLD, NEW] = ["o".repeat(32), "n".repeat(40)]
let admin: Caller
let aws: FakeAws
let stage: Stage

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  await connectHost(admin)
  aws = fakeAws()
  configure([NEW])
  stage = await createStage(admin, "Events", {}, { computeType: "ecs", containerImage: "registry.test/worker:1" })
  await ok(admin("PATCH", `/api/clankers/${stage.clanker.id}`, { maxConcurrency: 20 }))
})
/** Each job has a task of its own, so that what is asked about one is not counted for another that still lives. */
beforeEach(() => {
  aws = fakeAws()
  aws.answers["RunTask"] = ({ body }) => Response.json({ tasks: [{ taskArn: taskOf(JSON.parse(body).startedBy) }], failures: [] })
  aws.answers["GetCallerIdentity"] = ({ headers }) => {
    const [, id = ""] = headers.get("x-viberglass-claim")?.split(" ") ?? []
    return identity(`arn:aws:sts::${ACCOUNT}:assumed-role/task/${idOf(id)}`)
  }
  configure([NEW])
})
afterEach(() => {
  leaveAws()
  delete overrides.now
})

function configure(keys: string[] | null): void {
  useAws(aws, keys === null ? {} : { AWS_EVENTS_KEYS: JSON.stringify(keys) })
}

const idOf = (jobId: string) => jobId.replace("job_", "")
const taskOf = (jobId: string) => `arn:aws:ecs:${REGION}:${ACCOUNT}:task/workers/${idOf(jobId)}`
const LAUNCH_TOKEN = "vl_a-launch-token-in-an-event"
/** As ECS tells it of a Fargate task; what is not read here is part of it too. */
const event = (detail: object, over: object = {}) => ({
  version: "0",
  id: "3317b2af-7005-947d-b652-f55e762e571a",
  "detail-type": "ECS Task State Change",
  source: "aws.ecs",
  account: ACCOUNT,
  time: "2026-01-31T12:00:00Z",
  region: REGION,
  resources: [TASK_ARN],
  detail: {
    attachments: [{ id: "1789bcae", type: "eni", status: "DELETED", details: [{ name: "subnetId", value: "subnet-abcd1234" }] }],
    clusterArn: CLUSTER,
    containers: [{ name: "worker", lastStatus: "STOPPED", exitCode: 0, taskArn: TASK_ARN }],
    desiredStatus: "STOPPED",
    group: "family:viberator_c",
    lastStatus: "STOPPED",
    launchType: "FARGATE",
    overrides: { containerOverrides: [{ name: "worker", environment: [{ name: "VIBERATOR_LAUNCH_TOKEN", value: LAUNCH_TOKEN }] }] },
    platformVersion: "1.4.0",
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    taskArn: TASK_ARN,
    taskDefinitionArn: `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/viberator_c:1`,
    version: 5,
    ...detail,
  },
  ...over,
})
const tell = (body: unknown, key: string = NEW) => caller(null)<{ woken: boolean }>("POST", "/hooks/aws", body, { "x-viberglass-key": key })
/** Of a job's own task, at its end. */
const ended = (id: string, detail: object = {}) => event({ startedBy: id, taskArn: taskOf(id), ...detail })
const looks = (id: string) => aws.asked.filter(({ action, body }) => action === "DescribeTasks" && body.includes(idOf(id))).length
const read = (id: string) => ok(admin<Job>("GET", `/api/jobs/${id}`))

/** A job whose task was launched; `claimed`: and its worker works. */
async function launched(claimed = true): Promise<Job> {
  const { job } = await startResearch(admin, stage.project.id)
  const { env: values } = await runTaskOf(aws, job.id)
  await idle(rawJob(job.id))
  if (claimed) {
    const proof = JSON.stringify({
      ...{ region: REGION, date: "20260101T000000Z", securityToken: "t" },
      authorization: `AWS4-HMAC-SHA256 Credential=ASIA/20260101/${REGION}/sts/aws4_request, SignedHeaders=host;x-viberglass-claim, Signature=${"a".repeat(64)}`,
    })
    await ok((await fakeWorker(values)).claim({ compute: { kind: "ecs", id: taskOf(job.id), proof } }))
  }
  return job
}

describe("who may tell", () => {
  it("is who has the key, or the other one while it is changed", async () => {
    const { id } = await launched()
    const told = ended(id, { lastStatus: "RUNNING" })
    expect((await tell(told, OLD)).status).toBe(401)
    configure([OLD, NEW])
    expect([(await tell(told, OLD)).status, (await tell(told, NEW)).status]).toEqual([202, 202])
    configure([OLD])
    expect([(await tell(told, OLD)).status, (await tell(told, NEW)).status]).toEqual([202, 401])
  })

  it.each([
    ["no key", ""],
    ["another", "x".repeat(40)],
    ["a part of it", NEW.slice(1)],
    ["both in one", `${NEW}, ${NEW}`],
  ])("is not who has %s, and nothing is looked at", async (_, key) => {
    const { id } = await launched()
    expect(await tell(ended(id), key)).toMatchObject({ status: 401, body: { error: { code: "auth.required" } } })
    await idle(rawJob(id))
    expect(looks(id)).toBe(0)
  })

  it("is nobody where no keys are set: there is no such route", async () => {
    configure(null)
    const without = await tell(event({}))
    expect(without).toMatchObject({ status: 404, body: { error: { code: "not-found", message: "There is nothing at /hooks/aws." } } })
  })

  it.each([
    ["no list", '"one"'],
    ["none", "[]"],
    ["three", JSON.stringify([NEW, OLD, "t".repeat(40)])],
    ["a short one", '["short"]'],
    ["no JSON", NEW],
  ])("is not settled by %s: the configuration is refused, and its value not told", async (_, keys) => {
    overrides.variables = { ...overrides.variables, AWS_EVENTS_KEYS: keys }
    const refused = await tell(event({}))
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "config.invalid" } } })
    expect(JSON.stringify(refused.body)).toContain("AWS_EVENTS_KEYS: must be a JSON list of one or two keys of 32 to 512 characters")
    if (keys.length > 10) expect(JSON.stringify(refused.body)).not.toContain(keys)
  })
})

describe("what is told", () => {
  it("is refused where it is no event, with the field's name", async () => {
    expect(await tell("{")).toMatchObject({ status: 400, body: { error: { code: "request.malformed" } } })
    const fields = async (body: unknown) => (await caller(null)("POST", "/hooks/aws", body, { "x-viberglass-key": NEW })).body.error.detail
    expect(await fields({ source: 1 })).toEqual({
      fields: { source: "must be text", "detail-type": "is required", detail: "is required" },
    })
    expect(await fields(event({ taskArn: 7, lastStatus: undefined }))).toEqual({
      fields: { "detail.taskArn": "must be text", "detail.lastStatus": "is required" },
    })
    expect(await fields({ ...event({}), detail: null })).toEqual({ fields: { detail: "must be an object" } })
  })

  it("may have 256 KiB", async () => {
    const padded = (length: number) => {
      const text = JSON.stringify(event({}))
      return text.slice(0, -1) + " ".repeat(length - text.length) + "}"
    }
    expect((await tell(padded(262_144))).status).toBe(202)
    expect(await tell(padded(262_145))).toMatchObject({ status: 413, body: { error: { code: "request.too-large" } } })
  })

  it.each<[string, object, object]>([
    ["another kind of event", {}, { "detail-type": "ECS Service Action" }],
    ["another service's", {}, { source: "aws.batch" }],
    ["a shape that is not known here", { taskArn: undefined }, { "detail-type": "ECS Deployment State Change" }],
    ["a service's task", { startedBy: "ecs-svc/1234567890123456789" }, {}],
    ["a task that nobody signed", {}, {}],
    ["a job of another installation", { startedBy: `job_${"0".repeat(32)}` }, {}],
    ["what is no id", { startedBy: "job_../../x" }, {}],
  ])("of %s is taken and ignored; no object comes to be", async (_, detail, over) => {
    const before = await jobObjectIds()
    expect(await tell(event(detail, over))).toMatchObject({ status: 202, body: { woken: false } })
    expect(await jobObjectIds()).toEqual(before)
    expect(aws.asked).toEqual([])
  })

  it("of a job that has ended is ignored", async () => {
    const { id } = await launched()
    aws.answers["DescribeTasks"] = taskThat({ lastStatus: "STOPPED" })
    await ok(admin("POST", `/api/jobs/${id}/cancellation`, {}))
    await until("the end", async () => (await read(id)).settled)
    const before = looks(id)
    expect(await tell(ended(id))).toMatchObject({ status: 202, body: { woken: false } })
    expect(looks(id)).toBe(before)
  })

  it("of a task that still lives is no reason to look", async () => {
    const { id } = await launched()
    for (const lastStatus of ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING"])
      expect((await tell(ended(id, { lastStatus }))).body).toEqual({ woken: false })
    expect(looks(id)).toBe(0)
  })

  it("is never logged: the task's launch values are part of it", async () => {
    const { id } = await launched()
    await tell(ended(id))
    await tell(ended(id), OLD)
    expect(logged.join()).toContain("/hooks/aws")
    expect(logged.join()).not.toContain(LAUNCH_TOKEN)
    expect(logged.join()).not.toContain(NEW)
  })
})

describe("a task's end", () => {
  const killed = {
    lastStatus: "STOPPED",
    stopCode: "TaskFailedToStart",
    stoppedReason: "Timeout waiting for network interface provisioning",
  }

  it("that is told makes the next attempt at once, not after the clock of silence", async () => {
    const { id } = await launched()
    aws.answers["DescribeTasks"] = taskThat(killed)
    expect(await tell(ended(id))).toMatchObject({ status: 202, body: { woken: true } })
    expect((await runTaskOf(aws, id, 2)).clientToken).toBe(`${id}-2-1`)
    expect((await read(id)).attempts[0]).toMatchObject({ n: 1, end: expect.stringContaining("Timeout waiting for network interface") })
    expect(looks(id)).toBe(1)
  })

  it.each([
    [
      "out of memory",
      { containers: [{ name: "worker", reason: "OutOfMemoryError: Container killed due to memory usage" }] },
      "out-of-memory",
    ],
    [
      "without its image",
      { stoppedReason: "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found" },
      "image-missing",
    ],
  ])("%s ends a job whose worker never came at once, not after the look", async (_, task, kind) => {
    const { id } = await launched(false)
    aws.answers["DescribeTasks"] = taskThat({ lastStatus: "STOPPED", ...task })
    expect((await tell(ended(id, { lastStatus: "DEPROVISIONING" }))).body).toEqual({ woken: true })
    expect(await until("the failure", async () => (await read(id)).failure)).toMatchObject({ kind })
  })

  it("that AWS does not confirm changes nothing: the body is not believed", async () => {
    const { id } = await launched()
    aws.answers["DescribeTasks"] = taskThat({ lastStatus: "RUNNING" })
    await tell(ended(id, { stoppedReason: "OutOfMemory" }))
    await idle(rawJob(id))
    expect([looks(id), (await read(id)).status]).toEqual([1, "running"])
  })

  it("of an earlier attempt's task, or somebody else's, is not looked at", async () => {
    const { id } = await launched()
    await tell(ended(id, { taskArn: taskOf(id).replace(ACCOUNT, "999999999999") }))
    await tell(ended(id, { taskArn: `${taskOf(id)}f` }))
    await idle(rawJob(id))
    expect([looks(id), (await read(id)).status]).toEqual([0, "running"])
  })

  it("that is told a hundred times is looked at once, and once more a second later", async () => {
    const { id } = await launched()
    let at = Date.now()
    overrides.now = () => at
    aws.answers["DescribeTasks"] = taskThat({ lastStatus: "RUNNING" })
    const flood = async () => {
      const told = await Promise.all(Array.from({ length: 100 }, () => tell(ended(id))))
      expect(new Set(told.map(({ status }) => status))).toEqual(new Set([202]))
      await idle(rawJob(id))
      return looks(id)
    }
    expect(await flood()).toBe(1)
    at += CLOCKS.lookGapMs.ms
    expect(await flood()).toBe(2)
    expect((await read(id)).status).toBe("running")
  })

  it("that is told while AWS does not answer is asked about again", async () => {
    const { id } = await launched()
    aws.answers["DescribeTasks"] = () => refusal(503, "ServiceUnavailable")
    expect((await tell(ended(id))).status).toBe(202)
    await until("a look", () => looks(id) > 0)
    aws.answers["DescribeTasks"] = taskThat(killed)
    await runTaskOf(aws, id, 2)
  })
})

describe("a look", () => {
  it.each([
    ["rests longer where events come", [NEW], CLOCKS.lookWithEventsMs.ms],
    ["comes every 20 seconds where none do", null, CLOCKS.lookMs.ms],
  ])("%s", async (_, keys, restMs) => {
    configure(keys)
    let at = Date.now()
    overrides.now = () => at
    const { id } = await launched(false)
    aws.answers["DescribeTasks"] = taskThat({ lastStatus: "PENDING" })
    const poke = async (ms: number) => {
      at += ms
      await env.JOBS.get(env.JOBS.idFromName(id)).poke()
      await idle(rawJob(id))
      return looks(id)
    }
    expect([await poke(restMs - 1), await poke(1), await poke(restMs - 1), await poke(1)]).toEqual([0, 1, 1, 2])
  })
})
