import { describe, expect, it } from "vitest"
import { deploymentConfigSchema } from "#contract/clankers.schema.ts"
import type { ManagedDefaults } from "#contract/managed.ts"
import { resolve } from "#contract/resolve.ts"
import { fromConfig, toConfig } from "../pages/clankers/config.ts"
import { type ConfigValues, emptyValues } from "../pages/clankers/fields.ts"
import { accessOf, logGroupOf, sourcesOf } from "../pages/clankers/sources.ts"

const clanker = { id: "clk_01a1f926fd557213b66d4db5a84c6185", slug: "builder" }
const ecr = (region: string) => `123456789012.dkr.ecr.${region}.amazonaws.com/viberator-worker:1`
const managed: ManagedDefaults = {
  ...{ region: "eu-west-1", cluster: "arn:aws:ecs:eu-west-1:123456789012:cluster/workers" },
  ...{ executionRoleArn: "arn:aws:iam::123456789012:role/execution", taskRoleArn: "arn:aws:iam::123456789012:role/task" },
  ...{ lambdaRoleArn: "arn:aws:iam::123456789012:role/function", assignPublicIp: true },
  ...{ subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], securityGroupIds: ["sg-0123456789abcdef0"] },
  ...{ ecsImage: ecr("eu-west-1"), lambdaImage: ecr("eu-west-1"), ecsLogGroup: "/ecs/ours" },
  lambdaVpcConfig: { subnetIds: ["subnet-0123456789abcdef2"], securityGroupIds: ["sg-0123456789abcdef2"] },
}
const installation = (managedDefaults: ManagedDefaults) =>
  ({ managedDefaults, awsRegion: "eu-central-1", awsCredentials: "role", environment: "dev" }) as const
const of = (computeType: "ecs" | "lambda", values: ConfigValues = {}, defaults = managed) =>
  Object.fromEntries(
    sourcesOf(computeType, { ...emptyValues(computeType), ...values }, clanker, installation(defaults)).map((one) => [one.name, one]),
  )
const sources = (...args: Parameters<typeof of>) =>
  Object.fromEntries(Object.entries(of(...args)).map(([name, { source }]) => [name, source]))

describe("what a start uses", () => {
  it.each(["ecs", "lambda"] as const)("of a clanker that says nothing is what the server makes of it, on %s", (computeType) => {
    const resolved = resolve(deploymentConfigSchema.parse({ computeType }), clanker, { managed, region: "eu-central-1" })
    expect(resolved.ok).toBe(true)
    const server = fromConfig(resolved.config)?.values ?? {}
    expect(Object.fromEntries(Object.entries(of(computeType)).map(([name, { value }]) => [name, value]))).toEqual(server)
  })

  it("comes from the installation, from the rest, or is everybody's default", () => {
    const [given, standard] = ["installation", "default"]
    expect(sources("ecs")).toEqual({
      ...{ region: given, cluster: given, containerImage: given, subnetIds: given, securityGroupIds: given, assignPublicIp: given },
      ...{ executionRoleArn: given, taskRoleArn: given, taskFamily: "made", taskDefinitionArn: standard, launchType: standard },
      ...{ cpu: standard, memory: standard, architecture: standard, ephemeralStorageGiB: standard },
    })
    expect(sources("lambda")).toEqual({
      ...{ region: given, imageUri: given, subnetIds: given, securityGroupIds: given, roleArn: given, functionName: "made" },
      ...{ timeout: standard, memorySize: standard, ephemeralStorage: standard, architecture: standard },
    })
  })

  it("is the clanker's own word where it has one, also one that only says no to the installation", () => {
    const own = { cluster: "other", cpu: "2048", memory: "4096", assignPublicIp: "false", subnetIds: "subnet-0123456789abcdef9" }
    const found = of("ecs", own)
    for (const [name, value] of Object.entries(own)) expect(found[name]).toMatchObject({ source: "own", value })
    expect(sources("ecs", { cpu: "1024", assignPublicIp: "" }, {})).toMatchObject({ cpu: "default", assignPublicIp: "default" })
  })

  it("lies where an ARN or the image says, when they say it", () => {
    expect(of("lambda", { imageUri: ecr("us-east-1") })["region"]).toMatchObject({ source: "made", value: "us-east-1" })
    expect(of("lambda", {}, {})["region"]).toMatchObject({ source: "installation", value: "eu-central-1" })
  })

  it.each([
    ["ecs", {}, ["cluster", "subnetIds", "securityGroupIds", "containerImage", "executionRoleArn", "taskRoleArn"]],
    ["lambda", {}, ["imageUri", "roleArn"]],
    ["ecs", { ...managed, ecsImage: undefined }, ["containerImage"]],
  ] as const)("lacks on %s with %j what a start is refused for", (computeType, defaults, names) => {
    const found = Object.values(of(computeType, {}, JSON.parse(JSON.stringify(defaults))))
    const lacking = found.filter(({ problem }) => problem !== null)
    expect(lacking.map(({ name }) => name).toSorted()).toEqual([...names].toSorted())
    expect(lacking.map(({ source }) => source)).toEqual(names.map(() => "missing"))
  })

  it("says what is wrong with a value that is there, in the server's words", () => {
    const values = { subnetIds: "subnet-...", cpu: "300" }
    const found = of("ecs", values)
    const server = resolve(deploymentConfigSchema.parse(toConfig("ecs", { ...emptyValues("ecs"), ...values })), clanker, {
      ...{ managed, region: "eu-central-1" },
    })
    if (server.ok) throw new Error("a start would not be refused")
    expect({ subnetIds: found["subnetIds"]?.problem, cpu: found["cpu"]?.problem }).toEqual(server.fields)
    expect(found["subnetIds"]?.source).toBe("own")
    expect(of("lambda", { subnetIds: "subnet-..." })["subnetIds"]?.problem).toContain("is not subnet-")
  })

  it("says how AWS is reached, and where the log is", () => {
    expect(accessOf({ awsCredentials: null })).toMatchObject({ source: "missing", problem: expect.stringContaining("is missing") })
    expect(accessOf({ awsCredentials: "key" })).toMatchObject({ value: "By a stored key", problem: null })
    expect(logGroupOf("ecs", installation(managed))).toMatchObject({ value: "/ecs/ours", source: "installation" })
    expect(logGroupOf("lambda", installation(managed))).toMatchObject({ value: "/aws/lambda/viberglass-dev-worker", source: "default" })
  })
})
