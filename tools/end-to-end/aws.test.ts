import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { AwsCheck } from "#contract/settings.ts"
import type { Ticket } from "#contract/tickets.ts"
import { hasMoto, type LocalAws, NO_MOTO, type TaskMode } from "../../testbed/aws.ts"
import { controlPlanePolicy } from "../../testbed/aws-policies.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { type AwsRig, startAwsRig } from "../aws-rig.ts"
import { type Delivery, type Words, wordsOf } from "./aws-words.ts"
import { marked, sleeping, until } from "./processes.ts"

// A real control plane in workerd, with its own policy in a stand-in for AWS that checks signatures and rights, and that
// starts the real worker with a real agent CLI for each task and each function call.

let rig: AwsRig
let aws: LocalAws
let local: Words

beforeAll(async () => {
  if (!hasMoto) return
  rig = await startAwsRig()
  aws = rig.aws
  local = wordsOf(rig)
})
afterAll(() => rig?.close())

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
    const { id } = await local.ticketIn(project.id)
    for (const phase of ["research", "planning"]) {
      await local.toTheEnd(id, phase)
      await local.approve(id, phase)
    }
    const ended = await local.toTheEnd(id, "execution")
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1, imageDigest: expect.stringContaining("sha256:") })
    expect(await rig.forge.git("acme/ecs", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    expect(await rig.api.get<Ticket>(`/api/tickets/${id}`)).toMatchObject({ status: "in_review", pullRequest: { state: "open" } })
    const starts = (await aws.calls()).filter(({ action }) => action === "RunTask")
    expect(starts).toHaveLength(3)
    expect(starts[2]?.params).toMatchObject({ startedBy: ended.id, clientToken: `${ended.id}-1-1`, launchType: "FARGATE" })
  })

  describe("a function, under AWS's own runtime client", () => {
    beforeEach(({ skip }) => skip(rig.noRuntime !== null, rig.noRuntime ?? ""))

    const lambdaClanker = (over: object = {}) => ({
      name: "opencode on Lambda",
      deploymentConfig: { computeType: "lambda", imageUri: aws.made.image, timeout: 300, ...over },
    })

    it("turns a ticket into a pull request, with a secret out of SSM; one process serves one job after the other", async () => {
      const { project, clanker, secrets } = await rig.prepare(
        { repository: "acme/lambda", project: "Lambda" },
        { clanker: lambdaClanker(), location: "ssm" },
      )
      expect(secrets[0]?.reference).toBe(`/viberator/secrets/local/${project.id}/${secrets[0]?.name}`)
      expect(clanker.deployment?.facts).toMatchObject({ alias: "live", version: "1", timeout: 300 })
      const { id } = await local.ticketIn(project.id)
      const served: Delivery[] = []
      for (const phase of ["research", "planning", "execution"]) {
        const ended = await local.toTheEnd(id, phase)
        expect(ended).toMatchObject({ status: "succeeded", attempt: 1 })
        const [delivery] = await local.deliveries(ended, 1)
        if (delivery) served.push(delivery)
        expect(delivery).toMatchObject({ status: "success", answer: { outcome: "reported", exitCode: 0, jobId: ended.id, attempt: 1 } })
        if (phase !== "execution") await local.approve(id, phase)
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
      const ended = await local.toTheEnd((await local.ticketIn(project.id)).id, "research")
      await aws.tasks("run")
      expect(ended).toMatchObject({ status: "succeeded", attempt: 1 })
      const both = await local.deliveries(ended, 2)
      expect(new Set(both.map(({ requestId }) => requestId)).size).toBe(1)
      expect(new Set(both.map(({ environment }) => environment)).size).toBe(2)
      expect(new Set(both.map(({ answer }) => `${answer.outcome} ${answer.exitCode}`))).toEqual(new Set(["reported 0", "fenced 75"]))
    })

    it("hears with its next acknowledgement that its job is cancelled", async () => {
      const { project } = await rig.prepare({ repository: "acme/acks", project: "Acks" }, { clanker: lambdaClanker() })
      const job = await local.run((await local.ticketIn(project.id, "SCRIPT-SLEEP-120 `npm test` fails.")).id, "research")
      const ended = rig.api.follow(job.id)
      await sleeping(job)
      await local.cancel(job)
      expect(await ended).toMatchObject({ status: "cancelled", evidence: { proven: true } })
      expect(await local.deliveries(job, 1)).toMatchObject([{ status: "success", answer: { outcome: "reported" } }])
      expect(marked(`${job.id}-`)).toEqual([])
    })

    it("whose process dies has failed, and all that it had started ends with it", async () => {
      const { project } = await rig.prepare({ repository: "acme/died", project: "Died" }, { clanker: lambdaClanker() })
      const job = await local.run((await local.ticketIn(project.id, "SCRIPT-SLEEP-120 `npm test` fails.")).id, "research")
      const ended = rig.api.follow(job.id)
      await sleeping(job)
      const working = (await aws.invocations()).find(({ status }) => status === null)
      process.kill(working?.pid ?? NaN, "SIGKILL")
      const failed = { requestId: working?.requestId, status: "error", errorType: "Runtime.ExitError" }
      await expect.poll(() => aws.invocations()).toContainEqual(expect.objectContaining(failed))
      expect(await until(() => marked(`${job.id}-`).length === 0)).toBe(true)
      await local.cancel(job)
      expect(await ended).toMatchObject({ status: "cancelled", attempt: 1 })
    })

    it("ends its agent before its own time is over; one that does nothing is killed by AWS when it is", async () => {
      const { project } = await rig.prepare({ repository: "acme/late", project: "Late" }, { clanker: lambdaClanker({ timeout: 120 }) })
      await aws.tasks("frozen")
      const stuck = await local.run((await local.ticketIn(project.id)).id, "research")
      await expect.poll(async () => (await aws.invocations()).at(-1), { timeout: 30_000 }).toMatchObject({ status: null })
      await aws.tasks("run")
      const killed = (await aws.invocations()).at(-1)

      const slow = await rig.api.follow(
        (await local.run((await local.ticketIn(project.id, "SCRIPT-SLEEP-120 `npm test` fails.")).id, "research")).id,
      )
      const detail = expect.stringContaining("allow the function more time")
      expect(slow).toMatchObject({ status: "failed", attempt: 1, failure: { kind: "agent-timeout", step: "run-agent", detail } })
      expect(await local.deliveries(slow, 1)).toMatchObject([{ status: "success", answer: { outcome: "reported" } }])

      const ended = await rig.api.follow(stuck.id)
      expect(ended).toMatchObject({ status: "failed", attempt: 1, failure: { kind: "agent-timeout", limitMs: 120_000 } })
      const all = await aws.invocations()
      expect(all.find(({ requestId }) => requestId === killed?.requestId)).toMatchObject({ status: "timeout" })
      expect((await aws.processes())[killed?.environment ?? ""]).toBe(-9)
    })
  })

  it("a cancelled job's task is stopped, and its worker's own word is the proof", async () => {
    const { project } = await rig.prepare({ repository: "acme/cancel", project: "Cancel" }, { clanker: ecsClanker() })
    const { id } = await local.ticketIn(project.id, "SCRIPT-SLEEP-120 `npm test` fails.")
    const job = await local.run(id, "research")
    const ended = rig.api.follow(job.id)
    await sleeping(job)
    await local.cancel(job)
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
    const { id } = await local.ticketIn(project.id, "SCRIPT-SLEEP-5 `npm test` fails.")
    const job = await local.run(id, "research")
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
      const ended = await rig.api.follow((await local.run((await local.ticketIn(project.id)).id, "research")).id)
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
