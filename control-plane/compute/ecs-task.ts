// PURE: task definitions as they are registered, and what a task's description means.
import type { ContainerDefinition, RegisterTaskDefinitionRequest, Task, TaskDefinition } from "@aws-sdk/client-ecs"
import type { DeploymentConfig } from "#contract/clankers.ts"
import type { Failure } from "#contract/failures.ts"
import type { DeploymentFacts, InspectAnswer } from "./strategy.ts"

export type EcsConfig = Extract<DeploymentConfig, { computeType: "ecs" }>

/** The container that the launch values go to. */
export const CONTAINER = "worker"
/** Fargate's longest: the worker ends its agent, keeps a checkpoint and says its last word in it. */
const STOP_TIMEOUT_SECONDS = 120
/** Marks a revision with the deployment that made it, so that a repeated step finds it. */
export const DEPLOYMENT_TAG = "viberglass:deployment"

interface Wanted {
  config: EcsConfig
  /** By digest where there is one. */
  image: string
  region: string
  logGroup: string
  roles: { executionRoleArn: string; taskRoleArn: string }
  tags: { key: string; value: string }[]
}

/** A definition of our own, or, with `source`, its copy with another image, size and roles. */
export function definitionOf(wanted: Wanted, source?: TaskDefinition): RegisterTaskDefinitionRequest {
  const { config, roles, tags } = wanted
  return {
    family: config.taskFamily,
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: String(config.cpu),
    memory: String(config.memory),
    ...roles,
    runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: config.architecture === "arm64" ? "ARM64" : "X86_64" },
    ...(config.ephemeralStorageGiB ? { ephemeralStorage: { sizeInGiB: config.ephemeralStorageGiB } } : {}),
    containerDefinitions: source ? copied(wanted, source) : [{ ...own(wanted), name: CONTAINER }],
    ...(source?.volumes && source.volumes.length > 0 ? { volumes: source.volumes } : {}),
    tags,
  }
}

const own = (wanted: Wanted): ContainerDefinition => ({
  image: wanted.image,
  essential: true,
  stopTimeout: STOP_TIMEOUT_SECONDS,
  // No init of ECS's: it would be process 1 with the launch values in an environment that the agent may read. The image has
  // its own, which it may not.
  linuxParameters: { initProcessEnabled: false, capabilities: { drop: ["ALL"] } },
  logConfiguration: logs(wanted),
})

function copied(wanted: Wanted, source: TaskDefinition): ContainerDefinition[] {
  const name = containerOf(source)
  return (source.containerDefinitions ?? []).map((container) =>
    container.name === name
      ? { stopTimeout: STOP_TIMEOUT_SECONDS, logConfiguration: logs(wanted), ...container, image: wanted.image }
      : container,
  )
}

const logs = ({ config, region, logGroup }: Wanted): NonNullable<ContainerDefinition["logConfiguration"]> => ({
  logDriver: "awslogs",
  options: { "awslogs-group": logGroup, "awslogs-region": region, "awslogs-stream-prefix": config.taskFamily ?? CONTAINER },
})

/** The one that is called "worker", else the first. */
export function containerOf({ containerDefinitions = [] }: TaskDefinition): string {
  const found = containerDefinitions.find(({ name }) => name === CONTAINER) ?? containerDefinitions[0]
  return found?.name ?? CONTAINER
}

/** What people see of a task definition, and what a launch needs of it. */
export function factsOf(definition: TaskDefinition): DeploymentFacts {
  const containers = definition.containerDefinitions ?? []
  const container = containerOf(definition)
  const { logDriver, options = {} } = containers.find(({ name }) => name === container)?.logConfiguration ?? {}
  return {
    taskDefinitionArn: definition.taskDefinitionArn ?? "",
    family: definition.family ?? "",
    revision: definition.revision ?? 0,
    status: definition.status ?? "",
    registeredAt: timeOf(definition.registeredAt),
    cpu: definition.cpu ?? "",
    memory: definition.memory ?? "",
    architecture: definition.runtimePlatform?.cpuArchitecture ?? "X86_64",
    containerImages: containers.map(({ image }) => image ?? "").join(", "),
    container,
    ...(logDriver === "awslogs"
      ? { logGroup: options["awslogs-group"] ?? "", logStreamPrefix: options["awslogs-stream-prefix"] ?? "" }
      : {}),
    executionRoleArn: definition.executionRoleArn ?? "",
    taskRoleArn: definition.taskRoleArn ?? "",
  }
}

