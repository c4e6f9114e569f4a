import type { ComputeType, DeploymentConfig } from "#contract/clankers.ts"
import type { Failure } from "#contract/failures.ts"
import type { ManagedDefaults } from "#contract/managed.ts"
import type { Aws } from "../aws/client.ts"
import { docker } from "./docker.ts"
import { ecs } from "./ecs.ts"
import { lambda } from "./lambda.ts"

/** Plain facts of a deployment, stored when made and shown to people; a launch reads nothing else. */
export type DeploymentFacts = Record<string, string | number | boolean | null>

export interface LaunchRequest {
  jobId: string
  attempt: number
  /** Grows after a definite refusal: the same try is the same launch. */
  try: number
  /** The four launch values by their environment names. */
  env: Record<string, string>
  facts: DeploymentFacts
}
/** `refused` is definite: nothing was started. A lost answer is thrown, and the same try is repeated. */
export type LaunchAnswer =
  | { status: "launched"; handle: string }
  | { status: "not-now"; reason: string }
  | { status: "refused"; transient: boolean; failure: Failure }

/** `unknown` never starts an attempt. `failure` is there when what stopped the worker is known and another attempt cannot help. */
export type InspectAnswer = {
  state: "starting" | "running" | "stopped" | "gone" | "unknown"
  reason: string
  oom: boolean
  failure?: Failure
}

export type ProvisionAnswer =
  | { status: "next"; step: string; facts: DeploymentFacts }
  | { status: "wait"; ms: number; reason: string }
  | { status: "done"; facts: DeploymentFacts }
  | { status: "failed"; message: string }

export interface WorkerHandle {
  jobId: string
  attempt: number
  facts: DeploymentFacts
  /** What `launch` answered; null when its answer was lost. */
  handle: string | null
  /** `kind:id` as the worker that claimed says it; null before. */
  claimed: string | null
  /** When the attempt began, epoch milliseconds. */
  startedAt: number
}

/** A worker's own word of where it runs, as its claim has it. */
export interface Claimant {
  kind: string
  id: string
  proof?: string | undefined
}
/** A refusal never ends the job: somebody else may be knocking. */
export type Proven = { ok: true } | { ok: false; reason: string; /** Nobody can tell now: the same claim may come again. */ later?: true }

/** What a strategy may use of the world; built by the caller, so that this room knows no noun. */
export interface Doors {
  /** Docker hosts that are connected now. */
  connectedHosts: () => Promise<{ id: string; name: string; engine: string; engineVersion: string }[]>
  host: (id: string) => HostDoor
  /** Null: this control plane has no credentials for AWS. */
  aws: AwsDoor | null
  now: () => number
}
export interface AwsDoor {
  client: Aws
  environment: string
  /** As workers are told it. */
  publicUrl: string
  managed: ManagedDefaults
  fetch?: typeof fetch | undefined
}
export interface HostDoor {
  run: (run: {
    jobId: string
    attempt: number
    try: number
    image: string
    networkMode: string
    cpus?: number
    memoryMb?: number
    env: Record<string, string>
  }) => Promise<"accepted" | "away" | "revoked">
  inspect: (jobId: string, attempt: number) => Promise<InspectAnswer>
  stop: (jobId: string, attempt: number, graceMs: number) => Promise<void>
  /** Idempotent by `key`: the first call asks the host, later ones fetch its answer. */
  image: (
    key: string,
    name: string,
  ) => Promise<
    | { state: "pending" }
    | { state: "ok"; id: string; size: number; digest: string | null }
    | { state: "failed"; message: string }
    | { state: "away" }
  >
}

/** One place where a worker can run: four verbs, plain data in and out. */
export interface Strategy {
  /** Longest run the compute allows, milliseconds; null when it has no limit of its own. */
  maxExecutionMs: (config: DeploymentConfig) => number | null
  /** One step of a deployment. Never sleeps or loops; a repeated step finds its own earlier work. `startedAt` is when the step began. */
  provision: (
    request: { config: DeploymentConfig; key: string; step: string | null; startedAt: number; facts: DeploymentFacts },
    doors: Doors,
  ) => Promise<ProvisionAnswer>
  /** What stands there now, by the facts of a deployment; answers those that may have changed. Throws when nobody answers. */
  describe?: (facts: DeploymentFacts, doors: Doors) => Promise<DeploymentFacts>
  /** Starts one worker; idempotent per attempt. */
  launch: (request: LaunchRequest, doors: Doors) => Promise<LaunchAnswer>
  inspect: (handle: WorkerHandle, doors: Doors) => Promise<InspectAnswer>
  /** Asks for the end; idempotent; the proof comes from `inspect`. */
  stop: (handle: WorkerHandle, doors: Doors) => Promise<void>
  /** Whether this claimant is the worker that was launched. */
  prove: (handle: WorkerHandle, claimant: Claimant, doors: Doors) => Promise<Proven>
}

/** The exhaustive registry. */
export const STRATEGIES: Record<ComputeType, Strategy> = {
  lambda,
  ecs,
  docker,
}
