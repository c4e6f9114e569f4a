// The only reader of process.env.
import { join } from "node:path"
import type { Launch } from "#contract/worker.ts"
import { RESERVED_SECRET_NAMES } from "#contract/secrets.ts"
import { toolPathOf } from "./platform/tools.ts"

export interface WorkerEnv {
  launch: { jobId?: string; attempt?: string; controlPlaneUrl?: string; launchToken?: string }
  /** Where the payload of a worker without a control plane is, or the JSON itself. */
  payload?: string
  workDirectory: string
  /** The job's folder stays after its end, for somebody who wants to look into it. */
  keepWork: boolean
  /** Between two checkpoints, where the host wants another time than ours. */
  checkpointMs?: number
  /**
   * Nothing else of this user is to live beside the worker: after the agent, whatever is left is killed, however well it
   * hid. Our images say so; it counts only in a PID namespace of one's own, and not on Lambda, whose extensions live there.
   */
  alone: boolean
  /** What started this process has said where that is; null: to be found out. */
  compute: { kind: string; id: string } | null
  /** Where ECS describes the task that this process runs in. */
  ecsMetadataUrl?: string
  aws: { region?: string; stsUrl?: string }
  /** When the machine goes away, in milliseconds since 1970. */
  endsAt?: number
  /** In a container on a bridge: the name of the machine around it, where a loopback address would mean the container. */
  loopbackHost?: string
  isRoot: boolean
  path: string
  /** PATH of what the worker runs by itself: the agent could have put something else before it. */
  toolPath: string
  /** Locale and time zone: all that a child gets of our own environment besides PATH. */
  locale: Readonly<Record<string, string>>
  /** A secret that the machine holds (`from: "env"`); reserved names are never one. */
  secret(name: string): string | undefined
}

const LAUNCH = {
  jobId: "VIBERATOR_JOB_ID",
  attempt: "VIBERATOR_ATTEMPT",
  controlPlaneUrl: "CONTROL_PLANE_URL",
  launchToken: "VIBERATOR_LAUNCH_TOKEN",
} as const

/**
 * Reads the environment once. The launch values and the payload (a signed address is a credential) are removed from
 * `process.env`, so that no child can inherit them by accident; /proc/<pid>/environ keeps them, which is why images run
 * the worker from a non-dumpable copy of node.
 */
export function takeEnvironment(): WorkerEnv {
  const env = process.env
  const path = env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
  const launch = {
    ...optional("jobId", env[LAUNCH.jobId]),
    ...optional("attempt", env[LAUNCH.attempt]),
    ...optional("controlPlaneUrl", env[LAUNCH.controlPlaneUrl]),
    ...optional("launchToken", env[LAUNCH.launchToken]),
  }
  const payload = env["VIBERATOR_PAYLOAD"]
  for (const name of [...Object.values(LAUNCH), "VIBERATOR_PAYLOAD"]) delete env[name]
  return {
    launch,
    ...optional("payload", payload),
    workDirectory: env["VIBERATOR_WORK_DIR"] ?? "/tmp/viberator-work",
    keepWork: env["VIBERATOR_KEEP_WORK"] === "1",
    ...(Number(env["VIBERATOR_CHECKPOINT_MS"]) > 0 ? { checkpointMs: Number(env["VIBERATOR_CHECKPOINT_MS"]) } : {}),
    alone: env["VIBERATOR_ALONE"] === "1" && env["AWS_LAMBDA_RUNTIME_API"] === undefined,
    compute: computeOf(env),
    ...optional("ecsMetadataUrl", env["ECS_CONTAINER_METADATA_URI_V4"]),
    aws: {
      ...optional("region", env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"]),
      ...optional("stsUrl", env["AWS_ENDPOINT_URL_STS"] ?? env["AWS_ENDPOINT_URL"]),
    },
    ...(Number(env["VIBERATOR_ENDS_AT"]) > 0 ? { endsAt: Number(env["VIBERATOR_ENDS_AT"]) } : {}),
    ...optional("loopbackHost", env["VIBERATOR_LOOPBACK_HOST"]),
    isRoot: process.getuid?.() === 0,
    path,
    toolPath: toolPathOf(path),
    locale: localeOf(env),
    secret: (name) => (RESERVED_SECRET_NAMES.test(name) ? undefined : env[name]),
  }
}

/** Set by AWS Lambda wherever it runs code; `sandbox`: the machine is Lambda's own, and nobody else's. */
export function lambdaRuntime(): { sandbox: boolean } | null {
  if (process.env["AWS_LAMBDA_RUNTIME_API"] === undefined) return null
  return { sandbox: process.env["AWS_LAMBDA_INITIALIZATION_TYPE"] !== undefined }
}

/** The runtime client finds the handler by these. */
export function nameHandler(taskRoot: string, handler: string): void {
  process.env["LAMBDA_TASK_ROOT"] = taskRoot
  process.env["_HANDLER"] = handler
}

/**
 * For a worker that the Lambda handler starts: secrets and role of the function, nothing of its runtime. It is not alone:
 * extensions live there, and the handler ends everything else.
 */
export function workerEnvironment(
  launch: Launch | null,
  { requestId, endsAt, home }: { requestId: string; endsAt: number; home: string },
): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of [
    ...Object.values(LAUNCH),
    "VIBERATOR_PAYLOAD",
    "VIBERATOR_ALONE",
    "AWS_LAMBDA_RUNTIME_API",
    "_HANDLER",
    "LAMBDA_TASK_ROOT",
  ])
    delete env[name]
  return {
    ...env,
    ...(launch === null ? {} : launchVariables(launch)),
    VIBERATOR_COMPUTE_KIND: "lambda",
    VIBERATOR_COMPUTE_ID: requestId,
    VIBERATOR_ENDS_AT: String(Math.round(endsAt)),
    // Images name another folder for tasks and hosts; of a function nothing but this one can be written to, or is emptied.
    VIBERATOR_WORK_DIR: join(home, "viberator-work"),
    HOME: home,
  }
}

const launchVariables = ({ jobId, attempt, controlPlaneUrl, launchToken }: Launch): Record<string, string> => ({
  [LAUNCH.jobId]: jobId,
  [LAUNCH.attempt]: String(attempt),
  [LAUNCH.controlPlaneUrl]: controlPlaneUrl,
  [LAUNCH.launchToken]: launchToken,
})

function computeOf(env: Readonly<Record<string, string | undefined>>): WorkerEnv["compute"] {
  const kind = env["VIBERATOR_COMPUTE_KIND"]
  return kind === undefined ? null : { kind, id: env["VIBERATOR_COMPUTE_ID"] ?? String(process.pid) }
}

function localeOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && /^(LANG|LANGUAGE|LC_[A-Z]+|TZ)$/.test(name)) kept[name] = value
  }
  return { LANG: "C.UTF-8", ...kept }
}

/** `exactOptionalPropertyTypes`: a key that is not there is something else than one that is undefined. */
function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  const out: Partial<Record<K, string>> = {}
  if (value !== undefined && value !== "") out[key] = value
  return out
}
