import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { AwsCheck } from "#contract/settings.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import { hasMoto, type LocalAws, NO_MOTO, type TaskMode } from "../../testbed/aws.ts"
import { controlPlanePolicy } from "../../testbed/aws-policies.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { type AwsRig, startAwsRig } from "../aws-rig.ts"
import { marked, sleeping, until } from "./processes.ts"

// A real control plane in workerd, with its own policy in a stand-in for AWS that checks signatures and rights, and that
// starts the real worker with a real agent CLI for each task and each function call.

let rig: AwsRig
let aws: LocalAws

beforeAll(async () => {
  if (!hasMoto) return
  rig = await startAwsRig()
  aws = rig.aws
})
afterAll(() => rig?.close())

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

  it("a function does a job with a secret out of SSM; of two deliveries one works", async () => {
    const deploymentConfig = { computeType: "lambda", imageUri: aws.made.image, timeout: 300 }
    const { project, clanker, secrets } = await rig.prepare(
      { repository: "acme/lambda", project: "Lambda" },
      { clanker: { name: "opencode on Lambda", deploymentConfig }, location: "ssm" },
    )
    expect(secrets[0]?.reference).toBe(`/viberator/secrets/local/${project.id}/${secrets[0]?.name}`)
    expect(clanker.deployment?.facts).toMatchObject({ alias: "live", version: "1", timeout: 300 })
    const { id } = await ticketIn(project.id)
    const before = await aws.processes()
    await aws.tasks("twice")
    const ended = await toTheEnd(id, "research")
    await aws.tasks("run")
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1 })
    const exits = async () =>
      Object.entries(await aws.processes()).flatMap(([name, code]) => (name in before || code === null ? [] : [code]))
    await expect.poll(exits, { timeout: 30_000 }).toHaveLength(2)
    expect(new Set(await exits())).toEqual(new Set([0, 75]))
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
