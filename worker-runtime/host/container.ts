// PURE: what a worker's container is made of, and what it may not have.
import type { RunArgs } from "#contract/host.ts"
import { EngineError } from "./engine.ts"
import { handleOf } from "./launch.ts"
import { HOST_GATEWAY, withHost } from "../loopback.ts"

/** What the host's own flags say about every container; nothing that the control plane sends can widen it. */
export interface ContainerPolicy {
  hostId: string
  /** Networks allowed besides `bridge` and `none`: `host`, or names that this machine's engine knows. */
  networks: readonly string[]
  pidsLimit: number
  /** Sizes of /tmp and of the work folder, which lie in memory and count against a container's memory limit. */
  tmpMb: number
  workMb: number
  /** Forwarded variables of the host's environment. */
  forwarded: Readonly<Record<string, string>>
}

/** Docker's own body of `POST /containers/create` (Engine API 1.41), as far as we say anything. */
export interface ContainerBody {
  name: string
  Image: string
  Env: string[]
  Labels: Record<string, string>
  HostConfig: {
    NetworkMode: string
    ExtraHosts?: string[]
    NanoCpus?: number
    Memory?: number
    MemorySwap?: number
    PidsLimit: number
    CapDrop: string[]
    SecurityOpt: string[]
    ReadonlyRootfs: boolean
    Privileged: boolean
    Tmpfs: Record<string, string>
    IpcMode: string
    RestartPolicy: { Name: "no" }
    AutoRemove: boolean
    LogConfig: { Type: string; Config: Record<string, string> }
  }
}

export const LABEL = {
  host: "dev.viberglass.host",
  job: "dev.viberglass.job",
  attempt: "dev.viberglass.attempt",
  call: "dev.viberglass.call",
} as const
const WORK_FOLDER = "/work"
const MIB = 1_048_576

/** `env`: the four launch values. Throws EngineError when the network is not one that this host allows. */
export function containerBody(args: RunArgs, { callId, env }: { callId: string; env: Record<string, string> }, policy: ContainerPolicy) {
  const name = handleOf(args)
  const bridged = args.networkMode === "bridge"
  const body: ContainerBody = {
    name,
    Image: withTag(args.image),
    Env: entries({ ...policy.forwarded, ...(bridged ? reachable(env) : env), ...own(name, bridged) }),
    Labels: { [LABEL.host]: policy.hostId, [LABEL.job]: args.jobId, [LABEL.attempt]: String(args.attempt), [LABEL.call]: callId },
    HostConfig: {
      NetworkMode: allowedNetwork(args.networkMode, policy),
      ...(bridged ? { ExtraHosts: [`${HOST_GATEWAY}:host-gateway`] } : {}),
      ...(args.cpus === undefined ? {} : { NanoCpus: Math.round(args.cpus * 1e9) }),
      // The same number for memory and memory with swap: none of it may be swapped, so that the limit is the limit.
      ...(args.memoryMb === undefined ? {} : { Memory: args.memoryMb * MIB, MemorySwap: args.memoryMb * MIB }),
      PidsLimit: policy.pidsLimit,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
      Privileged: false,
      // Programs of a repository (its tests, its tools) are run from here, so not noexec, which is Docker's own choice.
      Tmpfs: { "/tmp": tmpfs(policy.tmpMb), [WORK_FOLDER]: tmpfs(policy.workMb) },
      IpcMode: "private",
      // A second start of an attempt is the control plane's to decide, and its exit must be seen before it is removed.
      RestartPolicy: { Name: "no" },
      AutoRemove: false,
      LogConfig: { Type: "json-file", Config: { "max-size": "5m", "max-file": "1" } },
    },
  }
  return body
}

/** Docker takes a name without a tag for all tags when it pulls, and for `latest` when it runs. */
export function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf("/") + 1)
  return last.includes(":") || last.includes("@") ? image : `${image}:latest`
}

function allowedNetwork(mode: string, { networks }: ContainerPolicy): string {
  if (mode === "bridge" || mode === "none" || networks.includes(mode)) return mode
  const allowed = ["bridge", "none", ...networks].join(", ")
  const how = `the host allows ${allowed}; start it with --allow-network ${mode} if that is wanted`
  throw new EngineError("permanent", "network-not-allowed", `The network mode "${mode}" is not allowed here: ${how}.`)
}

/** A control plane on the loopback address of the host is not on that of the container. */
const reachable = (env: Record<string, string>) => ({ ...env, CONTROL_PLANE_URL: withHost(env["CONTROL_PLANE_URL"] ?? "", HOST_GATEWAY) })

const own = (name: string, bridged: boolean) => ({
  VIBERATOR_WORK_DIR: WORK_FOLDER,
  VIBERATOR_COMPUTE_KIND: "docker",
  VIBERATOR_COMPUTE_ID: name,
  // The same for the forge and the model, whose addresses come with the job.
  ...(bridged ? { VIBERATOR_LOOPBACK_HOST: HOST_GATEWAY } : {}),
})

const tmpfs = (mb: number) => `rw,exec,nosuid,nodev,mode=1777,size=${mb}m`
const entries = (env: Record<string, string>) => Object.entries(env).map(([name, value]) => `${name}=${value}`)
