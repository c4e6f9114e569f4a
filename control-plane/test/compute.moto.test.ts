// The strategies on AWS, driven as the objects drive them, against a stand-in that checks signatures and rights: what is
// made, what a launch is, and what each fault ends in.
import { beforeAll, describe, expect, it } from "vitest"
import { launchSchema } from "#contract/worker.schema.ts"
import { type DeploymentFacts, type Doors, STRATEGIES } from "../compute/strategy.ts"
import { ECS, hasMoto, type LocalAws, REGION } from "../../testbed/aws.ts"
import { actionsOf, controlPlaneActions, controlPlanePolicy, policy, withoutAction } from "../../testbed/aws-policies.ts"
import { attempt, computeOnMoto, made } from "./moto-compute.ts"

describe("against moto", () => {
  const { ecsInput, lambdaInput, resolved, provision, deployed, seen, ...on } = computeOnMoto()
  const { ecs, lambda } = STRATEGIES
  let local: LocalAws
  let doors: Doors
  beforeAll(() => {
    if (hasMoto) [local, doors] = [on.local(), on.doors()]
  })

  describe("ECS", () => {
    it("registers one revision a start, by digest; a repeated last step finds it", async () => {
      const facts = await deployed(ecsInput(), "key-a")
      expect(facts).toMatchObject({
        family: "viberator-worker-builder",
        cpu: "256",
        memory: "512",
        internet: "gateway",
        container: "worker",
      })
      expect(facts["containerImages"]).toMatch(/viberator-worker-multi-agent@sha256:[0-9a-f]{64}$/)
      expect(made(await local.calls())).toEqual(["RegisterTaskDefinition"])
      const again = await deployed(ecsInput(), "key-a")
      expect(again["taskDefinitionArn"]).toBe(facts["taskDefinitionArn"])
      const next = await deployed(ecsInput(), "key-b")
      expect(next["revision"]).toBe(Number(facts["revision"]) + 1)
    })

    it("copies a definition when an image comes with it, and takes one as it is without", async () => {
      const own = await deployed({ ...ecsInput(), taskFamily: "viberator-base" })
      const taskDefinitionArn = String(own["taskDefinitionArn"])
      const copy = await deployed({ ...ecsInput(), taskDefinitionArn, taskFamily: "viberator-copy", memory: 1024 })
      expect(copy).toMatchObject({ family: "viberator-copy", revision: 1, memory: "1024", copiedFrom: taskDefinitionArn })
      await local.forgetCalls()
      const prebuilt = await deployed({ computeType: "ecs", taskDefinitionArn })
      expect(prebuilt).toMatchObject({ taskDefinitionArn, container: "worker", taskRoleArn: local.made.taskRoleArn })
      expect(made(await local.calls())).toEqual([])
    })

    it.each([
      ["a subnet that is not there", { subnetIds: ["subnet-0123456789abcdef0"] }, /subnet-0123456789abcdef0/],
      ["a security group that is not there", { securityGroupIds: ["sg-0123456789abcdef0"] }, /sg-0123456789abcdef0/],
      ["no public address behind an internet gateway", { assignPublicIp: false }, /set assignPublicIp to true/],
      ["a cluster that is not this installation's", { cluster: "elsewhere" }, /not allow ecs:DescribeClusters .*cluster\/elsewhere/],
      [
        "a tag that is not there",
        { containerImage: `123456789012.dkr.ecr.${REGION}.amazonaws.com/viberator-worker-multi-agent:no` },
        /no image/,
      ],
      ["a definition that is not there", { taskDefinitionArn: "viberator-none:3" }, /no task definition viberator-none:3/],
    ])("%s ends the start with a sentence, and nothing is made", async (_, over, sentence) => {
      const answer = await provision({ ...ecsInput(), ...over })
      expect(answer).toMatchObject({ ok: false, message: expect.stringMatching(sentence) })
      expect(made(await local.calls())).toEqual([])
    })

    it("a cluster that was deleted is told, at a start and when it is asked for", async () => {
      const facts = await deployed({ ...ecsInput(), taskFamily: "viberator-left" })
      await local.setPolicy("control-plane", controlPlanePolicy(undefined, { cluster: "gone" }))
      try {
        expect(await provision({ ...ecsInput(), cluster: "gone" })).toMatchObject({ message: expect.stringContaining("no cluster gone") })
        expect(await ecs.describe?.({ ...facts, clusterArn: "gone" }, doors)).toMatchObject({ clusterStatus: "gone" })
      } finally {
        await local.setPolicy("control-plane", controlPlanePolicy())
      }
    })

    it("is asked again what stands there", async () => {
      const facts = await deployed({ ...ecsInput(), taskFamily: "viberator-asked" })
      expect(await ecs.describe?.(facts, doors)).toEqual({ clusterStatus: "ACTIVE", status: "ACTIVE" })
      await local.json("ecs", ECS("DeregisterTaskDefinition"), { taskDefinition: facts["taskDefinitionArn"] })
      expect(await ecs.describe?.(facts, doors)).toMatchObject({ status: "INACTIVE" })
      expect(await ecs.describe?.({ ...facts, taskDefinitionArn: "none:1" }, doors)).toMatchObject({ status: "gone" })
    })

    it("an action that is not allowed is named", async () => {
      await local.setPolicy("control-plane", controlPlanePolicy("ecs:RegisterTaskDefinition"))
      try {
        expect(await provision(ecsInput())).toMatchObject({
          ok: false,
          message: expect.stringContaining("ecs:RegisterTaskDefinition"),
        })
      } finally {
        await local.setPolicy("control-plane", controlPlanePolicy())
      }
    })

    it("a launch whose answer is lost is the same task when it is repeated; another try is another", async () => {
      const facts = await deployed(ecsInput())
      const request = attempt(facts)
      await local.fault({ action: "RunTask", status: 500, body: { __type: "ServerException" }, after: true })
      await expect(ecs.launch(request, doors)).rejects.toMatchObject({ lost: true })
      const first = await ecs.launch(request, doors)
      expect(await ecs.launch(request, doors)).toEqual(first)
      const { taskArns } = await local.json<{ taskArns: string[] }>("ecs", ECS("ListTasks"), {
        cluster: local.made.cluster,
        startedBy: request.jobId,
      })
      expect(taskArns).toHaveLength(1)
      expect(first).toMatchObject({ status: "launched", handle: taskArns[0] })
      expect(await ecs.launch({ ...request, try: 2 }, doors)).not.toEqual(first)
    })

    it.each([
      ["too many calls", 400, { __type: "ThrottlingException", message: "Rate exceeded" }, "not-now"],
      ["no capacity", 200, { tasks: [], failures: [{ reason: "RESOURCE:MEMORY" }] }, "not-now"],
      ["no Fargate capacity", 200, { tasks: [], failures: [{ reason: "Capacity is unavailable at this time." }] }, "not-now"],
      [
        "a full quota",
        400,
        { __type: "LimitExceededException", message: "You've reached the limit on the number of tasks you can run concurrently" },
        "not-now",
      ],
      ["a definition that is gone", 400, { __type: "ClientException", message: "TaskDefinition is inactive" }, "refused"],
      ["no right", 400, { __type: "AccessDeniedException", message: "User is not authorized to perform: iam:PassRole" }, "refused"],
    ])("%s at the launch: %s %o is %s", async (_, status, body, expected) => {
      const facts = await deployed(ecsInput())
      await local.fault({ action: "RunTask", status, body })
      const answer = await ecs.launch(attempt(facts), doors)
      expect(answer.status).toBe(expected)
      if (answer.status === "refused") expect(answer).toMatchObject({ transient: false, failure: { kind: "launch-refused" } })
    })

    it("Spot is asked for by its provider, arm64 and disk in the definition", async () => {
      const facts = await deployed({ ...ecsInput(), launchType: "FARGATE_SPOT", architecture: "arm64", ephemeralStorageGiB: 50 })
      expect(await ecs.launch(attempt(facts), doors)).toMatchObject({ status: "launched" })
      const calls = await local.calls()
      expect(calls.find(({ action }) => action === "RegisterTaskDefinition")?.params).toMatchObject({
        runtimePlatform: { cpuArchitecture: "ARM64" },
        ephemeralStorage: { sizeInGiB: 50 },
      })
      const run = calls.find(({ action }) => action === "RunTask")?.params
      expect(run).toMatchObject({ capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT" }] })
      expect(run).not.toHaveProperty("launchType")
    })

    const ended = async (mode: "run" | "oom" | "no-image" | "no-network") => {
      const facts = await deployed(ecsInput())
      await local.tasks(mode)
      const request = attempt(facts)
      const answer = await ecs.launch(request, doors)
      const handle = answer.status === "launched" ? answer.handle : ""
      return seen(ecs, { ...request, handle, claimed: null, startedAt: Date.now() })
    }
    it("memory, image and network that lack are told apart", async () => {
      expect(await ended("oom")).toMatchObject({ oom: true, reason: expect.stringContaining("exit code 137") })
      expect(await ended("no-image")).toMatchObject({ oom: false, failure: { kind: "image-missing" } })
      expect(await ended("no-network")).toMatchObject({ failure: { kind: "never-started", detail: expect.stringContaining("NAT") } })
    })

    const execution = policy("workers/policies/execution.json")
    // That lines may be written is asked only when there are some.
    const atTheStart = actionsOf(execution).filter((action) => action !== "logs:PutLogEvents")
    it.each(atTheStart)("a task whose execution role lacks %s ends before its container, and says why", async (action) => {
      await local.setRolePolicy(local.made.executionRoleArn, withoutAction(execution, action))
      try {
        const detail = /Batch|Download/.test(action) ? "may not pull" : `execution role lacks ${action}`
        expect(await ended("run")).toMatchObject({ failure: { kind: "launch-refused", detail: expect.stringContaining(detail) } })
      } finally {
        await local.setRolePolicy(local.made.executionRoleArn, execution)
      }
    })

    it("a task is seen starting, is stopped without its handle, and is gone when ECS has forgotten it", async () => {
      const facts = await deployed(ecsInput())
      await local.tasks("hold")
      const request = attempt(facts)
      await ecs.launch(request, doors)
      const lost = { ...request, handle: null, claimed: null, startedAt: Date.now() }
      expect(await ecs.inspect(lost, doors)).toMatchObject({ state: "starting", reason: expect.stringMatching(/PROVISIONING|PENDING/) })
      await ecs.stop(lost, doors)
      expect((await local.calls()).find(({ action }) => action === "StopTask")?.params).toMatchObject({
        reason: expect.stringContaining(request.jobId),
      })
      expect(await seen(ecs, lost)).toMatchObject({ reason: expect.stringContaining("UserInitiated") })
      expect(await ecs.inspect({ ...lost, attempt: 2 }, doors)).toMatchObject({ state: "gone" })
      const nothing = `${local.made.clusterArn.replace(":cluster/", ":task/")}/${"0".repeat(32)}`
      expect(await ecs.inspect({ ...lost, handle: nothing }, doors)).toMatchObject({ state: "gone" })
    })
  })

  describe("Lambda", () => {
    it("makes a function, then versions of it; the alias moves when the new one is ready, and a failed start leaves it", async () => {
      const first = await deployed(lambdaInput())
      expect(first).toMatchObject({
        functionName: "viberator-builder-23456789",
        version: "1",
        alias: "live",
        memorySize: 3008,
        timeout: 900,
      })
      expect(first["imageDigest"]).toMatch(/^sha256:/)
      const alias = () =>
        local.rest<{ FunctionVersion: string }>("lambda", "GET", "/2015-03-31/functions/viberator-builder-23456789/aliases/live")
      expect(await alias()).toMatchObject({ FunctionVersion: "1" })
      const second = await provision({ ...lambdaInput(), memorySize: 1024, timeout: 300 })
      expect(second.ok && second.facts).toMatchObject({ version: "2", memorySize: 1024, timeout: 300, formerVersion: "1" })
      expect(second.steps.slice(2, 6)).toEqual(["update code", "wait for the code", "update configuration", "wait for the configuration"])
      expect(await alias()).toMatchObject({ FunctionVersion: "2" })
      await local.setPolicy("control-plane", controlPlanePolicy("lambda:PublishVersion"))
      try {
        const third = await provision({ ...lambdaInput(), memorySize: 512 })
        expect(third).toMatchObject({ ok: false, message: expect.stringContaining("lambda:PublishVersion") })
      } finally {
        await local.setPolicy("control-plane", controlPlanePolicy())
      }
      expect(await alias()).toMatchObject({ FunctionVersion: "2" })
      const calls = await local.calls()
      expect(calls.find(({ action }) => action === "PutFunctionEventInvokeConfig")?.params).toMatchObject({
        ...{ Qualifier: "live", MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 180 },
      })
    })

    it("a step whose answer was lost finds what it had made", async () => {
      await local.fault(
        { action: "CreateFunction", status: 500, body: { __type: "ServiceException" }, after: true },
        { action: "CreateAlias", status: 500, body: { __type: "ServiceException" }, after: true },
      )
      let lost = 0
      const input = { ...lambdaInput(), functionName: "viberator-twice" }
      const config = resolved(input)
      let [step, facts]: [string | null, DeploymentFacts] = [null, {}]
      for (;;) {
        try {
          const answer = await lambda.provision({ config, key: "k", step, startedAt: 0, facts }, doors)
          if (answer.status === "done") break
          if (answer.status === "failed") throw new Error(answer.message)
          if (answer.status === "next") [step, facts] = [answer.step, { ...facts, ...answer.facts }]
        } catch (error) {
          expect(error).toMatchObject({ lost: true })
          lost++
        }
      }
      expect(lost).toBe(2)
      expect((await local.calls()).filter(({ action }) => action === "CreateFunction")).toHaveLength(2)
    })

    it.each([
      ["success" as const, "run" as const, { state: "stopped", oom: false }],
      ["memory that lacks" as const, "oom" as const, { state: "stopped", oom: true }],
      ["a time-out" as const, "time-out" as const, { state: "stopped", failure: { kind: "agent-timeout", limitMs: 900_000 } }],
    ])("an invocation's end is read from the platform's log: %s", async (_, mode, expected) => {
      const facts = await deployed(lambdaInput())
      await local.tasks(mode)
      const request = attempt(facts)
      const answer = await lambda.launch(request, doors)
      if (answer.status !== "launched") throw new Error(JSON.stringify(answer))
      const worker = { ...request, handle: answer.handle, claimed: null, startedAt: Date.now() }
      expect(await seen(lambda, worker)).toMatchObject(expected)
      const invoked = (await local.calls()).find(({ action }) => action === "Invoke")?.params
      expect(launchSchema.parse(invoked?.["Payload"])).toEqual({
        ...{ jobId: request.jobId, attempt: 1, controlPlaneUrl: "http://x", launchToken: "vl_1" },
      })
      expect(invoked).toMatchObject({
        Qualifier: "live",
        InvocationType: "Event",
      })
      const unheard = { ...worker, handle: crypto.randomUUID() }
      expect(await lambda.inspect(unheard, doors)).toMatchObject({ state: "starting" })
      // Of two deliveries it is the one that claimed.
      expect(await lambda.inspect({ ...unheard, claimed: `lambda:${answer.handle}` }, doors)).toMatchObject(expected)
      expect(await lambda.inspect({ ...unheard, startedAt: Date.now() - 600_000 }, doors)).toMatchObject({ state: "gone" })
    })

    /** Made, changed, invoked and looked at. */
    async function wholeLife(functionName: string): Promise<string> {
      for (const memorySize of [512, 1024]) {
        const done = await provision({ ...lambdaInput(), functionName, memorySize })
        if (!done.ok) return done.message
      }
      const facts = await deployed({ ...lambdaInput(), functionName })
      const request = attempt(facts)
      const answer = await lambda.launch(request, doors)
      if (answer.status !== "launched") return JSON.stringify(answer)
      const worker = { ...request, handle: answer.handle, claimed: null, startedAt: Date.now() }
      return lambda.inspect(worker, doors).then(
        () => "well",
        (error: Error) => error.message,
      )
    }
    const needed = controlPlaneActions().filter((action) => /^(lambda|logs):/.test(action))
    const ofANewOne = ["lambda:CreateFunction", "lambda:CreateAlias", "lambda:TagResource"]
    it.each(needed)("%s is denied by name without it, and nothing more is needed", async (action) => {
      const name = `viberator-${action.replace(":", "-")}`
      expect(await wholeLife(name)).toBe("well")
      await local.setPolicy("control-plane", controlPlanePolicy(action))
      try {
        expect(await wholeLife(ofANewOne.includes(action) ? `${name}-2` : name)).toContain(`does not allow ${action} `)
      } finally {
        await local.setPolicy("control-plane", controlPlanePolicy())
      }
    })

    it("is asked again what stands there", async () => {
      const facts = await deployed({ ...lambdaInput(), functionName: "viberator-asked", memorySize: 512 })
      expect(await lambda.describe?.({ ...facts, memorySize: 1 }, doors)).toMatchObject({ state: "Active", version: "1", memorySize: 512 })
      expect(await lambda.describe?.({ ...facts, functionName: "viberator-nowhere" }, doors)).toEqual({ state: "gone" })
    })

    it("throttled invocations wait, and a function that is gone is refused", async () => {
      const facts = await deployed(lambdaInput())
      await local.fault({
        action: "Invoke",
        status: 429,
        body: { message: "Rate Exceeded." },
        headers: { "x-amzn-errortype": "TooManyRequestsException" },
      })
      expect(await lambda.launch(attempt(facts), doors)).toMatchObject({ status: "not-now" })
      const gone = await lambda.launch(attempt({ ...facts, functionName: "viberator-nowhere" }), doors)
      expect(gone).toMatchObject({ status: "refused", failure: { kind: "launch-refused" } })
    })
  })

  it("sends nothing that botocore's models refuse", async () => {
    await deployed(ecsInput(), "last")
    await deployed({ ...lambdaInput(), vpcConfig: { subnetIds: local.made.subnetIds, securityGroupIds: local.made.securityGroupIds } })
    const calls = await local.calls()
    expect(calls.length).toBeGreaterThan(10)
    expect(calls.filter(({ problems }) => problems.length > 0)).toEqual([])
  })
})
