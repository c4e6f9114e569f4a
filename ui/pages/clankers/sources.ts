import type { ComputeType, DeploymentConfig } from "#contract/clankers.ts"
import type { ManagedDefaults } from "#contract/managed.ts"
import { type Named, resolve } from "#contract/resolve.ts"
import type { Settings } from "#contract/settings.ts"
import { toLines, toList, toNumber } from "../../parts/lists.ts"
import { errorPath, fromConfig } from "./config.ts"
import { type ConfigField, type ConfigValues, fieldsOf } from "./fields.ts"

/** Whose word a value is: the clanker's, the managed default's, what the rest says (an ARN's region), or everybody's default. */
export type Source = "own" | "installation" | "made" | "default" | "missing"

export interface Sourced {
  name: string
  label: string
  /** What a start uses, as it would stand in the field; empty when nothing is named. */
  value: string
  source: Source
  /** What holds where nothing is named. */
  unset: string | null
  /** What a start says against it: the end of a sentence, in the server's words. */
  problem: string | null
}

export type Installation = Pick<Settings, "awsRegion" | "awsCredentials" | "managedDefaults" | "environment">

/** Which managed default a field of the form falls back to. */
const MANAGED = {
  lambda: {
    region: ({ region }) => region,
    imageUri: ({ lambdaImage }) => lambdaImage,
    roleArn: ({ lambdaRoleArn }) => lambdaRoleArn,
    subnetIds: ({ lambdaVpcConfig }) => lambdaVpcConfig?.subnetIds,
    securityGroupIds: ({ lambdaVpcConfig }) => lambdaVpcConfig?.securityGroupIds,
  },
  ecs: {
    region: ({ region }) => region,
    cluster: ({ cluster }) => cluster,
    containerImage: ({ ecsImage }) => ecsImage,
    subnetIds: ({ subnetIds }) => subnetIds,
    securityGroupIds: ({ securityGroupIds }) => securityGroupIds,
    assignPublicIp: ({ assignPublicIp }) => assignPublicIp,
    executionRoleArn: ({ executionRoleArn }) => executionRoleArn,
    taskRoleArn: ({ taskRoleArn }) => taskRoleArn,
  },
  docker: {},
} as const satisfies Record<ComputeType, Record<string, (managed: ManagedDefaults) => unknown>>

/** Each field of a strategy on AWS with what a start would use, and whose word that is. Docker falls back to nothing. */
export function sourcesOf(computeType: ComputeType, values: ConfigValues, clanker: Named, installation: Installation): Sourced[] {
  const typed = typedOf(computeType, values)
  if (typed === null) return []
  const { managedDefaults: managed, awsRegion } = installation
  const resolved = resolve(typed, clanker, { managed, region: awsRegion })
  const problems = resolved.ok ? {} : resolved.fields
  const used = fromConfig(resolved.config)?.values ?? {}
  const fallbacks: Readonly<Record<string, (managed: ManagedDefaults) => unknown>> = MANAGED[computeType]
  return fieldsOf(computeType).map((field): Sourced => {
    const value = used[field.name] ?? ""
    const problem = problems[errorPath(computeType, field.name).replace(/^deploymentConfig\./, "")] ?? null
    const offered = field.name === "region" ? (managed.region ?? awsRegion) : fallbacks[field.name]?.(managed)
    const own = (values[field.name] ?? "").trim()
    const source = sourceOf({ own, value, offered: asText(offered), standard: standardOf(field), problem })
    return { name: field.name, label: field.label, value, source, problem, unset: field.unset ?? null }
  })
}

/** How AWS is reached, which a start needs too. */
export function accessOf({ awsCredentials }: Pick<Installation, "awsCredentials">): Sourced {
  const about = { name: "credentials", label: "Access to AWS", unset: null }
  if (awsCredentials === null)
    return { ...about, value: "", source: "missing", problem: "is missing: an admin sets it up (Settings say how)" }
  return { ...about, value: awsCredentials === "role" ? "By a role" : "By a stored key", source: "installation", problem: null }
}

/** Where workers of a strategy write their log: no clanker says it, the installation does or its name. */
export function logGroupOf(computeType: "ecs" | "lambda", { managedDefaults, environment }: Installation): Sourced {
  const named = computeType === "ecs" ? managedDefaults.ecsLogGroup : managedDefaults.lambdaLogGroup
  const value = named ?? `/${computeType === "ecs" ? "ecs" : "aws/lambda"}/viberglass-${environment}-worker`
  return { name: "logGroup", label: "Log group", value, source: named ? "installation" : "default", unset: null, problem: null }
}

/** What to do about it, in the server's words. */
export const needOf = ({ problem }: Sourced): string => problem?.replace(/^is missing: /, "") ?? ""

function sourceOf(of: { own: string; value: string; offered: string; standard: string; problem: string | null }): Source {
  const { own, value, offered, standard, problem } = of
  // A stored default is nobody's word, unless the installation says otherwise.
  if (own !== "" && (own !== standard || offered !== "")) return "own"
  if (value === "") return problem === null ? "default" : "missing"
  if (value === offered) return "installation"
  return value === standard ? "default" : "made"
}

/** What everybody gets who says nothing. */
function standardOf(field: ConfigField): string {
  if (field.kind === "choice") return field.options[0]?.value ?? ""
  return field.kind === "flag" ? "false" : (field.empty ?? "")
}

const asText = (value: unknown): string => (Array.isArray(value) ? toLines(value.map(String)) : value === undefined ? "" : String(value))

/** The fields as the server would read them, with its defaults; null for Docker. A number that is none counts as left out. */
function typedOf(computeType: ComputeType, values: ConfigValues): DeploymentConfig | null {
  const text = (name: string) => values[name]?.trim() || undefined
  const list = (name: string) => (text(name) === undefined ? undefined : toList(values[name] ?? ""))
  const number = (name: string) => {
    const typed = toNumber(values[name] ?? "")
    return typeof typed === "number" ? typed : Number(fieldsOf(computeType).find((field) => field.name === name)?.empty)
  }
  const architecture = values["architecture"] === "arm64" ? ("arm64" as const) : ("x86_64" as const)
  const network = { subnetIds: list("subnetIds"), securityGroupIds: list("securityGroupIds") }
  const region = text("region")
  switch (computeType) {
    case "docker":
      return null
    case "lambda":
      return {
        ...{ computeType, architecture, region },
        ...{ timeout: number("timeout"), memorySize: number("memorySize"), ephemeralStorage: number("ephemeralStorage") },
        ...{ imageUri: text("imageUri"), roleArn: text("roleArn"), functionName: text("functionName") },
        ...(network.subnetIds || network.securityGroupIds ? { vpcConfig: network } : {}),
      }
    case "ecs":
      return {
        ...{ computeType, architecture, region, ...network },
        ...{ cpu: number("cpu"), memory: number("memory") },
        launchType: values["launchType"] === "FARGATE_SPOT" ? "FARGATE_SPOT" : "FARGATE",
        ...{ cluster: text("cluster"), containerImage: text("containerImage"), taskDefinitionArn: text("taskDefinitionArn") },
        ...{ taskFamily: text("taskFamily"), executionRoleArn: text("executionRoleArn"), taskRoleArn: text("taskRoleArn") },
        ...(text("assignPublicIp") === undefined ? {} : { assignPublicIp: text("assignPublicIp") === "true" }),
      }
  }
}