function timeOf(value: unknown): string | null {
  if (value instanceof Date) return value.toISOString()
  return typeof value === "number" ? new Date(value * 1000).toISOString() : null
}

/** The attempt whose launch values this task was given, or null. */
export function attemptOf({ overrides }: Task): number | null {
  const environment = (overrides?.containerOverrides ?? []).flatMap(({ environment = [] }) => environment)
  const value = environment.find(({ name }) => name === "VIBERATOR_ATTEMPT")?.value
  return value === undefined ? null : Number(value)
}

export const taskIdOf = (arn: string): string => arn.split("/").at(-1) ?? ""

const STARTING = new Set(["PROVISIONING", "PENDING", "ACTIVATING"])
const RUNNING = new Set(["RUNNING", "DEACTIVATING", "STOPPING"])

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/scheduling_tasks.html#task-lifecycle */
export function inspectionOf(task: Task, container: string, image: string): InspectAnswer {
  const status = task.lastStatus ?? ""
  const states = (task.containers ?? []).map(({ name, lastStatus }) => `${name} ${lastStatus}`).join(", ")
  if (STARTING.has(status)) return { state: "starting", reason: `the task is ${status}${states ? ` (${states})` : ""}`, oom: false }
  if (RUNNING.has(status)) return { state: "running", reason: `the task is ${status}`, oom: false }
  const own = (task.containers ?? []).find(({ name }) => name === container)
  const words = [...new Set([task.stoppedReason, own?.reason].filter(Boolean))].join("; ")
  const exit = own?.exitCode === undefined ? "" : `exit code ${own.exitCode}`
  const reason = [task.stopCode, words, exit].filter(Boolean).join(", ") || "the task stopped"
  const failure = failureOf(words, image)
  return { state: "stopped", reason, oom: /OutOfMemory/i.test(words), ...(failure ? { failure } : {}) }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html: those that no attempt repairs. */
function failureOf(words: string, image: string): Failure | null {
  const denied = deniedToTheRole(words, image)
  if (denied !== null) return { kind: "launch-refused", awsCode: "AccessDeniedException", detail: `${words}\n${denied}` }
  const pulls = /CannotPull(Container|Image)/i.test(words)
  if ((!pulls && !/ResourceInitializationError/i.test(words)) || PASSING.test(words)) return null
  if (pulls && !NO_CONNECTION.test(words)) return { kind: "image-missing", image, detail: words }
  const advice = ADVICE.find(([cause]) => cause.test(words))?.[1]
  return { kind: "never-started", reason: words, detail: advice === undefined ? words : `${words}\n${advice}` }
}

/** A registry or service that has enough of us, or is not well. */
const PASSING = /toomanyrequests|rate limit|rate exceeded|Throttl|\b50[0234]\b|ServiceUnavailable|InternalError|InternalServer/i
const NO_CONNECTION = /connection|i\/o timeout|timed? ?out|TLS handshake|no such host|deadline exceeded/i
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [NO_CONNECTION, "The task's subnets need a way to ECR, CloudWatch Logs and the control plane: a public address, NAT, or endpoints."],
  [/AccessDenied|not authorized/i, "The execution role needs this right."],
  [/log group/i, "Create the log group that the task definition names."],
]

/**
 * ECS pulls and logs in the execution role's name. It names the action, except for an image, where ECR just says 403. Other
 * registries know nothing of roles: they say the same of an image that they do not have.
 */
function deniedToTheRole(words: string, image: string): string | null {
  const [, action] = /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/.exec(words) ?? []
  if (action !== undefined) return `The task's execution role lacks ${action}: add it to its policy.`
  const unread = /CannotPull\w*Container/i.test(words) && IN_ECR.test(image) && /403 Forbidden|pull access denied/i.test(words)
  return unread ? `The task's execution role may not pull ${image}: its policy must name that repository.` : null
}
const IN_ECR = /^\d{12}\.dkr\.ecr\./

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html: what passes by itself. */
export const isPassing = (reason: string): boolean => /^(RESOURCE|AGENT|CAPACITY|Capacity is unavailable)/i.test(reason)
