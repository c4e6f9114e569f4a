import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { consoleLinks } from "#contract/aws-console.ts"
import type { Clanker } from "#contract/clankers.ts"
import { overrides } from "../context.ts"
import {
  ACCOUNT,
  CLUSTER,
  fakeAws,
  type FakeAws,
  leaveAws,
  liveFunction,
  MANAGED,
  ON_ECS,
  refusal,
  REGION,
  useAws,
  withFunction,
} from "./fake-aws.ts"
import { type Caller, caller, createStage, createUser, ok, setUp, startResearch, until } from "./harness.ts"

// What of a deployment stands in AWS now: GET /api/clankers/:id/deployment?refresh=true; and the way back to a former revision.

let admin: Caller
let aws: FakeAws
const FUNCTION = "viberator-shown"
const IMAGE = `123456789012.dkr.ecr.${REGION}.amazonaws.com/viberator-worker:1`
let clanker: Clanker

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
})
beforeEach(() => {
  aws = fakeAws()
  useAws(aws)
})
afterEach(() => {
  leaveAws()
})

const refreshed = () => admin<Clanker>("GET", `/api/clankers/${clanker.id}/deployment?refresh=true`)
const facts = async () => (await ok(refreshed())).deployment?.facts ?? {}
const stage = async (deploymentConfig: object) => (await createStage(admin, `Shown${Math.random()}`, {}, deploymentConfig)).clanker

const REFUSALS = [
  [
    "says no",
    () => refusal(400, "AccessDeniedException", "no identity-based policy allows it"),
    "does not allow DENIED to the control plane",
  ],
  [
    "knows the key no longer",
    () => refusal(403, "UnrecognizedClientException"),
    "does not accept the control plane's credentials for DENIED",
  ],
  ["calls the session over", () => refusal(403, "ExpiredTokenException"), "does not accept the control plane's credentials for DENIED"],
] as const

describe("a task definition in AWS", () => {
  const definition =
    (over: object = {}) =>
    () =>
      Response.json({
        taskDefinition: { taskDefinitionArn: String(clanker.deployment?.facts["taskDefinitionArn"]), status: "ACTIVE", ...over },
      })

  beforeEach(async () => {
    clanker = await stage({ computeType: "ecs", containerImage: "registry.test/worker:1" })
  })

  it("is shown as it stands, with all that a console's links need", async () => {
    aws.answers["DescribeTaskDefinition"] = definition()
    const seen = await facts()
    expect(seen).toMatchObject({ status: "ACTIVE", clusterStatus: "ACTIVE", revision: 1, region: REGION, clusterArn: CLUSTER })
    expect(seen).toMatchObject({ logGroup: "/ecs/viberglass-local-worker", logStreamPrefix: seen["family"], container: "worker" })
    expect(consoleLinks(seen).map(({ name }) => name)).toEqual(["Cluster", "Task definition", "Logs"])
  })

  it("that was deregistered, or whose cluster is gone, says so, and the clanker stays what it was", async () => {
    aws.answers["DescribeTaskDefinition"] = definition({ status: "INACTIVE" })
    expect(await facts()).toMatchObject({ status: "INACTIVE", clusterStatus: "ACTIVE" })
    delete aws.answers["DescribeTaskDefinition"]
    aws.answers["DescribeClusters"] = () => Response.json({ clusters: [] })
    const shown = await ok(refreshed())
    expect(shown).toMatchObject({ status: "active", deployment: { facts: { status: "gone", clusterStatus: "gone" } } })
    const stored = () => admin<Clanker>("GET", `/api/clankers/${clanker.id}`)
    await until("the row", async () => (await ok(stored())).deployment?.facts["status"] === "gone")
  })

  it.each(REFUSALS)(
    "that AWS does not show because it %s: the sentence names the action, and what was known stays",
    async (_, no, words) => {
      aws.answers["DescribeTaskDefinition"] = no
      expect(await refreshed()).toMatchObject({
        ...{ status: 502 },
        body: {
          error: { code: "outside.failed", message: expect.stringContaining(words.replace("DENIED", "ecs:DescribeTaskDefinition")) },
        },
      })
      expect((await ok(admin<Clanker>("GET", `/api/clankers/${clanker.id}/deployment`))).deployment?.facts).toMatchObject({
        status: "ACTIVE",
      })
    },
  )

  it("cannot be looked at without credentials", async () => {
    overrides.variables = { MANAGED_DEFAULTS: JSON.stringify(MANAGED) }
    expect(await refreshed()).toMatchObject({ status: 502, body: { error: { message: expect.stringContaining("AWS_ROLE_ARN") } } })
  })
})

