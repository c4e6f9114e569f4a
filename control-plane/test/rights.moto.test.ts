// What our own policies must refuse: the right verb on what is somebody else's. Beside each refusal, the same verb on our own.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Aws, createAws } from "../aws/client.ts"
import { imageDigest } from "../aws/ecr.ts"
import { describeCluster, describeTasks, listTasks, registerTaskDefinition, runTask, stopTask } from "../aws/ecs.ts"
import { createFunction, getFunction, invoke } from "../aws/lambda.ts"
import { readLog } from "../aws/logs.ts"
import { deleteParameter, putSecureParameter } from "../aws/ssm.ts"
import { ACCOUNT, allowing, controlPlanePolicy, KEY_ALIAS, policy, ROLES, withoutAction } from "../../testbed/aws-policies.ts"
import { ECS, hasMoto, type LocalAws, makeKey, NO_MOTO, REGION, startAws } from "../../testbed/aws.ts"

const FAMILY = "viberator-worker-rights"
const OTHER_CLUSTER = "somebody-elses"
const OTHER_KEY = "alias/somebody-elses"
const OURS = "/viberator/secrets/local/shared/A"
const PROD = "/viberator/secrets/prod/shared/A"

describe("against moto", () => {
  let local: LocalAws
  let aws: Aws
  const clientOf = (key: { accessKeyId: string; secretAccessKey: string }) =>
    createAws({ region: REGION, endpoints: { default: local.url }, credentials: async () => key })

  beforeAll(async () => {
    if (!hasMoto) return
    local = await startAws()
    aws = clientOf(await local.user("control-plane", controlPlanePolicy()))
    await makeKey(local.url, OTHER_KEY)
    await local.json("ecs", ECS("CreateCluster"), { clusterName: OTHER_CLUSTER })
    for (const family of [FAMILY, "somebody-elses"])
      await local.json("ecs", ECS("RegisterTaskDefinition"), {
        ...{ family, containerDefinitions: [{ name: "worker", image: local.made.image }], requiresCompatibilities: ["FARGATE"] },
        ...{ networkMode: "awsvpc", cpu: "256", memory: "512", taskRoleArn: local.made.taskRoleArn },
      })
    await local.json("ecs", ECS("RegisterTaskDefinition"), {
      ...{ family: "viberator-with-others", containerDefinitions: [{ name: "worker", image: local.made.image }] },
      ...{ networkMode: "awsvpc", cpu: "256", memory: "512", taskRoleArn: roleElsewhere },
    })
    for (const [Name, KeyId] of [
      [OURS, KEY_ALIAS],
      [`${OURS}-kept`, KEY_ALIAS],
      [PROD, KEY_ALIAS],
      [`${OURS}-sealed-by-others`, OTHER_KEY],
    ])
      await local.json("ssm", "AmazonSSM.PutParameter", { Name, Value: "a value", Type: "SecureString", KeyId })
    await local.checkRights(true)
  })
  afterAll(() => local?.close())
  beforeEach(({ skip }) => skip(!hasMoto, NO_MOTO))

  const register = (over: object = {}) =>
    registerTaskDefinition(aws, REGION, {
      ...{ family: FAMILY, requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512" },
      ...{ containerDefinitions: [{ name: "worker", image: local.made.image }], taskRoleArn: local.made.taskRoleArn },
      tags: [{ key: "viberglass:environment", value: "local" }],
      ...over,
    })
  const run = (over: object = {}) =>
    runTask(aws, REGION, {
      ...{ cluster: local.made.clusterArn, taskDefinition: `${FAMILY}:1`, launchType: "FARGATE", clientToken: crypto.randomUUID() },
      tags: [{ key: "viberglass:job", value: "job_1" }],
      networkConfiguration: { awsvpcConfiguration: { subnets: local.made.subnetIds, securityGroups: local.made.securityGroupIds } },
      ...over,
    })
  const makeFunction = (over: object = {}) =>
    createFunction(aws, REGION, {
      ...{ FunctionName: `viberator-${crypto.randomUUID().slice(0, 8)}`, PackageType: "Image", Role: local.made.lambdaRoleArn },
      ...{ Code: { ImageUri: local.made.image }, Tags: { "viberglass:environment": "local" } },
      ...over,
    })
  const write = (name: string, keyId: string = KEY_ALIAS) => putSecureParameter(aws, REGION, { name, value: "v", keyId })
  const logOf = (environment: string) => readLog(aws, REGION, `/aws/lambda/viberglass-${environment}-worker`, 0)
  const image = (repository: string, account = ACCOUNT) =>
    imageDigest(aws, { account, region: REGION, repository, tag: "latest", digest: null })
  const [roleElsewhere, imageElsewhere] = [
    "arn:aws:iam::999999999999:role/task",
    `999999999999.dkr.ecr.${REGION}.amazonaws.com/viberator-a`,
  ]

  // Ours first, for each verb: without it a refusal proves nothing.
  const ALLOWED: [string, () => Promise<unknown>][] = [
    ["a definition of our family, with our role and tags", () => register()],
    ["a task of ours", () => run()],
    ["a role of ours for one task", () => run({ overrides: { executionRoleArn: local.made.executionRoleArn } })],
    ["tasks of our cluster", () => listTasks(aws, REGION, { cluster: local.made.clusterArn, startedBy: "x", desiredStatus: "RUNNING" })],
    ["our cluster", () => describeCluster(aws, REGION, local.made.clusterArn)],
    ["a function of ours", () => makeFunction()],
    ["our function's data", () => getFunction(aws, REGION, "viberator-a", "live")],
    ["a secret of ours", () => write(OURS)],
    ["our image", () => image("viberator-worker-multi-agent")],
    ["our functions' log", () => logOf("local").catch((error: unknown) => expect(error).toMatchObject({ kind: "not-found" }))],
  ]
  it.each(ALLOWED)("%s is ours", async (_, verb) => {
    await verb()
  })

  const REFUSED: [string, () => Promise<unknown>, string, RegExp][] = [
    [
      "another family's definition is run",
      () => run({ taskDefinition: "somebody-elses:1" }),
      "ecs:RunTask",
      /task-definition\/somebody-elses:1/,
    ],
    ["another family's newest is run", () => run({ taskDefinition: "somebody-elses" }), "ecs:RunTask", /task-definition\/somebody-elses /],
    [
      "a task is run in another cluster",
      () => run({ cluster: OTHER_CLUSTER }),
      "ecs:RunTask",
      /task-definition\/viberator-worker-rights:1/,
    ],
    [
      "a task there is looked at",
      () => describeTasks(aws, REGION, { cluster: OTHER_CLUSTER, tasks: ["0".repeat(32)] }),
      ...(["ecs:DescribeTasks", /task\/somebody-elses\/0{32}/] as const),
    ],
    [
      "a task there is stopped",
      () => stopTask(aws, REGION, { cluster: OTHER_CLUSTER, task: "0".repeat(32), reason: "" }),
      ...(["ecs:StopTask", /task\/somebody-elses\/0{32}/] as const),
    ],
    [
      "tasks there are listed",
      () => listTasks(aws, REGION, { cluster: OTHER_CLUSTER, startedBy: "x", desiredStatus: "RUNNING" }),
      ...(["ecs:ListTasks", /container-instance\/somebody-elses/] as const),
    ],
    ["another cluster is looked at", () => describeCluster(aws, REGION, OTHER_CLUSTER), "ecs:DescribeClusters", /cluster\/somebody-elses/],
    ["another family gets our tags", () => register({ family: "other" }), "ecs:TagResource", /task-definition\/other:/],
    ["another account's role is passed", () => register({ taskRoleArn: roleElsewhere }), "iam:PassRole", /999999999999:role\/task/],
    ["a function's role is given to tasks", () => register({ taskRoleArn: local.made.lambdaRoleArn }), "iam:PassRole", /-lambda because/],
    [
      "a task's role is given to one task in place of its definition's",
      () => run({ overrides: { taskRoleArn: local.made.lambdaRoleArn } }),
      ...(["iam:PassRole", /-lambda because/] as const),
    ],
    [
      "a definition is run whose role we may not pass",
      () => run({ taskDefinition: "viberator-with-others:1" }),
      "iam:PassRole",
      /999999999999:role\/task/,
    ],
    ["a task's role is given to a function", () => makeFunction({ Role: local.made.taskRoleArn }), "iam:PassRole", /-task because/],
    ["a function of another name is made", () => makeFunction({ FunctionName: "other" }), "lambda:CreateFunction", /function:other/],
    ["one is looked at", () => getFunction(aws, REGION, "other"), "lambda:GetFunction", /function:other/],
    ["one is called", () => invoke(aws, REGION, "other", "live", {}), "lambda:InvokeFunction", /function:other:live/],
    ["another account's image is run", () => makeFunction({ Code: { ImageUri: imageElsewhere } }), "ecr:BatchGetImage", /ECR image/],
    ["another repository is looked at", () => image("somebody-elses"), "ecr:DescribeImages", /repository\/somebody-elses/],
    ["another account's repository is looked at", () => image("viberator-a", "999999999999"), "ecr:DescribeImages", /999999999999/],
    ["another environment's log is read", () => logOf("prod"), "logs:FilterLogEvents", /viberglass-prod-worker/],
    ["another environment's secret is written", () => write(PROD), "ssm:PutParameter", /secrets\/prod\//],
    ["another environment's secret is deleted", () => deleteParameter(aws, REGION, PROD), "ssm:DeleteParameter", /secrets\/prod\//],
    ["a secret is sealed with another key", () => write(OURS, OTHER_KEY), "kms:Encrypt", /key\//],
    ["a secret is read", () => read(aws, [OURS]), "ssm:GetParameters", /secrets\/local\//],
  ]
  it.each(REFUSED)("refused to the control plane: %s", async (_, verb, action, on) => {
    const refusal = { kind: "denied", message: expect.stringMatching(new RegExp(`^AWS does not allow ${action} .*${on.source}`)) }
    await expect(verb()).rejects.toMatchObject(refusal)
  })

  const assume = (who: Aws) => {
    const body = new URLSearchParams({ Action: "AssumeRole", Version: "2011-06-15", RoleArn: ROLES.execution, RoleSessionName: "more" })
    const headers = { "content-type": "application/x-www-form-urlencoded" }
    return who.send({ service: "sts", action: "AssumeRole", region: REGION, asks: true, headers, body: body.toString() })
  }
  const network = policy("workers/policies/lambda-vpc.json")
  it.each(["CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface"])(
    "a function in a VPC is refused while its own role lacks ec2:%s",
    async (name) => {
      const VpcConfig = { SubnetIds: local.made.subnetIds, SecurityGroupIds: local.made.securityGroupIds }
      await makeFunction({ VpcConfig })
      await local.setRolePolicy(local.made.lambdaRoleArn, withoutAction(network, `ec2:${name}`), 2)
      await expect(makeFunction({ VpcConfig })).rejects.toMatchObject({ kind: "permanent", message: expect.stringContaining(name) })
      await makeFunction()
      await local.setRolePolicy(local.made.lambdaRoleArn, network, 2)
    },
  )

  const read = (who: Aws, Names: string[]) =>
    who.json<{ Parameters: { Value: string }[] }>("ssm", "GetParameters", REGION, { Names, WithDecryption: true })

  describe.each([["task"], ["lambda"]] as const)("a worker with the %s role", (name) => {
    let worker: Aws
    beforeAll(async () => {
      if (hasMoto) worker = clientOf(await local.session(name === "task" ? local.made.taskRoleArn : local.made.lambdaRoleArn))
    })

    it("reads this environment's secrets", async () => {
      expect((await read(worker, [`${OURS}-kept`])).Parameters).toEqual([expect.objectContaining({ Value: "a value" })])
    })

    it.each([
      ["another environment's", () => read(worker, [PROD]), "ssm:GetParameters", /secrets\/prod\//],
      ["another environment's among ours", () => read(worker, [OURS, PROD]), "ssm:GetParameters", /secrets\/prod\//],
      ["one that another key opens", () => read(worker, [`${OURS}-sealed-by-others`]), "kms:Decrypt", /key\//],
      ["one alone, by another action", () => worker.json("ssm", "GetParameter", REGION, { Name: OURS }), "ssm:GetParameter", /local/],
      ["its deletion", () => deleteParameter(worker, REGION, OURS), "ssm:DeleteParameter", /secrets\/local\//],
      ["the cluster", () => describeCluster(worker, REGION, local.made.clusterArn), "ecs:DescribeClusters", /cluster\//],
      [
        "another task",
        () => runTask(worker, REGION, { cluster: local.made.cluster, taskDefinition: `${FAMILY}:1` }),
        ...(["ecs:RunTask", /:1 because/] as const),
      ],
      ["a function", () => invoke(worker, REGION, "viberator-a", "live", {}), "lambda:InvokeFunction", /viberator-a:live/],
      ["a session of another role", () => assume(worker), "sts:AssumeRole", /./],
    ])("and is refused %s", async (_, verb, action, on) => {
      await expect(verb()).rejects.toMatchObject({
        kind: "denied",
        message: expect.stringMatching(new RegExp(`^AWS does not allow ${action} .*${on.source}`)),
      })
    })
  })

  it("a denial goes before a right, and what IAM would read and this does not is no right", async () => {
    const both = (statement: object) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }, statement] })
    const user = clientOf(await userWith("denied", both({ Effect: "Deny", Action: "ecs:*", Resource: "*" })))
    await expect(describeCluster(user, REGION, local.made.cluster)).rejects.toMatchObject({
      ...{ kind: "denied", message: expect.stringContaining("with an explicit deny in an identity-based policy") },
    })
    const unread = clientOf(await userWith("unread", both({ Effect: "Allow", NotAction: "s3:*", Resource: "*" })))
    await expect(run().then(() => describeTasks(unread, REGION, { cluster: local.made.cluster, tasks: ["a"] }))).rejects.toMatchObject({
      kind: "transient",
    })
    const limited = { Effect: "Allow", Action: "ecs:*", Resource: "arn:aws:ecs:*:*:cluster/*" }
    const unjudged = clientOf(await userWith("unjudged", { Version: "2012-10-17", Statement: [limited] }))
    await expect(unjudged.json("ecs", "ListServices", REGION, { cluster: local.made.cluster })).rejects.toMatchObject({ kind: "transient" })
    const everything = clientOf(await userWith("everything", allowing(["*"])))
    expect(await describeCluster(everything, REGION, OTHER_CLUSTER)).toMatchObject({ clusterName: OTHER_CLUSTER })
  })
  const userWith = async (name: string, document: object) => {
    await local.checkRights(false)
    const key = await local.user(name, document)
    await local.checkRights(true)
    return key
  }
})
