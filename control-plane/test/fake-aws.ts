import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose"
import { overrides } from "../context.ts"
import { type Caller, send, until } from "./harness.ts"

export const REGION = "eu-west-1"
/** The control plane's address where AWS lends it a role: https, as AWS wants it. */
export const ISSUER = "https://control-plane.test"
export const ACCOUNT = "123456789012"
export const CLUSTER = `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/workers`
export const TASK_ID = "0123456789abcdef0123456789abcdef"
export const MANAGED = {
  cluster: CLUSTER,
  executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/execution`,
  taskRoleArn: `arn:aws:iam::${ACCOUNT}:role/path/task`,
  lambdaRoleArn: `arn:aws:iam::${ACCOUNT}:role/function`,
  subnetIds: ["subnet-0123456789abcdef0"],
  securityGroupIds: ["sg-0123456789abcdef0"],
  assignPublicIp: true,
}
/** Two of the four pages that the system was asked for in have these, word for word. */
export const SEEDS = {
  lambda: {
    computeType: "lambda",
    imageUri: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker:dev-latest",
    timeout: 900,
    memorySize: 3008,
    vpcConfig: { subnetIds: ["subnet-..."], securityGroupIds: ["sg-..."] },
  },
  ecs: {
    computeType: "ecs",
    cluster: "arn:aws:ecs:eu-west-1:123456789012:cluster/dev-viberglass-worker-cluster-9821611",
    taskDefinitionArn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/viberator-worker-claude-code-ecs:2",
    taskFamily: "viberator-worker-claude-code-ecs",
    launchType: "FARGATE",
    cpu: 1024,
    memory: 2048,
    containerImage: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker-multi-agent",
  },
}
const { lambdaRoleArn: _, ...ecsDefaults } = MANAGED
/** Complete without managed defaults. */
export const ON_ECS = { computeType: "ecs", ...ecsDefaults, cluster: "workers", containerImage: "registry.test/worker:1" }

export const KEYS = { AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: "secret" }

export interface Asked {
  url: string
  action: string
  body: string
  headers: Headers
  redirect: string
}
/** AWS at the network's edge: answers by action, in the shapes of its references, and keeps what it was asked. */
export interface FakeAws {
  fetch: typeof fetch
  asked: Asked[]
  /** Instead of the usual answer, from now on. */
  answers: Record<string, (asked: Asked) => Response | Promise<Response>>
}

/** The control plane's AWS is this one from now on, with a key and the managed defaults. */
export function useAws(aws: FakeAws, variables: Record<string, string> = {}): void {
  overrides.fetch = aws.fetch
  overrides.variables = { ...KEYS, AWS_REGION: REGION, MANAGED_DEFAULTS: JSON.stringify(MANAGED), ...variables }
}
export function leaveAws(): void {
  delete overrides.fetch
  delete overrides.variables
}

export function fakeAws(): FakeAws {
  const asked: Asked[] = []
  const answers: FakeAws["answers"] = {}
  const call = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const body = new TextDecoder().decode(await request.arrayBuffer())
    const action = request.headers.get("x-amz-target")?.split(".")[1] ?? new URLSearchParams(body).get("Action") ?? request.url
    const one: Asked = { url: request.url, action, body, headers: request.headers, redirect: init?.redirect ?? "follow" }
    asked.push(one)
    const answer = answers[action] ?? USUAL[action]
    if (!answer) throw new Error(`nobody answers ${action}`)
    return answer(one)
  }
  return { fetch: call, asked, answers }
}

export const TASK_ARN = `arn:aws:ecs:${REGION}:${ACCOUNT}:task/workers/${TASK_ID}`

/** What RunTask was asked for a job's attempt, with the launch values by their names. */
export async function runTaskOf(aws: FakeAws, jobId: string, attempt = 1) {
  const ofAttempt = ({ action, body }: Asked) => action === "RunTask" && body.includes(`"${jobId}-${attempt}-`)
  const { body } = await until(`RunTask of ${jobId}`, () => aws.asked.find(ofAttempt) ?? null)
  const { overrides: given, startedBy, clientToken } = JSON.parse(body)
  const environment: { name: string; value: string }[] = given.containerOverrides[0].environment
  return { startedBy, clientToken, env: Object.fromEntries(environment.map(({ name, value }) => [name, value])) }
}

/** What ECS says of the task. */
export const taskThat = (over: object) => () => Response.json({ tasks: [{ taskArn: TASK_ARN, ...over }] })

