// AWS on one machine: moto by way of aws/server.py, with what the stacks of infra/ would have made.
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdirSync, openSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { AwsV4Signer } from "aws4fetch"
import { allowing, CLUSTER, controlPlanePolicy, KEY_ALIAS, policy, type PolicyFile, ROLES, trustOf } from "./aws-policies.ts"

export const REGION = "eu-central-1"
export const PYTHON = process.env["MOTO_PYTHON"] ?? "python3"
export const hasMoto = spawnSync(PYTHON, ["-c", "import moto.server, docker"]).status === 0
export const NO_MOTO = "moto is not installed for python3 (pip install 'moto[server]')"

/** One request that reached AWS; `problems` is what botocore's models say against it. */
export interface Call {
  service: string
  action: string
  params: Record<string, unknown>
  problems: string[]
}
export interface Fault {
  action: string
  status: number
  body: unknown
  headers?: Record<string, string>
  times?: number
  /** AWS carries the call out, and its answer is lost. */
  after?: boolean
}
export type TaskMode = "run" | "hold" | "oom" | "no-image" | "no-network" | "time-out" | "frozen" | "twice"

/** One delivery of an event to a runtime. */
export interface Invocation {
  requestId: string
  /** Environments are used again; the process in one stays the same. */
  environment: string
  pid: number
  /** Null while it runs. */
  status: "success" | "error" | "timeout" | null
  errorType?: string
  /** What the function answered, as it sent it. */
  answer?: string
}

/** What `infra/workers` and `infra/base` hand to the control plane. */
export interface Made {
  region: string
  cluster: string
  clusterArn: string
  subnetIds: string[]
  securityGroupIds: string[]
  executionRoleArn: string
  taskRoleArn: string
  lambdaRoleArn: string
  /** In ECR, with a digest. */
  image: string
}
export interface Key {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface LocalAws {
  url: string
  made: Made
  calls(): Promise<Call[]>
  forgetCalls(): Promise<void>
  /** Exit codes of workers by the name of their task or invocation; null while they run. */
  processes(): Promise<Record<string, number | null>>
  invocations(): Promise<Invocation[]>
  fault(...faults: Fault[]): Promise<void>
  /** What becomes of tasks and functions that are started from now on. */
  tasks(mode: TaskMode): Promise<void>
  /** Tasks that are held go on. */
  release(): Promise<void>
  /** Running tasks get the TERM of an interrupted Spot task. */
  interruptSpot(): Promise<void>
  /** A user of this policy document, made with nobody's rights being checked. */
  user(name: string, policy: object): Promise<Key>
  setPolicy(name: string, policy: object): Promise<void>
  /** One of a role's documents, in its place: the first, the second and so on as aws.ts gave them. */
  setRolePolicy(roleArn: string, policy: object, part?: number): Promise<void>
  /** A form to IAM or STS as somebody who may do everything. */
  form(service: "iam" | "sts", fields: Record<string, string>): Promise<string>
  /** A session of a role, as the machine of a task or a function finds it. */
  session(roleArn: string): Promise<Key>
  /** What the platform stack makes for an issuer: its provider, and the control plane's role that trusts it. Answers the provider's ARN. */
  lendTo(issuer: string): Promise<string>
  /** Makes a repository in ECR with an image of this tag; answers the address. */
  pushImage(repository: string, tag: string): Promise<string>
  /** From here on signatures and policies count, or no longer. */
  checkRights(check: boolean): Promise<void>
  /** A call of a JSON service as nobody in particular. */
  json<T>(service: string, target: string, body: object): Promise<T>
  rest<T>(service: string, method: string, path: string): Promise<T>
  close(): Promise<void>
}

export interface AwsWorker {
  /** What ECS starts, and with what variables of this machine. */
  command?: string[]
  /** What Lambda starts: the bundle beside AWS's runtime client. */
  runtime?: string[]
  /** The socket of an engine: tasks and functions are containers of their images, which it has under their repositories' names. */
  docker?: string
  env?: Record<string, string>
  folder: string
  functionLogGroup?: string
}

export async function startAws({ worker = null }: { worker?: AwsWorker | null } = {}): Promise<LocalAws> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const script = fileURLToPath(new URL("aws/server.py", import.meta.url))
  const known = {
    functionLogGroup: "/aws/lambda/viberglass-local-worker",
    ...{ command: ["false"], runtime: ["false"], env: {}, folder: "/nonexistent" },
    ...worker,
    docker: worker?.docker === undefined ? null : `unix://${worker.docker}`,
  }
  const child = spawn(PYTHON, [script, "--port", String(port), "--worker", JSON.stringify(known)], {
    stdio: ["ignore", "ignore", worker === null ? "ignore" : logIn(worker.folder)],
  })
  await up(child, url)
  const tell = async (path: string, body?: unknown) => {
    await fetch(`${url}/viberglass${path}`, { method: "POST", ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  }
  const json = <T>(service: string, target: string, body: object) => jsonCall<T>(url, service, target, body)
  const asOperator = async (service: "iam" | "sts", fields: Record<string, string>) => {
    // moto does not take signatures under IAM's own forms: it must not look at them meanwhile.
    const before = checked
    await checkRights(false)
    const answer = await form(url, service, fields)
    await checkRights(before)
    return answer
  }
  let checked = false
  const checkRights = async (check: boolean) => {
    checked = check
    await fetch(`${url}/moto-api/reset-auth`, { method: "POST", body: check ? "0" : "1000000000" })
  }
  await checkRights(false)
  // Who still may do everything once rights are checked.
  operator.set(url, await makeUser(url, "operator", allowing(["*"])))
  return {
    url,
    made: await make(url),
    calls: async () => JSON.parse(await (await fetch(`${url}/viberglass/calls`)).text()),
    processes: async () => JSON.parse(await (await fetch(`${url}/viberglass/processes`)).text()),
    invocations: async () => JSON.parse(await (await fetch(`${url}/viberglass/invocations`)).text()),
    forgetCalls: async () => void (await fetch(`${url}/viberglass/calls`, { method: "DELETE" })),
    fault: (...faults) => tell("/faults", faults),
    tasks: (mode) => tell("/tasks", { mode }),
    release: () => tell("/release"),
    interruptSpot: () => tell("/spot"),
    user: (name, policy) => makeUser(url, name, policy),
    setPolicy: async (name, document) => void (await asOperator("iam", userPolicy(name, document))),
    setRolePolicy: async (arn, document, part = 0) => void (await asOperator("iam", rolePolicy(arn, document, part))),
    form: asOperator,
    async session(roleArn) {
      const lent = await asOperator("sts", { Action: "AssumeRole", RoleArn: roleArn, RoleSessionName: "tested" })
      const { accessKeyId, secretAccessKey } = keyOf(lent)
      return { accessKeyId, secretAccessKey, sessionToken: element(lent, "SessionToken") }
    },
    async lendTo(issuer) {
      const fields = { Action: "CreateOpenIDConnectProvider", Url: issuer, "ClientIDList.member.1": "sts.amazonaws.com" }
      const provider = await asOperator("iam", fields)
      for (const asked of roleForms(ROLES.control, trustOf(issuer), [controlPlanePolicy()])) await asOperator("iam", asked)
      return element(provider, "OpenIDConnectProviderArn")
    },
    pushImage: (repository, tag) => pushImage(url, repository, tag),
    checkRights,
    json,
    rest: async (service, method, path) => JSON.parse(await signed(url + path, service, { method })),
    close: () => ended(child),
  }
}

/** By address of the stand-in. */
const operator = new Map<string, Key>()

function logIn(folder: string): number {
  mkdirSync(folder, { recursive: true })
  return openSync(join(folder, "aws.log"), "a")
}

async function makeUser(url: string, name: string, policy: object): Promise<Key> {
  await form(url, "iam", { Action: "CreateUser", UserName: name })
  await form(url, "iam", userPolicy(name, policy))
  return keyOf(await form(url, "iam", { Action: "CreateAccessKey", UserName: name }))
}
const keyOf = (xml: string) => ({ accessKeyId: element(xml, "AccessKeyId"), secretAccessKey: element(xml, "SecretAccessKey") })

const trusting = (service: string): object => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
})