describe("a function in AWS", () => {
  beforeEach(async () => {
    withFunction(aws, FUNCTION)
    clanker = await stage({ computeType: "lambda", imageUri: IMAGE, functionName: FUNCTION })
  })

  it("is shown as it stands, with all that a console's links need", async () => {
    const seen = await facts()
    expect(seen).toMatchObject({ state: "Active", version: "1", memorySize: 512, region: REGION, functionName: FUNCTION, alias: "live" })
    expect(consoleLinks(seen).map(({ name }) => name)).toEqual(["Function", "Alias", "Version", "Logs"])
  })

  it("that somebody deleted is gone, and the clanker stays what it was", async () => {
    aws.answers[liveFunction(FUNCTION)] = () => refusal(404, "ResourceNotFoundException")
    expect(await ok(refreshed())).toMatchObject({ status: "active", deployment: { facts: { state: "gone", functionName: FUNCTION } } })
  })

  it.each(REFUSALS)(
    "that AWS does not show because it %s: the sentence names the action, and what was known stays",
    async (_, no, words) => {
      aws.answers[liveFunction(FUNCTION)] = no
      expect(await refreshed()).toMatchObject({
        ...{ status: 502 },
        body: { error: { code: "outside.failed", message: expect.stringContaining(words.replace("DENIED", "lambda:GetFunction")) } },
      })
      expect((await ok(admin<Clanker>("GET", `/api/clankers/${clanker.id}/deployment`))).deployment?.facts).toMatchObject({
        state: "Active",
      })
    },
  )

  it("cannot be looked at without credentials", async () => {
    overrides.variables = { MANAGED_DEFAULTS: JSON.stringify(MANAGED) }
    expect(await refreshed()).toMatchObject({ status: 502, body: { error: { message: expect.stringContaining("AWS_ROLE_ARN") } } })
  })
})

describe("going back to a former revision", () => {
  const serving = async (revision: number) =>
    until(`revision ${revision}`, async () => {
      const seen = await ok(admin<Clanker>("GET", `/api/clankers/${clanker.id}`))
      if (seen.status === "failed") throw new Error(String(seen.statusMessage))
      return seen.status === "active" && seen.servingRevision === revision ? seen : null
    })
  const start = (body: object) => admin("PUT", `/api/clankers/${clanker.id}/deployment`, body)
  const change = (deploymentConfig: object) => ok(admin("PATCH", `/api/clankers/${clanker.id}`, { deploymentConfig }))

  it("on ECS registers its image again, and jobs run with it", async () => {
    const images: string[] = []
    aws.answers["RegisterTaskDefinition"] = ({ body }) => {
      const { family, containerDefinitions } = JSON.parse(body)
      const revision = images.push(containerDefinitions[0].image)
      const taskDefinitionArn = `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/${family}:${revision}`
      return Response.json({ taskDefinition: { taskDefinitionArn, family, revision, status: "ACTIVE", containerDefinitions } })
    }
    const { project, ...made } = await createStage(
      admin,
      "Back on ECS",
      {},
      { computeType: "ecs", containerImage: "registry.test/worker:1" },
    )
    clanker = made.clanker
    await change({ computeType: "ecs", containerImage: "registry.test/worker:2" })
    expect((await start({})).status).toBe(202)
    await serving(2)
    expect((await start({ revision: 1 })).status).toBe(202)
    expect(await serving(1)).toMatchObject({ revision: 2, deployedRevision: 1, changesPending: true })
    expect(images).toEqual(["registry.test/worker:1", "registry.test/worker:2", "registry.test/worker:1"])
    const { job } = await startResearch(admin, project.id)
    const run = await until("RunTask", () => aws.asked.find(({ action, body }) => action === "RunTask" && body.includes(job.id)) ?? null)
    expect(JSON.parse(run.body).taskDefinition).toMatch(/:3$/)
  })

  it("on Lambda publishes it anew and moves the alias; a revision that there is not changes nothing", async () => {
    withFunction(aws, FUNCTION)
    const at = `https://lambda.${REGION}.amazonaws.com/2015-03-31/functions/${FUNCTION}`
    let version = 1
    const moved: string[] = []
    const made = { State: "Active", LastUpdateStatus: "Successful", MemorySize: 512, Timeout: 300 }
    const later = {
      [`${at}/code`]: () => Response.json(made),
      [`${at}/configuration`]: () => Response.json(made),
      [`${at}/versions`]: () => {
        version += 1
        aws.answers[`${at}?Qualifier=${version}`] = () => Response.json({ Configuration: { ...made, Version: String(version) } })
        return Response.json({ Version: String(version) })
      },
      [`${at}/aliases/live`]: ({ body }: { body: string }) => {
        if (body !== "") moved.push(JSON.parse(body).FunctionVersion)
        return Response.json({ FunctionVersion: moved.at(-1) ?? "1" })
      },
    }
    clanker = await stage({ computeType: "lambda", imageUri: IMAGE, functionName: FUNCTION, memorySize: 512 })
    Object.assign(aws.answers, later)
    await change({ computeType: "lambda", imageUri: IMAGE.replace(/1$/, "2"), functionName: FUNCTION, memorySize: 1024 })
    await ok(start({}))
    await serving(2)
    expect(await start({ revision: 3 })).toMatchObject({ status: 404, body: { error: { code: "not-found" } } })
    await ok(start({ revision: 1 }))
    expect((await serving(1)).deployment?.facts).toMatchObject({ version: "3", formerVersion: "2" })
    expect(moved).toEqual(["2", "3"])
    const sizes = aws.asked.filter(({ url }) => url === `${at}/configuration`).map(({ body }) => JSON.parse(body).MemorySize)
    expect(sizes).toEqual([1024, 512])
  })

  it("is refused where that revision lacks something, and what serves goes on", async () => {
    clanker = await stage({ computeType: "ecs", containerImage: "registry.test/worker:1" })
    await change(ON_ECS)
    await ok(start({}))
    await serving(2)
    overrides.variables = { ...overrides.variables, MANAGED_DEFAULTS: "{}" }
    expect(await start({ revision: 1 })).toMatchObject({
      status: 422,
      body: {
        error: { code: "deployment.incomplete", detail: { fields: { "deploymentConfig.cluster": expect.stringContaining("is missing") } } },
      },
    })
    expect(await serving(2)).toMatchObject({ acceptsJobs: true })
  })
})