/** Answers for one function of Lambda, whose calls have no other name than their address. It is there when it was made. */
export function withFunction(aws: FakeAws, name: string): void {
  const at = `https://lambda.${REGION}.amazonaws.com`
  const functions = `${at}/2015-03-31/functions`
  const FunctionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`
  const absent = () => refusal(404, "ResourceNotFoundException")
  const answer = (body: object) => () => Response.json(body)
  const made = { FunctionArn, State: "Active", LastUpdateStatus: "Successful", Version: "1", MemorySize: 512, Timeout: 300 }
  Object.assign(aws.answers, {
    DescribeImages: answer({ imageDetails: [{ imageDigest: `sha256:${"a".repeat(64)}` }] }),
    [`${functions}/${name}`]: absent,
    [functions]: () => {
      aws.answers[`${functions}/${name}`] = answer({ Configuration: made })
      return Response.json(made)
    },
    [`${functions}/${name}/versions`]: answer({ Version: "1" }),
    [`${functions}/${name}?Qualifier=1`]: answer({ Configuration: made }),
    [`${functions}/${name}?Qualifier=live`]: answer({ Configuration: made }),
    [`${functions}/${name}/invocations?Qualifier=live`]: () =>
      new Response(null, { status: 202, headers: { "x-amzn-requestid": crypto.randomUUID() } }),
    [`${functions}/${name}/aliases/live`]: absent,
    [`${functions}/${name}/aliases`]: answer({}),
    [`${at}/2019-09-25/functions/${name}/event-invoke-config?Qualifier=live`]: answer({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 180,
    }),
  })
}
/** The address under which the function that jobs invoke is asked for. */
export const liveFunction = (name: string): string => `https://lambda.${REGION}.amazonaws.com/2015-03-31/functions/${name}?Qualifier=live`

/** An AWS that knows no cluster: a start there is begun, and fails. */
export function withoutCluster(): void {
  const aws = fakeAws()
  aws.answers["DescribeClusters"] = () => Response.json({ clusters: [] })
  overrides.fetch = aws.fetch
  overrides.variables = KEYS
}

const definition = ({ body }: Asked) => {
  const { family, taskRoleArn, containerDefinitions } = JSON.parse(body)
  const taskDefinitionArn = `arn:aws:ecs:${REGION}:${ACCOUNT}:task-definition/${family}:1`
  return Response.json({ taskDefinition: { taskDefinitionArn, family, revision: 1, status: "ACTIVE", taskRoleArn, containerDefinitions } })
}
const xml = (text: string): Response => new Response(text, { headers: { "content-type": "text/xml" } })
export const refusal = (status: number, code: string, message = ""): Response => Response.json({ __type: code, message }, { status })
export const identity = (arn: string, account = ACCOUNT): Response =>
  xml(
    `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
  )

const USUAL: FakeAws["answers"] = {
  DescribeClusters: () => Response.json({ clusters: [{ clusterArn: CLUSTER, clusterName: "workers", status: "ACTIVE" }] }),
  DescribeSubnets: () => xml("<item><subnetId>s</subnetId><vpcId>vpc-1</vpcId></item>"),
  DescribeSecurityGroups: () => xml("<item><vpcId>vpc-1</vpcId></item>"),
  DescribeRouteTables: () => xml("<routeTableId>r</routeTableId>"),
  DescribeTaskDefinition: () => refusal(400, "ClientException", "Unable to describe task definition."),
  RegisterTaskDefinition: definition,
  RunTask: () => Response.json({ tasks: [{ taskArn: TASK_ARN }], failures: [] }),
  DescribeTasks: () => Response.json({ tasks: [] }),
  StopTask: () => Response.json({}),
  GetCallerIdentity: () => identity(`arn:aws:sts::${ACCOUNT}:assumed-role/task/${TASK_ID}`),
  PutParameter: () => Response.json({ Version: 1 }),
  DeleteParameter: () => Response.json({}),
}

/** STS as it lends a role: fetches the issuer's keys as AWS does, and believes only what they have signed. */
export function lendingSts({ lifeMs, now }: { lifeMs: number; now: () => number }) {
  let lent = 0
  return async ({ body, headers }: Asked): Promise<Response> => {
    if (headers.has("authorization")) return refusal(400, "SignedRequest")
    const form = new URLSearchParams(body)
    try {
      await verified(form.get("WebIdentityToken") ?? "", now())
    } catch (error) {
      return refusal(400, "InvalidIdentityToken", String(error))
    }
    lent++
    return xml(`<Credentials><AccessKeyId>ASIA${lent}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
      <Expiration>${new Date(now() + lifeMs).toISOString()}</Expiration></Credentials>`)
  }
}

/** By the documents that the control plane serves, and nothing else. */
export async function verified(token: string, now: number) {
  const issuer = ISSUER
  const asJson = async (url: string) => (await send(new Request(url))).json<Record<string, string>>()
  const { jwks_uri = "", issuer: named } = await asJson(`${issuer}/.well-known/openid-configuration`)
  const keys = await (await send(new Request(jwks_uri))).json<JSONWebKeySet>()
  const options = { issuer: named ?? "", audience: "sts.amazonaws.com", algorithms: ["RS256"], currentDate: new Date(now) }
  return jwtVerify(token, createLocalJWKSet(keys), options)
}

/** An RSA key as `openssl genpkey` writes it. */
export async function pemKey(): Promise<string> {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  if (!("privateKey" in pair)) throw new Error("not a pair")
  const bytes = await crypto.subtle.exportKey("pkcs8", pair.privateKey)
  if (!(bytes instanceof ArrayBuffer)) throw new Error("not bytes")
  const base64 = btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""))
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/(.{64})/g, "$1\n")}\n-----END PRIVATE KEY-----\n`
}

export const issuerKeys = (current: string, keys: Record<string, string>): string => JSON.stringify({ current, keys })

/** The checks of an installation's access to AWS, by name. */
export async function accessChecks(admin: Caller): Promise<Record<string, { state: string; message: string }>> {
  const { body } = await admin<{ checks: { name: string; state: string; message: string }[] }>("POST", "/api/settings/aws-checks", {})
  return Object.fromEntries(body.checks.map(({ name, ...check }) => [name, check]))
}
