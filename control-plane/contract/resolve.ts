// PURE: a clanker's configuration with the managed defaults becomes what a deployment needs, or the list of what is missing.
// Start and the pages read it: a form says beforehand what a start would refuse.
import type { DeploymentConfig } from "./clankers.ts"
import type { ManagedDefaults } from "./managed.ts"

export interface Installation {
  managed: ManagedDefaults
  /** Where nothing names another region. */
  region: string
}
/** What names of made things are built from. */
export interface Named {
  id: string
  slug: string
}
/** Refused, `config` is what there is so far, and `fields` has the end of a sentence for each field that is missing or cannot be. */
export type Resolved = { ok: true; config: DeploymentConfig } | { ok: false; config: DeploymentConfig; fields: Record<string, string> }

type Lambda = Extract<DeploymentConfig, { computeType: "lambda" }>
type Ecs = Extract<DeploymentConfig, { computeType: "ecs" }>
type Fields = Record<string, string>

/**
 * Every field that a launch needs, filled: the clanker's own word, then the managed default, then what can be made of the rest.
 * Nothing here asks AWS anything: a well-formed id may still name nothing.
 */
export function resolve(config: DeploymentConfig, clanker: Named, installation: Installation): Resolved {
  switch (config.computeType) {
    case "docker":
      return { ok: true, config }
    case "ecs":
      return resolveEcs(config, clanker, installation)
    case "lambda":
      return resolveLambda(config, clanker, installation)
  }
}

function resolveEcs(given: Ecs, { slug }: Named, { managed, region: home }: Installation): Resolved {
  const fields: Fields = {}
  const prebuilt = given.taskDefinitionArn !== undefined && given.containerImage === undefined
  const cluster = given.cluster ?? managed.cluster
  const containerImage = prebuilt ? undefined : (given.containerImage ?? managed.ecsImage)
  const region = regionOf([given.region, arnRegion(cluster), arnRegion(given.taskDefinitionArn), ecrRegion(containerImage)], managed, home)
  const taskFamily = given.taskFamily ?? (given.taskDefinitionArn ? familyOf(given.taskDefinitionArn) : `viberator-worker-${slug}`)
  const config: Ecs = {
    ...given,
    ...defined({ cluster, containerImage }),
    ...{ region, taskFamily },
    ...defined({
      subnetIds: filled(given.subnetIds) ?? managed.subnetIds,
      securityGroupIds: filled(given.securityGroupIds) ?? managed.securityGroupIds,
      assignPublicIp: given.assignPublicIp ?? managed.assignPublicIp ?? false,
      // A definition to copy has roles of its own, which go before the managed ones.
      executionRoleArn: given.executionRoleArn ?? (given.taskDefinitionArn ? undefined : managed.executionRoleArn),
      taskRoleArn: given.taskRoleArn ?? (given.taskDefinitionArn ? undefined : managed.taskRoleArn),
    }),
  }
  need(fields, "region", region, REGION)
  need(fields, "cluster", cluster, CLUSTER)
  needAll(fields, "subnetIds", config.subnetIds, SUBNET)
  needAll(fields, "securityGroupIds", config.securityGroupIds, SECURITY_GROUP)
  if (given.taskDefinitionArn !== undefined) need(fields, "taskDefinitionArn", given.taskDefinitionArn, TASK_DEFINITION)
  if (!prebuilt) {
    need(fields, "containerImage", containerImage, IMAGE)
    need(fields, "taskFamily", taskFamily, FAMILY)
    for (const role of ["executionRoleArn", "taskRoleArn"] as const)
      if (given.taskDefinitionArn === undefined || config[role] !== undefined) need(fields, role, config[role], ROLE)
    const sizes = FARGATE_MEMORY[given.cpu]
    if (!sizes) fields["cpu"] = `must be one of ${Object.keys(FARGATE_MEMORY).join(", ")} on Fargate`
    else if (!sizes.includes(given.memory)) fields["memory"] = `must be one of ${sizes.join(", ")} with cpu ${given.cpu} on Fargate`
  }
  sameRegion(fields, region, { cluster, taskDefinitionArn: given.taskDefinitionArn })
  return answer(fields, config)
}

function resolveLambda(given: Lambda, { id, slug }: Named, { managed, region: home }: Installation): Resolved {
  const fields: Fields = {}
  const imageUri = given.imageUri ?? managed.lambdaImage
  const region = regionOf([given.region, ecrRegion(imageUri), arnRegion(given.functionName)], managed, home)
  const functionName = given.functionName ?? functionNameOf(slug, id)
  const own = filled(given.vpcConfig?.subnetIds) ?? filled(given.vpcConfig?.securityGroupIds)
  const vpcConfig = own === undefined ? managed.lambdaVpcConfig : given.vpcConfig
  const roleArn = given.roleArn ?? managed.lambdaRoleArn
  const config: Lambda = { ...given, ...defined({ imageUri, vpcConfig, roleArn }), region, functionName }
  need(fields, "region", region, REGION)
  need(fields, "imageUri", imageUri, PRIVATE_IMAGE)
  need(fields, "roleArn", roleArn, ROLE)
  need(fields, "functionName", functionName, FUNCTION)
  if (given.timeout < MIN_LAMBDA_TIMEOUT)
    fields["timeout"] = `must be at least ${MIN_LAMBDA_TIMEOUT} seconds: a worker ends itself 60 seconds before its function does`
  if (vpcConfig) {
    needAll(fields, "vpcConfig.subnetIds", vpcConfig.subnetIds, SUBNET)
    needAll(fields, "vpcConfig.securityGroupIds", vpcConfig.securityGroupIds, SECURITY_GROUP)
  }
  const imageRegion = ecrRegion(imageUri)
  if (imageRegion !== null && imageRegion !== region)
    fields["imageUri"] ??= `lies in ${imageRegion}: a function takes its image only from its own region, ${region}`
  return answer(fields, config)
}

