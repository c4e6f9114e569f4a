// What AWS is slow at, refuses or loses while something is started or launched on it: each wait is seen waiting, each end
// has its sentence.
import { beforeAll, describe, expect, it } from "vitest"
import { type Doors, STRATEGIES } from "../compute/strategy.ts"
import { type Fault, hasMoto, type LocalAws } from "../../testbed/aws.ts"
import { attempt, computeOnMoto, made } from "./moto-compute.ts"

const refused = (action: string, status: number, code: string, message = ""): Fault => ({
  ...{ action, status, body: { message } },
  headers: { "x-amzn-errortype": code },
})
const json = (action: string, status: number, code: string, message = ""): Fault => ({ action, status, body: { __type: code, message } })
const said = (action: string, body: object): Fault => ({ action, status: 200, body })
const function_ = (over: object) => said("GetFunction", { Configuration: { State: "Active", LastUpdateStatus: "Successful", ...over } })
const lost = (action: string): Fault => ({ action, status: 500, body: { __type: "ServiceException" }, after: true })

describe("against moto", () => {
  const { ecsInput, lambdaInput, provision, deployed, seen, ...on } = computeOnMoto()
  const { ecs, lambda } = STRATEGIES
  let local: LocalAws
  let doors: Doors
  beforeAll(() => {
    if (hasMoto) [local, doors] = [on.local(), on.doors()]
  })

  /** The first call of this step meets these faults. */
  const at = (wanted: string, ...faults: Fault[]) => {
    let left = faults
    return async (step: string | null) => {
      if (step !== wanted || left.length === 0) return
      await local.fault(...left.splice(0))
      left = []
    }
  }
  let names = 0
  const fresh = () => ({ ...lambdaInput(), functionName: `viberator-faults-${++names}` })
  /** A function that is there already, so that its next start changes it. */
  async function standing() {
    const input = fresh()
    await deployed({ ...input, memorySize: 512 })
    return { ...input, memorySize: 1024 }
  }
  interface Shown {
    Configuration: { MemorySize: number; VpcConfig?: { SubnetIds?: string[] } }
  }
  const live = async (name: string) =>
    (await local.rest<Shown>("lambda", "GET", `/2015-03-31/functions/${name}?Qualifier=live`)).Configuration

  describe("a start on Lambda", () => {
    it.each<[string, "new" | "changed", Fault, RegExp]>([
      [
        "create function",
        "new",
        refused("CreateFunction", 400, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
        /cannot be assumed/,
      ],
      ["wait for the function", "new", function_({ State: "Pending", StateReasonCode: "Creating" }), /being made/],
      [
        "update code",
        "changed",
        refused("UpdateFunctionCode", 409, "ResourceConflictException", "An update is in progress for resource"),
        /update is in progress/,
      ],
      ["wait for the code", "changed", function_({ LastUpdateStatus: "InProgress" }), /being updated/],
      [
        "update configuration",
        "changed",
        refused("UpdateFunctionConfiguration", 409, "ResourceConflictException", "An update is in progress for resource"),
        /update is in progress/,
      ],
      ["wait for the configuration", "changed", function_({ LastUpdateStatus: "InProgress" }), /being updated/],
      [
        "publish version",
        "new",
        refused("PublishVersion", 409, "ResourceConflictException", "An update is in progress for resource"),
        /update is in progress/,
      ],
      ["wait for the version", "new", function_({ State: "Pending", StateReasonCode: "Creating" }), /being made/],
      ["wait for the version", "new", refused("GetFunction", 404, "ResourceNotFoundException"), /not known yet/],
      ["check invoke rules", "new", refused("GetFunctionEventInvokeConfig", 404, "ResourceNotFoundException"), /not in force/],
      [
        "check invoke rules",
        "new",
        said("GetFunctionEventInvokeConfig", { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 180 }),
        /not in force/,
      ],
    ])("waits in '%s' of a %s function, and then goes on", async (step, kind, fault, reason) => {
      const input = kind === "new" ? fresh() : await standing()
      const done = await provision(input, { before: at(step, fault) })
      expect(done).toMatchObject({ ok: true, waits: [{ step, reason: expect.stringMatching(reason) }] })
    })

    it("takes one that nobody has called for long as settled", async () => {
      const done = await provision(await standing(), { before: at("wait for the code", function_({ State: "Inactive" })) })
      expect(done).toMatchObject({ ok: true, waits: [] })
    })

    it.each<[string, Fault, RegExp]>([
      [
        "wait for the function",
        function_({ State: "Failed", StateReason: "Lambda lost access to the image.", StateReasonCode: "ImageAccessDenied" }),
        /The function failed: Lambda lost access to the image\. \(ImageAccessDenied\)/,
      ],
      [
        "wait for the version",
        function_({ State: "Failed", StateReason: "No addresses.", StateReasonCode: "SubnetOutOfIPAddresses" }),
        /SubnetOutOfIPAddresses/,
      ],
      [
        "publish version",
        refused("PublishVersion", 403, "ExpiredTokenException", "The security token included in the request is expired"),
        /does not accept the control plane's credentials for lambda:PublishVersion .*clock/,
      ],
      [
        "create function",
        refused("CreateFunction", 400, "InvalidParameterValueException", "The subnet ID 'subnet-0f' does not exist"),
        /lambda:CreateFunction .*subnet-0f/,
      ],
      [
        "create function",
        refused("CreateFunction", 400, "CodeStorageExceededException", "Code storage limit exceeded."),
        /Code storage limit/,
      ],
    ])("ends in '%s' with AWS's own reason", async (step, fault, sentence) => {
      expect(await provision(fresh(), { before: at(step, fault) })).toMatchObject({ ok: false, message: expect.stringMatching(sentence) })
    })

    it("that fails while it changes leaves the former version at work", async () => {
      const input = await standing()
      const reason = { LastUpdateStatus: "Failed", LastUpdateStatusReason: "Bad image.", LastUpdateStatusReasonCode: "InvalidImage" }
      const done = await provision(input, { before: at("wait for the code", function_(reason)) })
      expect(done).toMatchObject({ ok: false, message: "The function was not updated: Bad image. (InvalidImage)." })
      expect(await live(input.functionName)).toMatchObject({ MemorySize: 512 })
    })

    it.each(["UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion", "UpdateAlias", "PutFunctionEventInvokeConfig"])(
      "whose answer to %s is lost comes to the same end",
      async (action) => {
        const input = await standing()
        await local.fault(lost(action))
        const done = await provision(input)
        expect(done).toMatchObject({ ok: true, lost: [expect.any(String)] })
        expect(await live(input.functionName)).toMatchObject({ MemorySize: 1024 })
      },
    )

    it("puts a function into a VPC and takes it out again", async () => {
      const input = fresh()
      const vpcConfig = { subnetIds: local.made.subnetIds, securityGroupIds: local.made.securityGroupIds }
      await deployed({ ...input, vpcConfig })
      expect((await live(input.functionName)).VpcConfig?.SubnetIds).toEqual(vpcConfig.subnetIds)
      await local.forgetCalls()
      await deployed(input)
      const update = (await local.calls()).find(({ action }) => action === "UpdateFunctionConfiguration")
      expect(update?.params).toMatchObject({ VpcConfig: { SubnetIds: [], SecurityGroupIds: [] } })
      expect((await live(input.functionName)).VpcConfig?.SubnetIds ?? []).toEqual([])
    })

    it("of what was deployed before serves it again, as a version of its own", async () => {
      const input = fresh()
      const [first, second] = [
        { ...input, memorySize: 512, timeout: 300 },
        { ...input, memorySize: 1024, timeout: 600, architecture: "arm64" },
      ]
      expect((await deployed(first))["version"]).toBe("1")
      expect(await deployed(second)).toMatchObject({ version: "2", formerVersion: "1", architecture: "arm64" })
      expect(await deployed(first)).toMatchObject({
        version: "3",
        formerVersion: "2",
        memorySize: 512,
        timeout: 300,
        architecture: "x86_64",
      })
      expect(await live(input.functionName)).toMatchObject({ MemorySize: 512, Timeout: 300 })
      const codes = (await local.calls()).filter(({ action }) => action === "UpdateFunctionCode")
      expect(codes.map(({ params }) => params["Architectures"])).toEqual([["arm64"], ["x86_64"]])
    })
  })

  describe("a start on ECS", () => {
    it("waits for a cluster that is being made", async () => {
      const fault = said("DescribeClusters", { clusters: [{ clusterArn: local.made.clusterArn, status: "PROVISIONING" }] })
      const done = await provision(ecsInput(), { before: at("check cluster", fault) })
      expect(done).toMatchObject({ ok: true, waits: [{ step: "check cluster", reason: "the cluster is PROVISIONING" }] })
    })

    it("whose registration is lost finds the revision it had made", async () => {
      await local.fault(lost("RegisterTaskDefinition"))
      const done = await provision({ ...ecsInput(), taskFamily: "viberator-lost" })
      expect(done).toMatchObject({ ok: true, lost: ["register task definition"], facts: { revision: 1 } })
      expect(made(await local.calls())).toEqual(["RegisterTaskDefinition"])
    })

    it("of what was deployed before registers it again, and leaves the others as they were", async () => {
      const input = { ...ecsInput(), taskFamily: "viberator-back" }
      const first = await deployed(input)
      const second = await deployed({ ...input, cpu: 512, memory: 1024 })
      const back = await deployed(input)
      expect([first, second, back].map(({ revision, memory }) => [revision, memory])).toEqual([
        [1, "512"],
        [2, "1024"],
        [3, "512"],
      ])
      expect(back["containerImages"]).toBe(first["containerImages"])
      expect(await ecs.describe?.(second, doors)).toMatchObject({ status: "ACTIVE" })
    })

    it("without Spot in its cluster, or with credentials that have expired, ends with a sentence", async () => {
      const cluster = said("DescribeClusters", {
        clusters: [{ clusterArn: local.made.clusterArn, status: "ACTIVE", capacityProviders: ["FARGATE"] }],
      })
      const spot = await provision({ ...ecsInput(), launchType: "FARGATE_SPOT" }, { before: at("check cluster", cluster) })
      expect(spot).toMatchObject({ ok: false, message: expect.stringContaining("no capacity provider FARGATE_SPOT: add it") })
      const expired = json("DescribeClusters", 400, "ExpiredTokenException", "The security token included in the request is expired")
      expect(await provision(ecsInput(), { before: at("check cluster", expired) })).toMatchObject({
        ...{ ok: false, message: expect.stringContaining("does not accept the control plane's credentials for ecs:DescribeClusters") },
      })
    })
  })

  describe("a launch on ECS", () => {
    const failing = (reason: string, detail?: string) =>
      said("RunTask", { tasks: [], failures: [{ arn: "x", reason, ...(detail ? { detail } : {}) }] })
    it.each<[string, Fault, RegExp]>([
      ["AGENT", failing("AGENT"), /no room for the task \(AGENT\)/],
      ["RESOURCE:ENI", failing("RESOURCE:ENI"), /no room for the task \(RESOURCE:ENI\)/],
      ["a server that is busy", json("RunTask", 400, "ThrottlingException", "Rate exceeded"), /takes no more ecs:RunTask calls/],
    ])("that AWS has no room for waits: %s", async (_, fault, sentence) => {
      const facts = await deployed(ecsInput())
      await local.fault(fault)
      expect(await ecs.launch(attempt(facts), doors)).toEqual({ status: "not-now", reason: expect.stringMatching(sentence) })
    })

    it.each<[string, Fault, string, RegExp]>([
      ["ACCESSDENIED", failing("ACCESSDENIED", "the role may not be assumed"), "ACCESSDENIED", /ACCESSDENIED: the role may not be assumed/],
      ["MISSING", failing("MISSING"), "MISSING", /MISSING/],
      ["ATTRIBUTE", failing("ATTRIBUTE"), "ATTRIBUTE", /ATTRIBUTE/],
      ["nothing at all", said("RunTask", { tasks: [], failures: [] }), "no task", /did not say why/],
      [
        "a subnet that is gone",
        json("RunTask", 400, "InvalidParameterException", "The subnet ID 'subnet-0f' does not exist"),
        "InvalidParameterException",
        /subnet-0f/,
      ],
      [
        "a cluster that is gone",
        json("RunTask", 400, "ClusterNotFoundException", "Cluster not found."),
        "ClusterNotFoundException",
        /Cluster not found/,
      ],
      [
        "expired credentials",
        json("RunTask", 400, "ExpiredTokenException", "expired"),
        "ExpiredTokenException",
        /credentials for ecs:RunTask .*clock/,
      ],
      [
        "no right to hand a role on",
        json("RunTask", 400, "AccessDeniedException", "User: x is not authorized to perform: iam:PassRole on resource: y"),
        "AccessDeniedException",
        /does not allow iam:PassRole .* add it to the policy/,
      ],
    ])("that AWS refuses for good ends with its words: %s", async (_, fault, awsCode, sentence) => {
      const facts = await deployed(ecsInput())
      await local.fault(fault)
      expect(await ecs.launch(attempt(facts), doors)).toEqual({
        ...{ status: "refused", transient: false },
        failure: { kind: "launch-refused", awsCode, detail: expect.stringMatching(sentence) },
      })
    })
  })

  describe("a launch on Lambda", () => {
    it.each<[string, Fault, RegExp]>([
      ["expired credentials", refused("Invoke", 403, "ExpiredTokenException", "expired"), /credentials for lambda:InvokeFunction/],
      [
        "an alias that is gone",
        refused("Invoke", 404, "ResourceNotFoundException", "Function not found"),
        /does not know what lambda:InvokeFunction/,
      ],
      [
        "no right",
        refused("Invoke", 403, "AccessDeniedException", "User: x is not authorized to perform: lambda:InvokeFunction on resource: y"),
        /does not allow lambda:InvokeFunction/,
      ],
    ])("that AWS refuses for good ends with its words: %s", async (_, fault, sentence) => {
      const facts = await deployed(lambdaInput())
      await local.fault(fault)
      expect(await lambda.launch(attempt(facts), doors)).toMatchObject({
        ...{ status: "refused", transient: false, failure: { kind: "launch-refused", detail: expect.stringMatching(sentence) } },
      })
    })

    it.each(["ENILimitReachedException", "SubnetIPAddressLimitReachedException", "ServiceException"])(
      "that AWS could not carry out for the moment is made again: %s",
      async (code) => {
        const facts = await deployed(lambdaInput())
        await local.fault(refused("Invoke", 502, code, "later"))
        await expect(lambda.launch(attempt(facts), doors)).rejects.toMatchObject({ lost: true })
        expect(await lambda.launch(attempt(facts), doors)).toMatchObject({ status: "launched" })
      },
    )

    it("is looked for in the whole log, of which a search shows a part at a time", async () => {
      const page = (over: object) => ({ ...said("FilterLogEvents", over), times: 1 })
      const line = (kind: string, record: object) => ({ message: JSON.stringify({ type: kind, record: { requestId: "r1", ...record } }) })
      const worker = {
        ...{ jobId: "job_1", attempt: 1, handle: "r1", claimed: null, startedAt: Date.now() },
        facts: { region: "eu-central-1" },
      }
      await local.fault(
        page({ events: [line("platform.start", {})], nextToken: "1" }),
        page({ events: [], nextToken: "2" }),
        page({ events: [line("platform.report", { status: "success" })] }),
      )
      expect(await lambda.inspect(worker, doors)).toMatchObject({ state: "stopped", reason: "the function ended: success" })
      expect((await local.calls()).flatMap(({ action, params }) => (action === "FilterLogEvents" ? [params["nextToken"]] : []))).toEqual([
        undefined,
        "1",
        "2",
      ])
      // A log without an end says nothing about the worker, and nothing is started in its place.
      await local.fault({ ...said("FilterLogEvents", { events: [], nextToken: "on" }), times: 50 })
      expect(await lambda.inspect(worker, doors)).toMatchObject({ state: "unknown" })
      await local.fault()
    })

    it("that is delivered twice has ended when both have", async () => {
      const facts = await deployed(lambdaInput())
      await local.tasks("twice")
      const request = attempt(facts)
      const answer = await lambda.launch(request, doors)
      if (answer.status !== "launched") throw new Error(JSON.stringify(answer))
      const worker = { ...request, handle: answer.handle, claimed: null, startedAt: Date.now() }
      const ended = async () =>
        (await local.invocations()).filter(({ requestId, status }) => requestId === answer.handle && status !== null).length
      await expect.poll(ended, { timeout: 10_000 }).toBe(2)
      expect(await seen(lambda, worker)).toMatchObject({ reason: expect.stringContaining("Runtime.ExitError") })
    })
  })
})
