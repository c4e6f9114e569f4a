import { bytes } from "./bytes.ts"
import { consoleLink, logGroupLink } from "./console-link.ts"

/** One thing known of a deployment: a word for it, and its value as people read it and as they paste it. */
export interface DeploymentFact {
  term: string
  shown: string
  /** The exact value, where it is worth copying. */
  copy: string | null
  /** Where it can be looked at: the address itself, or the AWS console's page of an ARN. */
  href: string | null
}

/** Words for what the strategies report. What is not listed is shown under its own name. */
const TERMS: Readonly<Record<string, string>> = {
  hostId: "Host id",
  hostName: "Host",
  engine: "Engine",
  engineVersion: "Engine version",
  hostConnected: "Host connected",
  image: "Image",
  imageId: "Image id",
  imageSize: "Image size",
  imageDigest: "Image digest",
  networkMode: "Network",
  cpus: "CPUs",
  memoryMb: "Memory (MB)",
  clusterArn: "Cluster ARN",
  taskDefinitionArn: "Task definition ARN",
  taskFamily: "Task family",
  family: "Task family",
  revision: "Task definition revision",
  status: "Task definition status",
  registeredAt: "Registered at",
  cpu: "CPU",
  memory: "Memory",
  memorySize: "Memory (MB)",
  timeout: "Timeout (seconds)",
  ephemeralStorage: "Disk (MB)",
  architecture: "Architecture",
  launchType: "Launch type",
  cluster: "Cluster",
  subnetIds: "Subnets",
  securityGroupIds: "Security groups",
  containerImage: "Container image",
  functionName: "Function",
  version: "Version",
  alias: "Alias",
  state: "State",
  roleArn: "Execution role ARN",
  executionRoleArn: "Execution role ARN",
  taskRoleArn: "Task role ARN",
  logGroup: "Log group",
  region: "Region",
  vpcId: "VPC",
  internet: "Way to the internet",
  assignPublicIp: "Public IP address",
  floating: "Floating tag",
  containerImages: "Container images",
  functionArn: "Function ARN",
  lastUpdateStatus: "Last update",
}
const SHORT = 12

export const factsOf = (facts: Readonly<Record<string, unknown>>): DeploymentFact[] =>
  Object.entries(facts).flatMap(([name, value]) => (value === null || value === undefined ? [] : [toFact(name, value, facts["region"])]))

function toFact(name: string, value: unknown, region: unknown): DeploymentFact {
  const text = textOf(value)
  const shown = typeof value === "number" && /size|bytes/i.test(name) ? bytes(value) : text
  return {
    term: TERMS[name] ?? humanised(name),
    shown,
    copy: text.length > SHORT ? text : null,
    href: hrefOf(name, text, region),
  }
}

function hrefOf(name: string, text: string, region: unknown): string | null {
  if (/^https:\/\/\S+$/.test(text)) return text
  return name === "logGroup" && typeof region === "string" && !text.startsWith("arn:") ? logGroupLink(region, text) : consoleLink(text)
}

function textOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (Array.isArray(value)) return value.map(textOf).join(", ")
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** "lastUpdateStatus" → "Last update status". */
function humanised(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