/** A role with its policies, as IAM is asked for it. */
const roleForms = (arn: string, trust: object, policies: object[]): Record<string, string>[] => [
  { Action: "CreateRole", RoleName: roleName(arn), AssumeRolePolicyDocument: JSON.stringify(trust) },
  ...policies.map((document, part) => rolePolicy(arn, document, part)),
]
const roleName = (arn: string): string => arn.split("/").at(-1) ?? ""
const rolePolicy = (arn: string, document: object, part: number) => ({
  ...{ Action: "PutRolePolicy", RoleName: roleName(arn), PolicyName: `part-${part}`, PolicyDocument: JSON.stringify(document) },
})

/** As `infra/workers` makes them. */
async function makeRoles(url: string): Promise<void> {
  const WORKER_ROLES: [string, string, PolicyFile[]][] = [
    [ROLES.execution, "ecs-tasks.amazonaws.com", ["workers/policies/execution.json"]],
    [ROLES.task, "ecs-tasks.amazonaws.com", ["workers/policies/worker.json"]],
    [
      ROLES.lambda,
      "lambda.amazonaws.com",
      ["workers/policies/worker.json", "workers/policies/lambda-logs.json", "workers/policies/lambda-vpc.json"],
    ],
  ]
  for (const [arn, service, files] of WORKER_ROLES) {
    const policies = files.map((file) => policy(file))
    for (const fields of roleForms(arn, trusting(service), policies)) await form(url, "iam", fields)
  }
}

/** A key that secrets are sealed with, under its name. */
export async function makeKey(url: string, AliasName: string): Promise<void> {
  const { KeyMetadata } = await jsonCall<{ KeyMetadata: { KeyId: string } }>(url, "kms", "TrentService.CreateKey", {})
  await jsonCall(url, "kms", "TrentService.CreateAlias", { AliasName, TargetKeyId: KeyMetadata.KeyId })
}

