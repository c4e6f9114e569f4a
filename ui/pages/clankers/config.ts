import { COMPUTE_TYPES, type ComputeType } from "#contract/clankers.ts"
import { toLines, toList, toNumber } from "../../parts/lists.ts"
import { type ConfigField, type ConfigValues, emptyValues, fieldsOf } from "./fields.ts"

/** The fields as the request wants them; what is empty is left to the server's defaults. */
export function toConfig(computeType: ComputeType, values: ConfigValues): { computeType: ComputeType } & Record<string, unknown> {
  const given = fieldsOf(computeType).flatMap((field): [string, unknown][] => {
    const value = valueOf(field, values[field.name] ?? "")
    return value === undefined ? [] : [[field.name, value]]
  })
  if (computeType !== "lambda") return { computeType, ...Object.fromEntries(given) }
  const isNetwork = ([name]: [string, unknown]) => NETWORK.includes(name)
  const network = given.filter(isNetwork)
  return {
    computeType,
    ...Object.fromEntries(given.filter((pair) => !isNetwork(pair))),
    ...(network.length > 0 ? { vpcConfig: Object.fromEntries(network) } : {}),
  }
}

/** Where the server says that something is wrong with this field. */
export const errorPath = (computeType: ComputeType, name: string): string =>
  computeType === "lambda" && NETWORK.includes(name) ? `deploymentConfig.vpcConfig.${name}` : `deploymentConfig.${name}`

const NETWORK: readonly string[] = ["subnetIds", "securityGroupIds"]

function valueOf(field: ConfigField, text: string): unknown {
  switch (field.kind) {
    case "number":
      return toNumber(text)
    case "lines": {
      const list = toList(text)
      return list.length > 0 ? list : undefined
    }
    case "flag":
      return text === "" ? undefined : text === "true"
    default:
      return text.trim() || undefined
  }
}

export interface ReadConfig {
  computeType: ComputeType
  values: ConfigValues
  /** Labels of the fields that were filled. */
  filled: string[]
  /** Names that no field of this strategy takes. */
  unknown: string[]
}

/** A stored or pasted configuration, in any of the spellings that the API takes. */
export function fromConfig(config: Readonly<Record<string, unknown>>): ReadConfig | null {
  const computeType = COMPUTE_TYPES.find((type) => type === config["computeType"])
  if (!computeType) return null
  const flat = flattened(config)
  const values = emptyValues(computeType)
  const filled: string[] = []
  for (const field of fieldsOf(computeType)) {
    const text = textOf(flat[field.name])
    if (text === "") continue
    values[field.name] = text
    filled.push(field.label)
  }
  const known = fieldsOf(computeType).map(({ name }) => name)
  return { computeType, values, filled, unknown: Object.keys(flat).filter((name) => !known.includes(name)) }
}

/** The worker image it names, or the task definition that stands for one; null while the installation's own is used. */
export function imageOf({ imageUri, containerImage, taskDefinitionArn }: Readonly<Record<string, unknown>>): string | null {
  return textOf(imageUri ?? containerImage ?? taskDefinitionArn) || null
}

/** `vpc`, `vpcConfig` and `clusterArn` are other ways to say what the fields say. */
function flattened({ computeType: _, vpc, vpcConfig, clusterArn, ...rest }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...rest, ...asRecord(vpc), ...asRecord(vpcConfig), ...(clusterArn === undefined ? {} : { cluster: clusterArn }) }
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ""
  return Array.isArray(value) ? toLines(value.map(String)) : String(value)
}
