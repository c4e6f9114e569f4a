import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { AwsCheck } from "#contract/settings.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import { ensureAgent } from "../../testbed/agents.ts"
import { hasMoto, type Invocation, type LocalAws, NO_MOTO, startAws, type TaskMode } from "../../testbed/aws.ts"
import { controlPlanePolicy } from "../../testbed/aws-policies.ts"
import { layFunction } from "../../testbed/runtime-client.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { build, ROOT, VIBERATOR } from "../build.ts"
import { type Rig, startRig } from "../rig.ts"
import { marked, sleeping, until } from "./processes.ts"

// A real control plane in workerd, with its own policy in a stand-in for AWS that checks signatures and rights, and that
// starts the real worker with a real agent CLI for each task and each function call.

let rig: Rig
let aws: LocalAws
let folder: string
let noRuntime = ""

beforeAll(async () => {
  if (!hasMoto) return
  build()
  folder = mkdtempSync(join(tmpdir(), "viberglass-aws-"))
  const agent = await ensureAgent("opencode", { root: ROOT })
  const PATH = [agent.binFolder, process.env["PATH"]].join(delimiter)
  const command = [process.execPath, VIBERATOR]
  const runtime = await layFunction(ROOT, VIBERATOR, join(folder, "function")).then(
    (bundle) => [process.execPath, bundle],
    (error: unknown) => {
      noRuntime = String(error)
      return command
    },
  )
  aws = await startAws({ worker: { command, runtime, env: { PATH }, folder } })
  const key = await aws.user("control-plane", controlPlanePolicy())
  await aws.checkRights(true)
  const { made } = aws
  const managed = {
    ...{ region: made.region, cluster: made.clusterArn, executionRoleArn: made.executionRoleArn, taskRoleArn: made.taskRoleArn },
    ...{ lambdaRoleArn: made.lambdaRoleArn, subnetIds: made.subnetIds, securityGroupIds: made.securityGroupIds },
    assignPublicIp: true,
  }
  rig = await startRig(
    { agent: "opencode" },
    {
      ...{ AWS_REGION: made.region, AWS_ENDPOINT_URL: aws.url, MANAGED_DEFAULTS: JSON.stringify(managed) },
      ...{ AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey },
    },
  )
})
afterAll(async () => {
  await rig?.close()
  await aws?.close()
  if (folder && process.env["KEEP_STATE"] !== "1") rmSync(folder, { recursive: true, force: true })
})

const ticketIn = (projectId: string, description = "`npm test` fails.") =>
  rig.api.post<Ticket>("/api/tickets", { projectId, title: "Umlauts in slugs", description })
const run = async (id: string, phase: string) => (await rig.api.post<{ job: Job }>(`/api/tickets/${id}/phases/${phase}/runs`, {})).job
async function toTheEnd(id: string, phase: string): Promise<Job> {
  const ended = await rig.api.follow((await run(id, phase)).id)
  expect(ended.failure).toBeNull()
  return ended
}
async function approve(id: string, phase: string): Promise<void> {
  const { revision } = await rig.api.get<PhaseDocument>(`/api/tickets/${id}/phases/${phase}/document`)
  await rig.api.put(`/api/tickets/${id}/phases/${phase}/document/approval`, { state: "approved", revision })
}
const cancel = (job: Job) => rig.api.request("POST", `/api/jobs/${job.id}/cancellation`, {})

const ecsClanker = (over: object = {}) => ({
  name: "opencode on ECS",
  deploymentConfig: { computeType: "ecs", containerImage: aws.made.image, ...over },
})

