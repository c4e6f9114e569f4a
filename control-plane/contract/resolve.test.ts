import { describe, expect, it } from "vitest"
import { deploymentConfigSchema } from "#contract/clankers.schema.ts"
import { resolve } from "./resolve.ts"

const managed = {
  cluster: "arn:aws:ecs:eu-west-1:123456789012:cluster/workers",
  executionRoleArn: "arn:aws:iam::123456789012:role/execution",
  taskRoleArn: "arn:aws:iam::123456789012:role/task",
  lambdaRoleArn: "arn:aws:iam::123456789012:role/function",
  subnetIds: ["subnet-0123456789abcdef0"],
  securityGroupIds: ["sg-0123456789abcdef0"],
  assignPublicIp: true,
}
const clanker = { id: "clk_01a1f926fd557213b66d4db5a84c6185", slug: "builder" }
const ecr = (region: string, rest = "viberator-worker:1") => `123456789012.dkr.ecr.${region}.amazonaws.com/${rest}`
const at = (input: object, defaults: object = managed) =>
  resolve(deploymentConfigSchema.parse(input), clanker, { managed: defaults, region: "eu-central-1" })
const filled = (input: object, defaults?: object) => {
  const answer = at(input, defaults)
  if (!answer.ok) throw new Error(JSON.stringify(answer.fields))
  return answer.config
}
const fields = (input: object, defaults?: object) => {
  const answer = at(input, defaults)
  return answer.ok ? {} : answer.fields
}
const ecs = { computeType: "ecs", containerImage: ecr("eu-west-1") }
const lambda = { computeType: "lambda", imageUri: ecr("eu-west-1") }

describe("what a deployment needs", () => {
  it("is the clanker's own word, then the managed defaults", () => {
    const { lambdaRoleArn: _, ...defaults } = managed
    expect(filled(ecs)).toMatchObject({ ...defaults, region: "eu-west-1", taskFamily: "viberator-worker-builder" })
    expect(filled({ ...ecs, assignPublicIp: false, taskRoleArn: "arn:aws:iam::123456789012:role/own" })).toMatchObject({
      ...{ assignPublicIp: false, taskRoleArn: "arn:aws:iam::123456789012:role/own" },
    })
    expect(filled(lambda)).toMatchObject({ functionName: "viberator-builder-a84c6185", roleArn: managed.lambdaRoleArn })
    expect(filled(lambda)).not.toHaveProperty("vpcConfig")
  })

  it("names every field that is missing, at once", () => {
    expect(Object.keys(fields({ computeType: "ecs" }, {}))).toEqual([
      ...["cluster", "subnetIds", "securityGroupIds", "containerImage", "executionRoleArn", "taskRoleArn"],
    ])
    expect(Object.keys(fields({ computeType: "lambda" }, {}))).toEqual(["imageUri", "roleArn"])
  })

  it.each([
    ["explicit", { ...ecs, region: "us-east-1", cluster: "workers" }, "us-east-1"],
    ["of an ARN", { ...ecs, containerImage: "registry.test/w" }, "eu-west-1"],
    ["of the image", { ...ecs, cluster: "workers" }, "eu-west-1"],
    ["the installation's", { ...ecs, cluster: "workers", containerImage: "registry.test/w" }, "eu-central-1"],
  ])("lies in the region that is %s", (_, input, region) => {
    expect(filled(input)).toMatchObject({ region })
  })

  it.each([
    [256, 512, true],
    [256, 4096, false],
    [1024, 2048, true],
    [1024, 9216, false],
    [4096, 30_720, true],
    [8192, 16_384, true],
    [8192, 17_408, false],
    [16_384, 122_880, true],
    [300, 512, false],
  ])("cpu %d with memory %d is a pair of Fargate's: %s", (cpu, memory, is) => {
    expect(Object.keys(fields({ ...ecs, cpu, memory }))).toEqual(is ? [] : [cpu === 300 ? "cpu" : "memory"])
  })

  it("a definition to copy gives its family and its roles; one that is used as it is needs nothing of its own", () => {
    const taskDefinitionArn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/base:7"
    const copy = filled({ ...ecs, taskDefinitionArn })
    expect(copy).toMatchObject({ taskFamily: "base" })
    expect(copy).not.toHaveProperty("taskRoleArn")
    expect(filled({ computeType: "ecs", taskDefinitionArn, cpu: 300 })).not.toHaveProperty("containerImage")
  })

  it.each([
    ["another region's cluster", { ...ecs, region: "eu-west-3" }, "cluster"],
    ["another region's image for a function", { ...lambda, region: "eu-west-3" }, "imageUri"],
    ["an image outside ECR for a function", { ...lambda, imageUri: "docker.io/library/node:24" }, "imageUri"],
    ["half a VPC", { ...lambda, vpcConfig: { subnetIds: managed.subnetIds } }, "vpcConfig.securityGroupIds"],
    ["a limit below a worker's own", { ...lambda, timeout: 60 }, "timeout"],
    ["an image with an ellipsis", { ...ecs, containerImage: "registry.test/..." }, "containerImage"],
    ["a role that is none", { ...ecs, taskRoleArn: "arn:aws:iam::...:role/x" }, "taskRoleArn"],
    ["a region that is none", { ...ecs, region: "mars" }, "region"],
  ])("%s is refused by name", (_, input, field) => {
    expect(Object.keys(fields(input))).toContain(field)
  })
})