async function make(url: string): Promise<Made> {
  await makeRoles(url)
  await makeKey(url, KEY_ALIAS)
  const vpc = element(await form(url, "ec2", { Action: "CreateVpc", CidrBlock: "10.0.0.0/16" }), "vpcId")
  // moto makes the network interfaces of tasks only where names are on.
  await form(url, "ec2", { Action: "ModifyVpcAttribute", VpcId: vpc, "EnableDnsHostnames.Value": "true" })
  const subnet = async (cidr: string) =>
    element(await form(url, "ec2", { Action: "CreateSubnet", VpcId: vpc, CidrBlock: cidr }), "subnetId")
  const group = await form(url, "ec2", { Action: "CreateSecurityGroup", GroupName: "workers", GroupDescription: "workers", VpcId: vpc })
  const gateway = element(await form(url, "ec2", { Action: "CreateInternetGateway" }), "internetGatewayId")
  await form(url, "ec2", { Action: "AttachInternetGateway", InternetGatewayId: gateway, VpcId: vpc })
  const tables = await form(url, "ec2", { Action: "DescribeRouteTables", "Filter.1.Name": "vpc-id", "Filter.1.Value.1": vpc })
  const everywhere = { DestinationCidrBlock: "0.0.0.0/0", GatewayId: gateway }
  await form(url, "ec2", { Action: "CreateRoute", RouteTableId: element(tables, "routeTableId"), ...everywhere })
  const cluster = CLUSTER
  const created = await jsonCall<{ cluster: { clusterArn: string } }>(url, "ecs", ECS("CreateCluster"), {
    clusterName: cluster,
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
  })
  return {
    ...{ region: REGION, cluster, clusterArn: created.cluster.clusterArn },
    subnetIds: [await subnet("10.0.1.0/24"), await subnet("10.0.2.0/24")],
    securityGroupIds: [element(group, "groupId")],
    ...{ executionRoleArn: ROLES.execution, taskRoleArn: ROLES.task, lambdaRoleArn: ROLES.lambda },
    image: await pushImage(url, "viberator-worker-multi-agent", "latest"),
  }
}
export const ECS = (action: string): string => `AmazonEC2ContainerServiceV20141113.${action}`
const ECR = (action: string): string => `AmazonEC2ContainerRegistry_V20150921.${action}`

/** A manifest is all that ECR knows of an image; moto runs none. */
async function pushImage(url: string, repositoryName: string, imageTag: string): Promise<string> {
  const { repository } = await jsonCall<{ repository: { repositoryUri: string } }>(url, "ecr", ECR("CreateRepository"), { repositoryName })
  const mediaType = "application/vnd.docker.distribution.manifest.v2+json"
  const config = { mediaType: "application/vnd.docker.container.image.v1+json", size: 1, digest: `sha256:${"a".repeat(64)}` }
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] })
  await jsonCall(url, "ecr", ECR("PutImage"), { repositoryName, imageTag, imageManifest })
  return `${repository.repositoryUri}:${imageTag}`
}

const userPolicy = (UserName: string, document: object) => ({
  ...{ Action: "PutUserPolicy", UserName, PolicyName: "own", PolicyDocument: JSON.stringify(document) },
})

const VERSIONS: Record<string, string> = { iam: "2010-05-08", ec2: "2016-11-15", sts: "2011-06-15" }
const form = (url: string, service: string, fields: Record<string, string>): Promise<string> =>
  signed(`${url}/`, service, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ Version: VERSIONS[service] ?? "", ...fields }).toString(),
  })

async function jsonCall<T>(url: string, service: string, target: string, body: object): Promise<T> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target }
  // Some answers have no body at all.
  return JSON.parse((await signed(`${url}/`, service, { method: "POST", headers, body: JSON.stringify(body) })) || "{}")
}

/** By the operator; before there is one, by anybody: moto checks nothing then. */
async function signed(
  url: string,
  service: string,
  { method, headers = {}, body }: { method: string; headers?: Record<string, string>; body?: string },
): Promise<string> {
  const key = operator.get(new URL(url).origin) ?? { accessKeyId: "test", secretAccessKey: "test" }
  const keys = { ...key, region: REGION, service }
  const request = await new AwsV4Signer({ url, method, headers, ...(body === undefined ? {} : { body }), ...keys }).sign()
  const response = await fetch(url, { method, headers: request.headers, ...(body === undefined ? {} : { body }) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${service} ${body?.slice(0, 100)}: ${response.status} ${text}`)
  return text
}

const element = (xml: string, name: string): string =>
  (new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "").replaceAll("&amp;", "&")

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
}

async function up(child: ChildProcess, url: string): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (child.exitCode !== null) throw new Error(`aws/server.py ended with exit code ${child.exitCode}`)
    const answered = await fetch(`${url}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (answered) return
  }
  throw new Error("aws/server.py does not answer")
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once("exit", () => resolve())
    child.kill("SIGTERM")
  })
}