describe("against moto", () => {
  beforeEach(({ skip }) => skip(!hasMoto, NO_MOTO))

  it("AWS is asked what the control plane may see there, and answers in words", async () => {
    const { checks } = await rig.api.post<{ checks: AwsCheck[] }>("/api/settings/aws-checks", {})
    const states = Object.fromEntries(checks.map(({ name, state }) => [name, state]))
    expect(states).toMatchObject({ credentials: "ready", cluster: "ready", tasks: "ready", subnets: "ready", functions: "ready" })
    expect(checks[0]?.message).toContain("user/control-plane")
    await aws.setPolicy("control-plane", controlPlanePolicy("ecs:DescribeClusters"))
    const { checks: denied } = await rig.api.post<{ checks: AwsCheck[] }>("/api/settings/aws-checks", {})
    await aws.setPolicy("control-plane", controlPlanePolicy())
    expect(denied.find(({ name }) => name === "cluster")).toMatchObject({
      ...{ state: "denied", message: expect.stringContaining("ecs:DescribeClusters") },
    })
  })

  it("a ticket becomes a pull request by tasks of ECS", async () => {
    const { project, clanker } = await rig.prepare({ repository: "acme/ecs", project: "Ecs" }, { clanker: ecsClanker() })
    expect(clanker.deployment?.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "check cluster done",
      "check network done",
      "check image done",
      "register task definition done",
    ])
    expect(clanker.deployment?.facts).toMatchObject({
      ...{ clusterArn: aws.made.clusterArn, family: `viberator-worker-${clanker.slug}`, revision: 1, status: "ACTIVE" },
      ...{ cpu: "1024", memory: "2048", floating: false, launchType: "FARGATE" },
    })
    const { id } = await ticketIn(project.id)
    for (const phase of ["research", "planning"]) {
      await toTheEnd(id, phase)
      await approve(id, phase)
    }
    const ended = await toTheEnd(id, "execution")
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1, imageDigest: expect.stringContaining("sha256:") })
    expect(await rig.forge.git("acme/ecs", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    expect(await rig.api.get<Ticket>(`/api/tickets/${id}`)).toMatchObject({ status: "in_review", pullRequest: { state: "open" } })
    const starts = (await aws.calls()).filter(({ action }) => action === "RunTask")
    expect(starts).toHaveLength(3)
    expect(starts[2]?.params).toMatchObject({ startedBy: ended.id, clientToken: `${ended.id}-1-1`, launchType: "FARGATE" })
  })

  describe("a function, under AWS's own runtime client", () => {
    beforeEach(({ skip }) => skip(noRuntime !== "", noRuntime))

    const lambdaClanker = (over: object = {}) => ({
      name: "opencode on Lambda",
      deploymentConfig: { computeType: "lambda", imageUri: aws.made.image, timeout: 300, ...over },
    })
    /** Of this job: what was delivered, and what the function made of it. */
    const deliveries = async (job: Job, count: number) => {
      const found = async () => (await aws.invocations()).filter(({ status, answer }) => status !== null && answer?.includes(job.id))
      await expect.poll(found, { timeout: 60_000 }).toHaveLength(count)
      return (await found()).map((invocation) => ({ ...invocation, answer: JSON.parse(invocation.answer ?? "null") }))
    }

    it("turns a ticket into a pull request, with a secret out of SSM; one process serves one job after the other", async () => {
      const { project, clanker, secrets } = await rig.prepare(
        { repository: "acme/lambda", project: "Lambda" },
        { clanker: lambdaClanker(), location: "ssm" },
      )
      expect(secrets[0]?.reference).toBe(`/viberator/secrets/local/${project.id}/${secrets[0]?.name}`)
      expect(clanker.deployment?.facts).toMatchObject({ alias: "live", version: "1", timeout: 300 })
      const { id } = await ticketIn(project.id)
      const served: Invocation[] = []
      for (const phase of ["research", "planning", "execution"]) {
        const ended = await toTheEnd(id, phase)
        expect(ended).toMatchObject({ status: "succeeded", attempt: 1 })
        const [delivery] = await deliveries(ended, 1)
        if (delivery) served.push(delivery)
        expect(delivery).toMatchObject({ status: "success", answer: { outcome: "reported", exitCode: 0, jobId: ended.id, attempt: 1 } })
        if (phase !== "execution") await approve(id, phase)
        else expect(await rig.forge.git("acme/lambda", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
      }
      expect(await rig.api.get<Ticket>(`/api/tickets/${id}`)).toMatchObject({ status: "in_review", pullRequest: { state: "open" } })
      expect(new Set(served.map(({ requestId }) => requestId)).size).toBe(3)
      expect(new Set(served.map(({ environment, pid }) => `${environment} ${pid}`)).size).toBe(1)
      expect((await aws.processes())[served[0]?.environment ?? ""]).toBeNull()
    })

    it("that gets its event twice works once: the other delivery, in an environment of its own, ends without work", async () => {
      const { project } = await rig.prepare({ repository: "acme/twice", project: "Twice" }, { clanker: lambdaClanker() })
      await aws.tasks("twice")
      const ended = await toTheEnd((await ticketIn(project.id)).id, "research")
      await aws.tasks("run")
      expect(ended).toMatchObject({ status: "succeeded", attempt: 1 })
      const both = await deliveries(ended, 2)
      expect(new Set(both.map(({ requestId }) => requestId)).size).toBe(1)
      expect(new Set(both.map(({ environment }) => environment)).size).toBe(2)
      expect(new Set(both.map(({ answer }) => `${answer.outcome} ${answer.exitCode}`))).toEqual(new Set(["reported 0", "fenced 75"]))
    })

    it("hears with its next acknowledgement that its job is cancelled", async () => {
      const { project } = await rig.prepare({ repository: "acme/acks", project: "Acks" }, { clanker: lambdaClanker() })
      const job = await run((await ticketIn(project.id, "SCRIPT-SLEEP-120 `npm test` fails.")).id, "research")
      const ended = rig.api.follow(job.id)
      await sleeping(job)
      await cancel(job)
      expect(await ended).toMatchObject({ status: "cancelled", evidence: { proven: true } })
      expect(await deliveries(job, 1)).toMatchObject([{ status: "success", answer: { outcome: "reported" } }])
      expect(marked(`${job.id}-`)).toEqual([])
    })

    it("ends its agent before its own time is over; one that does nothing is killed by AWS when it is", async () => {
      const { project } = await rig.prepare({ repository: "acme/late", project: "Late" }, { clanker: lambdaClanker({ timeout: 120 }) })
      await aws.tasks("frozen")
      const stuck = await run((await ticketIn(project.id)).id, "research")
      await expect.poll(async () => (await aws.invocations()).at(-1), { timeout: 30_000 }).toMatchObject({ status: null })
      await aws.tasks("run")
      const killed = (await aws.invocations()).at(-1)

      const slow = await rig.api.follow((await run((await ticketIn(project.id, "SCRIPT-SLEEP-120 `npm test` fails.")).id, "research")).id)
      const detail = expect.stringContaining("allow the function more time")
      expect(slow).toMatchObject({ status: "failed", attempt: 1, failure: { kind: "agent-timeout", step: "run-agent", detail } })
      expect(await deliveries(slow, 1)).toMatchObject([{ status: "success", answer: { outcome: "reported" } }])

      const ended = await rig.api.follow(stuck.id)
      expect(ended).toMatchObject({ status: "failed", attempt: 1, failure: { kind: "agent-timeout", limitMs: 120_000 } })
      const all = await aws.invocations()
      expect(all.find(({ requestId }) => requestId === killed?.requestId)).toMatchObject({ status: "timeout" })
      expect((await aws.processes())[killed?.environment ?? ""]).toBe(-9)
    })
  })

  it("a cancelled job's task is stopped, and its worker's own word is the proof", async () => {
    const { project } = await rig.prepare({ repository: "acme/cancel", project: "Cancel" }, { clanker: ecsClanker() })
    const { id } = await ticketIn(project.id, "SCRIPT-SLEEP-120 `npm test` fails.")
    const job = await run(id, "research")
    const ended = rig.api.follow(job.id)
    await sleeping(job)
    await cancel(job)
    expect(await ended).toMatchObject({ status: "cancelled", evidence: { proven: true } })
    const stop = (await aws.calls()).find(({ action, params }) => action === "StopTask" && String(params["reason"]).includes(job.id))
    expect(stop?.params).toMatchObject({ cluster: aws.made.clusterArn })
    expect(await until(() => marked(`${job.id}-`).length === 0)).toBe(true)
  })

  it("an interrupted Spot task is followed by another, which ends the work", async () => {
    const { project } = await rig.prepare(
      { repository: "acme/spot", project: "Spot" },
      { clanker: ecsClanker({ launchType: "FARGATE_SPOT", taskFamily: "viberator-spot" }) },
    )
    const { id } = await ticketIn(project.id, "SCRIPT-SLEEP-5 `npm test` fails.")
    const job = await run(id, "research")
    const following = rig.api.follow(job.id)
    await sleeping(job)
    await aws.interruptSpot()
    const ended = await following
    expect(ended).toMatchObject({ status: "succeeded", attempt: 2, attempts: [{ n: 1, end: "stopped from outside" }, { n: 2 }] })
  })

  it("what ends a task before it works is told: memory, image, a secret that is gone", async () => {
    const { project, secrets } = await rig.prepare(
      { repository: "acme/faults", project: "Faults" },
      { clanker: ecsClanker({ taskFamily: "viberator-faults" }), location: "ssm" },
    )
    const failureOf = async (mode: TaskMode) => {
      await aws.tasks(mode)
      const ended = await rig.api.follow((await run((await ticketIn(project.id)).id, "research")).id)
      await aws.tasks("run")
      return ended
    }
    expect(await failureOf("oom")).toMatchObject({ status: "failed", failure: { kind: "out-of-memory" }, attempt: 1 })
    expect(await failureOf("no-image")).toMatchObject({ status: "failed", failure: { kind: "image-missing" }, attempt: 1 })
    await aws.json("ssm", "AmazonSSM.DeleteParameter", { Name: secrets[0]?.reference })
    expect(await failureOf("run")).toMatchObject({ status: "failed", failure: { kind: "secret-missing", names: [secrets[0]?.name] } })
  })

  it("sends nothing that botocore's models refuse", async () => {
    const calls = await aws.calls()
    expect(calls.length).toBeGreaterThan(5)
    expect(calls.filter(({ problems }) => problems.length > 0)).toEqual([])
  })
})
