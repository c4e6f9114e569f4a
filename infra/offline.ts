// Runs a stack's program without an engine or an account: what it would register, and what it would export. `npm run plan`
// and the tests are made of it. Ids and ARNs are invented, in the shapes that AWS gives them.
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { runtime } from "@pulumi/pulumi"
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js"
import { parse } from "yaml"
import type { Environment } from "./read.ts"

/** In the order in which they are brought up. */
export const STACKS = ["base", "workers", "platform"] as const
export type Stack = (typeof STACKS)[number]
export type Outputs = Record<string, unknown>

export interface Registered {
  /** As Pulumi calls it: `aws:ec2/vpc:Vpc`. */
  type: string
  name: string
  inputs: Record<string, unknown>
  /** Those of the inputs that hold something secret. */
  secret: string[]
}
export interface Run {
  resources: Registered[]
  outputs: Outputs
  /** Of the settings of this run, those that have no value in the file and got one that stands in for it. */
  placeholders: string[]
}
export interface Given {
  /** Instead of what the file says; null takes a setting away. */
  config?: Record<string, string | null>
  /** Of the stacks before, by the name that the configuration has for them. */
  exports?: Record<string, Outputs>
}

export const ACCOUNT = "123456789012"
/** What a fresh clone cannot know. */
const PLACEHOLDERS: Partial<Record<Stack, Record<string, string>>> = {
  platform: {
    "viberglass:publicUrl": "https://viberglass.example",
    "viberglass:githubRepository": "owner/name",
    "viberglass:hookKey": "a-placeholder-of-more-than-32-characters",
  },
}

export const settingsOf = (stack: Stack, environment: Environment): Record<string, string> => {
  const file = new URL(`${stack}/Pulumi.${environment}.yaml`, import.meta.url)
  const { config }: { config: Record<string, unknown> } = parse(readFileSync(file, "utf8"))
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)]))
}

let runs = 0

