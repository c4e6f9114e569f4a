import type { ComputeType } from "#contract/clankers.ts"

interface FieldBase {
  /** Its name in the form; the same as in the request unless `into` says otherwise. */
  name: string
  label: string
  hint?: string
  placeholder?: string
  /** What the server takes when it is left empty. */
  empty?: string
  /** What that means where nothing at all stands in for it. */
  unset?: string
  /** Folded away until somebody asks for it. */
  more?: true
}
export type ConfigField = FieldBase &
  (
    | { kind: "text" | "number" | "lines" }
    | { kind: "choice"; options: readonly { value: string; label: string }[] }
    | { kind: "flag" }
    | { kind: "host" }
  )

const ARCHITECTURE = {
  kind: "choice",
  name: "architecture",
  label: "Architecture",
  options: [
    { value: "x86_64", label: "x86_64" },
    { value: "arm64", label: "arm64 (Graviton)" },
  ],
  more: true,
} as const satisfies ConfigField
const NETWORK = [
  { kind: "lines", name: "subnetIds", label: "Subnets", placeholder: "subnet-…", hint: "One a line." },
  { kind: "lines", name: "securityGroupIds", label: "Security groups", placeholder: "sg-…", hint: "One a line." },
] as const satisfies readonly ConfigField[]
const REGION = {
  kind: "text",
  name: "region",
  label: "Region",
  more: true,
} as const

const OF_DEFINITION = "That of the task definition"

/** What each strategy asks, and nothing else. The request's field names are the API's. */
export const CONFIG_FIELDS = {
  lambda: [
    {
      kind: "text",
      name: "imageUri",
      label: "Image URI",
      placeholder: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker:dev-latest",
    },
    { kind: "number", name: "timeout", label: "Timeout (seconds)", empty: "900", hint: "At most 900." },
    { kind: "number", name: "memorySize", label: "Memory (MB)", empty: "3008", hint: "128 to 10,240." },
    ...NETWORK.map((field) => ({ ...field, unset: "No VPC" })),
    { kind: "number", name: "ephemeralStorage", label: "Disk (MB)", empty: "4096", hint: "512 to 10,240.", more: true },
    ARCHITECTURE,
    { kind: "text", name: "roleArn", label: "Execution role ARN", more: true },
    { kind: "text", name: "functionName", label: "Function name", unset: "Made from its slug", more: true },
    REGION,
  ],
  ecs: [
    { kind: "text", name: "cluster", label: "Cluster", placeholder: "arn:aws:ecs:eu-west-1:123456789012:cluster/…" },
    {
      kind: "text",
      name: "containerImage",
      label: "Container image",
      placeholder: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/viberator-worker-multi-agent",
      unset: OF_DEFINITION,
    },
    {
      kind: "text",
      name: "taskDefinitionArn",
      label: "Task definition ARN",
      unset: "A new one is made",
      hint: "With an image: the definition that a start copies into a fresh revision. Without one: used as it is.",
    },
    { kind: "text", name: "taskFamily", label: "Task family", unset: "Made from its slug" },
    {
      kind: "choice",
      name: "launchType",
      label: "Launch type",
      options: [
        { value: "FARGATE", label: "Fargate" },
        { value: "FARGATE_SPOT", label: "Fargate Spot: cheaper, may be interrupted" },
      ],
    },
    { kind: "number", name: "cpu", label: "CPU units", empty: "1024", hint: "1024 is one vCPU." },
    { kind: "number", name: "memory", label: "Memory (MiB)", empty: "2048", hint: "A pair that Fargate knows." },
    ...NETWORK,
    ARCHITECTURE,
    {
      kind: "flag",
      name: "assignPublicIp",
      label: "Public IP address",
      hint: "For tasks in subnets without a NAT gateway.",
      more: true,
    },
    { kind: "number", name: "ephemeralStorageGiB", label: "Disk (GiB)", hint: "21 to 200.", unset: "20, AWS’s own", more: true },
    { kind: "text", name: "executionRoleArn", label: "Execution role ARN", unset: OF_DEFINITION, more: true },
    { kind: "text", name: "taskRoleArn", label: "Task role ARN", unset: OF_DEFINITION, more: true },
    REGION,
  ],
  docker: [
    {
      kind: "text",
      name: "containerImage",
      label: "Container image",
      placeholder: "viberator-worker:latest",
      empty: "viberator-worker:latest",
    },
    { kind: "text", name: "networkMode", label: "Network", empty: "bridge", hint: "bridge, host, none or the name of a network." },
    { kind: "host", name: "hostId", label: "Host" },
    { kind: "number", name: "cpus", label: "CPUs", hint: "Empty: no limit.", more: true },
    { kind: "number", name: "memoryMb", label: "Memory (MB)", hint: "Empty: no limit.", more: true },
  ],
} as const satisfies Record<ComputeType, readonly ConfigField[]>

export const fieldsOf = (computeType: ComputeType): readonly ConfigField[] => CONFIG_FIELDS[computeType]

/** What stands in the fields, all as text: lists by line, flags as "true". */
export type ConfigValues = Record<string, string>

export const emptyValues = (computeType: ComputeType): ConfigValues =>
  Object.fromEntries(fieldsOf(computeType).map((field) => [field.name, field.kind === "choice" ? (field.options[0]?.value ?? "") : ""]))
