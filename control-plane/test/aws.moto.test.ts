// Every verb against a stand-in for AWS that checks signatures and our own policy, with its resources and conditions: with all
// of it a verb works, and without one action it is told as denied, by that action's name.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Aws, createAws } from "../aws/client.ts"
import { imageDigest, parseEcrImage } from "../aws/ecr.ts"
import { vpcsOfSecurityGroups, vpcsOfSubnets, wayOut } from "../aws/ec2.ts"
import { describeCluster, describeTask, describeTaskDefinition, listTasks, registerTaskDefinition, runTask, stopTask } from "../aws/ecs.ts"
import { createFunction } from "../aws/lambda.ts"
import { deleteParameter, putSecureParameter } from "../aws/ssm.ts"
import { callerIdentity } from "../aws/sts.ts"
import { hasMoto, type Key, type LocalAws, NO_MOTO, REGION, startAws } from "../../testbed/aws.ts"
import { controlPlaneActions, controlPlanePolicy, KEY_ALIAS } from "../../testbed/aws-policies.ts"

const actions = controlPlaneActions()

describe("against moto", () => {
  let local: LocalAws
  let key: Key
  let aws: Aws

  beforeAll(async () => {
    if (!hasMoto) return
    local = await startAws()
    key = await local.user("control-plane", controlPlanePolicy())
    aws = createAws({ region: REGION, endpoints: { default: local.url }, credentials: async () => key })
    await local.checkRights(true)
  })
  afterAll(() => local?.close())
  beforeEach(({ skip }) => skip(!hasMoto, NO_MOTO))

  const definition = () => ({
    family: "viberator-worker-verbs",
    requiresCompatibilities: ["FARGATE" as const],
    networkMode: "awsvpc" as const,
    ...{ cpu: "256", memory: "512", taskRoleArn: local.made.taskRoleArn },
    containerDefinitions: [{ name: "worker", image: local.made.image, essential: true }],
  })
  const network = () => ({ awsvpcConfiguration: { subnets: local.made.subnetIds, securityGroups: local.made.securityGroupIds } })
  const run = (clientToken: string, more: object = {}) =>
    runTask(aws, REGION, {
      ...{ cluster: local.made.cluster, taskDefinition: "viberator-worker-verbs", launchType: "FARGATE", clientToken, ...more },
      ...{ startedBy: "job_1", networkConfiguration: network() },
    })
  const task = async () => (await run("same")).tasks?.[0]?.taskArn ?? ""
  const secret = (value: string) => putSecureParameter(aws, REGION, { name: "/viberator/secrets/local/shared/A", value, keyId: KEY_ALIAS })
  /** In a network, with a name that is not taken. */
  const makeFunction = () =>
    createFunction(aws, REGION, {
      ...{ FunctionName: `viberator-${crypto.randomUUID().slice(0, 8)}`, PackageType: "Image", Role: local.made.lambdaRoleArn },
      Code: { ImageUri: local.made.image },
      VpcConfig: { SubnetIds: local.made.subnetIds, SecurityGroupIds: local.made.securityGroupIds },
    })

  /** In this order: a later verb uses what an earlier one made. */
  const VERBS: Record<string, () => Promise<unknown>> = {
    "ecs:DescribeClusters": () => describeCluster(aws, REGION, local.made.cluster),
    "ecs:RegisterTaskDefinition": () => registerTaskDefinition(aws, REGION, definition()),
    "ecs:DescribeTaskDefinition": () => describeTaskDefinition(aws, REGION, "viberator-worker-verbs"),
    "iam:PassRole": () => registerTaskDefinition(aws, REGION, definition()),
    "ecs:RunTask": () => run("same"),
    "ecs:TagResource": () => run("tagged", { tags: [{ key: "viberglass:job", value: "job_1" }] }),
    "ecs:ListTasks": () => listTasks(aws, REGION, { cluster: local.made.cluster, startedBy: "job_1", desiredStatus: "RUNNING" }),
    "ecs:DescribeTasks": async () => describeTask(aws, REGION, { cluster: local.made.cluster, task: await task() }),
    "ecs:StopTask": async () => stopTask(aws, REGION, { cluster: local.made.cluster, task: await task(), reason: "x".repeat(300) }),
    "ec2:DescribeSubnets": () => vpcsOfSubnets(aws, REGION, local.made.subnetIds),
    "ec2:DescribeSecurityGroups": () => vpcsOfSecurityGroups(aws, REGION, local.made.securityGroupIds),
    "ec2:DescribeRouteTables": () => wayOut(aws, REGION, local.made.subnetIds[0] ?? "", "vpc-1"),
    "ecr:DescribeImages": () =>
      imageDigest(aws, parseEcrImage(local.made.image) ?? { account: "", region: "", repository: "", tag: "", digest: "" }),
    "ec2:DescribeVpcs": makeFunction,
    "ecr:BatchGetImage": makeFunction,
    "ecr:GetDownloadUrlForLayer": makeFunction,
    "ssm:PutParameter": () => secret("v"),
    "kms:Encrypt": () => secret("v"),
    "kms:GenerateDataKey": () => secret("v".repeat(4097)),
    "ssm:DeleteParameter": () => deleteParameter(aws, REGION, "/viberator/secrets/local/shared/A"),
  }

  it.each(Object.keys(VERBS))("%s works with our policy and is denied by name without it", async (action) => {
    const verb = VERBS[action]
    expect(actions).toContain(action)
    expect(await verb?.()).not.toBeNull()
    await local.setPolicy("control-plane", controlPlanePolicy(action))
    try {
      const named = new RegExp(`^AWS does not allow ([a-zA-Z:]+ and )?${action} `)
      await expect(verb?.()).rejects.toMatchObject({ kind: "denied", message: expect.stringMatching(named) })
    } finally {
      await local.setPolicy("control-plane", controlPlanePolicy())
    }
  })

  it("every action of the policy has such a test", () => {
    // Those of Lambda and its log are taken out one by one in compute.moto.test.ts.
    const here = actions.filter((action) => !/^(lambda|logs):/.test(action))
    expect(Object.keys(VERBS).toSorted()).toEqual(here.toSorted())
  })

  it("an identity may always ask who it is; a wrong key is told as such", async () => {
    expect(await callerIdentity(aws, REGION)).toMatchObject({ account: "123456789012", arn: expect.stringContaining("user/control-plane") })
    const wrong = createAws({
      region: REGION,
      endpoints: { default: local.url },
      credentials: async () => ({ ...key, secretAccessKey: "x" }),
    })
    await expect(callerIdentity(wrong, REGION)).rejects.toMatchObject({ kind: "denied", message: expect.stringContaining("credentials") })
  })

  it("sends nothing that botocore's models refuse", async () => {
    const calls = await local.calls()
    expect(calls.length).toBeGreaterThan(20)
    expect(calls.filter(({ problems }) => problems.length > 0)).toEqual([])
  })
})
