import { remainsInAws, textFact } from "#contract/remains.ts"
import { bytes } from "./bytes.ts"
import { count } from "./numbers.ts"

/** One thing known of a deployment: a word for it, and its values as people read them. */
export interface DeploymentFact {
  term: string
  values: FactValue[]
}
export interface FactValue {
  shown: string
  /** The exact value, where it is worth copying. */
  copy: string | null
  /** It is a time: the page says how long ago. */
  at?: string
}
/** Facts that belong together, in the order in which people ask for them. */
export interface FactGroup {
  title: string
  facts: DeploymentFact[]
}

type Shown = (value: string | number | boolean) => FactValue[]
type Term = readonly [term: string, shown?: Shown]

const plain = (shown: string): FactValue[] => [{ shown, copy: null }]
const ids: Shown = (value) =>
  String(value)
    .split(/,\s*/)
    .filter(Boolean)
    .map((id) => ({ shown: id, copy: id }))
const time: Shown = (value) => [{ shown: String(value), copy: null, at: String(value) }]
const mebibytes: Shown = (value) => plain(Number(value) % 1024 === 0 ? `${Number(value) / 1024} GiB` : `${value} MiB`)
const seconds: Shown = (value) => plain(Number(value) % 60 === 0 ? count(Number(value) / 60, "minute") : `${value} s`)
const words =
  (known: Readonly<Record<string, string>>): Shown =>
  (value) =>
    plain(known[String(value)] ?? String(value))

const WAYS: Readonly<Record<string, string>> = {
  gateway: "Internet gateway, with a public address only",
  other: "NAT, or another way out",
  none: "None",
  unknown: "Could not be looked at",
}

/** Words for what the strategies report, by group. What is not listed is shown under its own name, at the end. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, Term>>>> = {
  Host: {
    hostName: ["Host"],
    hostId: ["Host id", ids],
    hostConnected: ["Host connected"],
    engine: ["Engine"],
    engineVersion: ["Engine version"],
  },
  "Task definition": {
    taskDefinitionArn: ["Task definition ARN", ids],
    family: ["Family", ids],
    revision: ["Revision"],
    status: ["Status", words({ ACTIVE: "Active", INACTIVE: "Deregistered", gone: "Gone" })],
    registeredAt: ["Registered", time],
    copiedFrom: ["Copied from", ids],
  },
  Function: {
    functionArn: ["Function ARN", ids],
    functionName: ["Name", ids],
    alias: ["Alias"],
    version: ["Version"],
    formerVersion: ["Former version"],
    state: ["State", words({ gone: "Gone" })],
    lastUpdateStatus: ["Last update"],
    lastModified: ["Changed", time],
  },
  Where: {
    clusterArn: ["Cluster ARN", ids],
    clusterStatus: ["Cluster status", words({ ACTIVE: "Active", INACTIVE: "Deleted", gone: "Gone" })],
    launchType: ["Launch type", words({ FARGATE: "Fargate", FARGATE_SPOT: "Fargate Spot" })],
    region: ["Region"],
  },
  "Image and size": {
    containerImages: ["Container images", ids],
    image: ["Image", ids],
    imageId: ["Image id", ids],
    imageDigest: ["Image digest", ids],
    floating: ["Image by", (value) => plain(value === true ? "Tag: a task takes what the tag names then" : "Digest: always the same")],
    imageSize: ["Image size", (value) => plain(typeof value === "number" ? bytes(value) : String(value))],
    cpu: ["CPU", (value) => plain(`${Number(value) / 1024} vCPU`)],
    memory: ["Memory", mebibytes],
    memorySize: ["Memory", (value) => plain(`${value} MB`)],
    cpus: ["CPUs"],
    memoryMb: ["Memory", (value) => plain(`${value} MB`)],
    ephemeralStorage: ["Disk", (value) => plain(`${value} MB`)],
    architecture: ["Architecture", words({ X86_64: "x86_64", ARM64: "arm64" })],
    timeout: ["Timeout", seconds],
    container: ["Container"],
  },
  Network: {
    networkMode: ["Network"],
    vpcId: ["VPC", ids],
    subnetIds: ["Subnets", ids],
    securityGroupIds: ["Security groups", ids],
    assignPublicIp: ["Public IP address"],
    internet: [
      "Way to the internet",
      (value) =>
        plain(
          String(value)
            .split(",")
            .map((way) => WAYS[way] ?? way)
            .join(", "),
        ),
    ],
  },
  "Roles and log": {
    roleArn: ["Execution role ARN", ids],
    executionRoleArn: ["Execution role ARN", ids],
    taskRoleArn: ["Task role ARN", ids],
    logGroup: ["Log group", ids],
    logStreamPrefix: ["Log stream prefix", ids],
    retries: ["Retries by AWS", (value) => plain(value === 0 ? "None: Viberglass tries again itself" : String(value))],
  },
}

/** The facts in groups; a name that two strategies share stands where the strategy has it. */
export function groupsOf(facts: Readonly<Record<string, unknown>>): FactGroup[] {
  const known = new Set(Object.values(GROUPS).flatMap((group) => Object.keys(group)))
  const others = Object.keys(facts).filter((name) => !known.has(name))
  const groups = Object.entries(GROUPS).map(([title, terms]) => ({
    title,
    facts: Object.entries(terms).flatMap(([name, term]) => (isRepeated(name, facts) ? [] : toFact(facts[name], term))),
  }))
  const other = { title: "Other", facts: others.flatMap((name) => toFact(facts[name], [humanised(name)])) }
  return [...groups, other].filter((group) => group.facts.length > 0)
}

/** Of a task, the images of its containers are told; what its own image is, is one of them. */
const isRepeated = (name: string, facts: Readonly<Record<string, unknown>>): boolean =>
  name === "image" && String(facts["containerImages"]).split(/,\s*/).includes(String(facts["image"]))

const SHORT = 12
function toFact(value: unknown, [term, shown]: Term): DeploymentFact[] {
  if (value === null || value === undefined || value === "") return []
  if (shown && (typeof value === "string" || typeof value === "number" || typeof value === "boolean"))
    return [{ term, values: shown(value) }]
  const text = textOf(value)
  return [{ term, values: [{ shown: text, copy: text.length > SHORT ? text : null }] }]
}

function textOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "Yes" : "No"
  if (Array.isArray(value)) return value.map(textOf).join(", ")
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** What a look at AWS found missing, as sentences; empty while everything stands. */
export function goneOf(facts: Readonly<Record<string, unknown>>): string[] {
  return [
    ...(facts["clusterStatus"] === "gone" || facts["clusterStatus"] === "INACTIVE" ? ["The cluster is gone."] : []),
    ...(facts["status"] === "gone" || facts["status"] === "INACTIVE" ? ["The task definition is gone or deregistered."] : []),
    ...(facts["state"] === "gone" ? ["The function, or its alias, is gone."] : []),
    ...(facts["state"] === "Failed" ? ["AWS says that the function has failed."] : []),
  ]
}

/** What a deployment made in AWS and nobody but a person removes there; empty where it made nothing. */
export function staysInAws(facts: Readonly<Record<string, unknown>>): string[] {
  const group = textFact(facts, "logGroup")
  return [
    ...remainsInAws(facts).map(({ kind, name, parts }) => `the ${kind} ${name} with its ${parts}`),
    ...(group ? [`what its workers wrote to the log ${group}`] : []),
  ]
}

/** "networkInterfaceId" → "Network interface id". */
function humanised(name: string): string {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