export async function runOffline(stack: Stack, environment: string, given: Given = {}): Promise<Run> {
  const inFile = settingsOf(stack, environment === "prod" ? "prod" : "dev")
  const standIns = PLACEHOLDERS[stack] ?? {}
  const config: Record<string, string> = { ...standIns, ...inFile }
  for (const [name, value] of Object.entries(given.config ?? {})) {
    if (value === null) delete config[name]
    else config[name] = value
  }
  const known = { ...inFile, ...given.config }
  const placeholders = Object.keys(standIns).filter((name) => !(name in known))

  const resources: Registered[] = []
  await runtime.setMocks(
    mocks(resources, { region: config["aws:region"] ?? "", exports: given.exports ?? {} }),
    `viberglass-${stack}`,
    environment,
  )
  setAllConfig(config, ["viberglass:hookKey"])
  // The same program again and again in one process: another address makes another module.
  const program = new URL(`${stack}/index.ts?run=${runs++}`, import.meta.url).href
  // Kept, and thrown when Pulumi has let go of it: what it sees fail it also rejects where nobody listens.
  let failure: unknown = null
  const exported = await runtime.runInPulumiStack(async () => {
    try {
      return { ...(await import(program)) }
    } catch (error) {
      failure = error
      return {}
    }
  })
  await runtime.disconnect()
  if (failure !== null) throw failure
  const outputs = plain(exported)
  // Pulumi registers as inputs become known, which is not twice the same.
  resources.sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`))
  return { resources, outputs, placeholders }
}

/** All stacks up to this one, each with what the ones before it export. */
export async function runUpTo(last: Stack, environment: Environment, config: Partial<Record<Stack, Given["config"]>> = {}) {
  const done: Partial<Record<Stack, Run>> = {}
  const exports: Record<string, Outputs> = {}
  for (const stack of STACKS.slice(0, STACKS.indexOf(last) + 1)) {
    const run = await runOffline(stack, environment, { ...(config[stack] ? { config: config[stack] } : {}), exports })
    done[stack] = run
    exports[`organization/viberglass-${stack}/${environment}`] = run.outputs
  }
  return done
}

type Mocks = Parameters<typeof runtime.setMocks>[0]

function mocks(into: Registered[], { region, exports }: { region: string; exports: Record<string, Outputs> }): Mocks {
  return {
    newResource({ type, name, inputs }) {
      if (type === "pulumi:pulumi:Stack") return { id: name, state: inputs }
      if (type === "pulumi:pulumi:StackReference") {
        const outputs = exports[name]
        if (!outputs) throw new Error(`There is no stack ${name}.`)
        return { id: name, state: { ...inputs, outputs, secretOutputNames: [] } }
      }
      const open = unsealed(inputs)
      const secret = Object.keys(open).filter((key) => JSON.stringify(open[key]) !== JSON.stringify(inputs[key]))
      const registered = { type, name, inputs: open, secret }
      into.push(registered)
      return made({ ...registered, region })
    },
    call({ token }) {
      if (token === "aws:index/getCallerIdentity:getCallerIdentity") return { accountId: ACCOUNT }
      throw new Error(`Nothing stands in for ${token}.`)
    },
  }
}

/** What AWS would add: an id, and an ARN where others read it. */
function made({ type, name, inputs, region }: Registered & { region: string }): { id: string; state: Record<string, unknown> } {
  const hex = createHash("sha256").update(`${type}/${name}`).digest("hex")
  const called = String(inputs["name"] ?? inputs["family"] ?? inputs["bucket"] ?? name)
  const short = SHORT[type]
  const id = short ? `${short}-${hex.slice(0, 17)}` : called
  const arn = ARNS[type]?.({ called, hex, at: `${region}:${ACCOUNT}` })
  const key = type === "aws:kms/key:Key" ? { keyId: hex.slice(0, 32) } : {}
  return { id, state: { ...inputs, ...key, ...(arn ? { arn } : {}) } }
}

const SHORT: Readonly<Record<string, string>> = {
  "aws:ec2/vpc:Vpc": "vpc",
  "aws:ec2/subnet:Subnet": "subnet",
  "aws:ec2/securityGroup:SecurityGroup": "sg",
  "aws:ec2/internetGateway:InternetGateway": "igw",
  "aws:ec2/natGateway:NatGateway": "nat",
  "aws:ec2/eip:Eip": "eipalloc",
  "aws:ec2/routeTable:RouteTable": "rtb",
}
const ARNS: Readonly<Record<string, (known: { called: string; hex: string; at: string }) => string>> = {
  "aws:kms/key:Key": ({ hex, at }) => `arn:aws:kms:${at}:key/${hex.slice(0, 32)}`,
  "aws:cloudwatch/logGroup:LogGroup": ({ called, at }) => `arn:aws:logs:${at}:log-group:${called}`,
  "aws:iam/role:Role": ({ called }) => `arn:aws:iam::${ACCOUNT}:role/${called}`,
  "aws:ecs/cluster:Cluster": ({ called, at }) => `arn:aws:ecs:${at}:cluster/${called}`,
  "aws:ecs/taskDefinition:TaskDefinition": ({ called, at }) => `arn:aws:ecs:${at}:task-definition/${called}:1`,
  "aws:cloudwatch/eventConnection:EventConnection": ({ called, hex, at }) =>
    `arn:aws:events:${at}:connection/${called}/${hex.slice(0, 36)}`,
  "aws:cloudwatch/eventApiDestination:EventApiDestination": ({ called, hex, at }) =>
    `arn:aws:events:${at}:api-destination/${called}/${hex.slice(0, 36)}`,
}

/** Pulumi marks a secret by an object around it. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d"

function unsealed(inputs: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(inputs), (_, value: unknown) =>
    typeof value === "object" && value !== null && SECRET_MARK in value && "value" in value ? value.value : value,
  )
}

/** Outputs as another stack reads them: without Pulumi's wrappers. */
const plain = (value: unknown): Outputs => unsealed({ ...Object(value) })