const MIN_LAMBDA_TIMEOUT = 120

function answer(fields: Fields, config: DeploymentConfig): Resolved {
  return Object.keys(fields).length > 0 ? { ok: false, config, fields } : { ok: true, config }
}

interface Shape {
  pattern: RegExp
  looks: string
}
const REGION: Shape = { pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, looks: "an AWS region such as eu-west-1" }
const CLUSTER: Shape = {
  pattern: /^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:cluster\/)?[A-Za-z0-9_-]{1,255}$/,
  looks: "a cluster's name, or its ARN (arn:aws:ecs:<region>:<account>:cluster/<name>)",
}
const TASK_DEFINITION: Shape = {
  pattern: /^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:task-definition\/)?[A-Za-z0-9_-]{1,255}(:\d+)?$/,
  looks: "arn:aws:ecs:<region>:<account>:task-definition/<family>:<revision>",
}
const ROLE: Shape = { pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, looks: "arn:aws:iam::<account>:role/<name>" }
const SUBNET: Shape = { pattern: /^subnet-[0-9a-f]{8,17}$/, looks: "subnet-<8 or 17 hexadecimal digits>" }
const SECURITY_GROUP: Shape = { pattern: /^sg-[0-9a-f]{8,17}$/, looks: "sg-<8 or 17 hexadecimal digits>" }
const FAMILY: Shape = { pattern: /^[A-Za-z0-9_-]{1,255}$/, looks: "letters, digits, underscores and dashes" }
const FUNCTION: Shape = { pattern: /^[A-Za-z0-9_-]{1,64}$/, looks: "at most 64 letters, digits, underscores and dashes" }
const IMAGE: Shape = {
  pattern: /^(?!.*\.\.)[a-z0-9](?:[a-z0-9._:/-]|@sha256:)*[A-Za-z0-9._-]*$/,
  looks: "an image such as <registry>/<repository>:<tag>",
}
const PRIVATE_IMAGE: Shape = {
  pattern: /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/[a-z0-9._/-]+(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?$/,
  looks: "an image in ECR: <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>",
}

function need(fields: Fields, name: string, value: string | undefined, { pattern, looks }: Shape): void {
  if (value === undefined || value === "") fields[name] = `is missing: give ${looks}, or set it in the managed defaults`
  else if (!pattern.test(value)) fields[name] = `"${value}" is not ${looks}`
}

function needAll(fields: Fields, name: string, values: readonly string[] | undefined, shape: Shape): void {
  const wrong = values?.find((value) => !shape.pattern.test(value))
  if (values === undefined || values.length === 0) need(fields, name, undefined, shape)
  else if (wrong !== undefined) need(fields, name, wrong, shape)
}

function sameRegion(fields: Fields, region: string, named: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(named)) {
    const other = arnRegion(value)
    if (other !== null && other !== region) fields[name] ??= `lies in ${other}, while the clanker works in ${region}`
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html: MiB by CPU units. */
const range = (from: number, to: number, step: number): number[] =>
  Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step)
const FARGATE_MEMORY: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: range(1024, 4096, 1024),
  1024: range(2048, 8192, 1024),
  2048: range(4096, 16_384, 1024),
  4096: range(8192, 30_720, 1024),
  8192: range(16_384, 61_440, 4096),
  16_384: range(32_768, 122_880, 8192),
}

/** The first that is named: explicit, else that of an ARN or of the image, else the installation's. */
const regionOf = (named: readonly (string | null | undefined)[], managed: ManagedDefaults, home: string): string =>
  named.find((region) => region !== null && region !== undefined && region !== "") ?? managed.region ?? home
const arnRegion = (arn: string | undefined): string | null => /^arn:aws[a-z-]*:[a-z]+:([a-z0-9-]+):/.exec(arn ?? "")?.[1] ?? null
const ecrRegion = (image: string | undefined): string | null => /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\./.exec(image ?? "")?.[1] ?? null
const familyOf = (taskDefinition: string): string => taskDefinition.split("/").at(-1)?.split(":")[0] ?? ""
/** At most 64 characters; the id's tail keeps it unique when slugs are reused. */
const functionNameOf = (slug: string, id: string): string => `viberator-${slug.slice(0, 40)}-${id.slice(-8)}`
const filled = <T>(values: readonly T[] | undefined): T[] | undefined => (values && values.length > 0 ? [...values] : undefined)

/** `exactOptionalPropertyTypes`: a field that is not there is something else than one that is undefined. */
function defined<T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const out: { [Name in keyof T]?: Exclude<T[Name], undefined> } = {}
  for (const name in fields) {
    const value = fields[name]
    if (isThere(value)) out[name] = value
  }
  return out
}
const isThere = <T>(value: T): value is Exclude<T, undefined> => value !== undefined
