import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import type { ContainerPolicy } from "./container.ts"
import type { EngineKind } from "./engine.ts"

export interface HostOptions {
  url: string
  token: string
  /** The token came as a flag, which every user of this machine can read. */
  tokenInFlags: boolean
  engine: EngineKind
  slots: number
  state: string
  /** Path of the worker's bundle. */
  worker: string
  /** Base environment of every worker that is a process, the forwarded names with it. */
  workerEnv: Record<string, string>
  /** What containers are allowed. */
  containers: Omit<ContainerPolicy, "hostId">
  /** Path of the Docker engine's socket. */
  dockerSocket: string
  /** Docker's own configuration of this user. */
  dockerConfig: string
  killWorkersOnExit: boolean
  /** Workers leave their work folders, journals with them, and the host does not delete them. */
  keepWork: boolean
}
export type Parsed = { kind: "run"; options: HostOptions } | { kind: "help" } | { kind: "wrong"; sentence: string }

export const HELP = `viberator host: lets this machine run workers for a control plane.

  VIBERATOR_HOST_TOKEN=vh_… viberator host --url https://viberglass.example.com

  --url URL                 address of the control plane (required)
  --token TOKEN             host token; better in VIBERATOR_HOST_TOKEN, where ps does not show it
  --engine docker|process   how workers are started: as containers, or as child processes, which isolates nothing (process)
  --slots N                 how many workers at once (2)
  --state FOLDER            where this host keeps its records (~/.local/state/viberator-host)
  --forward NAME            give workers this variable of the host's environment; may be repeated
  --checkpoint-seconds N    how often workers keep their agent's work outside (300); less for machines that go away
  --kill-workers-on-exit    end the workers when this program ends; otherwise they go on

Docker only:
  --docker-socket PATH      the engine's socket (DOCKER_HOST when it is a unix:// one, else /var/run/docker.sock)
  --allow-network NAME      a network besides bridge and none that clankers may use, host for one; may be repeated
  --pids-limit N            processes of one container at most (2048)
  --tmp-mb N, --work-mb N   sizes of /tmp (1024) and of the work folder (8192), which lie in memory

Processes only:
  --worker FILE             the worker's bundle (this program's own)
  --keep-work               for looking into a job: work folders and journals stay in the state folder, nobody
                            deletes them, and the agent of a job can read and change its journal

  --help                    this text

Exit codes: 0 asked to end · 64 wrong flags · 77 the token is no longer taken.`

const FLAGS = {
  url: { type: "string" },
  token: { type: "string" },
  engine: { type: "string", default: "process" },
  slots: { type: "string", default: "2" },
  state: { type: "string" },
  forward: { type: "string", multiple: true },
  "checkpoint-seconds": { type: "string" },
  worker: { type: "string" },
  "kill-workers-on-exit": { type: "boolean", default: false },
  "keep-work": { type: "boolean", default: false },
  "docker-socket": { type: "string" },
  "allow-network": { type: "string", multiple: true },
  "pids-limit": { type: "string", default: "2048" },
  "tmp-mb": { type: "string", default: "1024" },
  "work-mb": { type: "string", default: "8192" },
  help: { type: "boolean", default: false },
} as const

const BASE_NAMES = ["PATH", "HOME", "LANG", "TMPDIR"]

type Environment = Record<string, string | undefined>

/** Flags and environment in, options or one sentence out. */
export function parseHostOptions(args: string[], env: Environment, ownBundle: string): Parsed {
  const flags = readFlags(args)
  if (typeof flags === "string") return wrong(flags)
  if (flags.help) return { kind: "help" }
  const token = flags.token ?? env["VIBERATOR_HOST_TOKEN"]
  const problem = firstProblem(flags, token)
  if (problem !== undefined) return wrong(problem)
  return { kind: "run", options: optionsOf(flags, { env, token: token ?? "", ownBundle }) }
}

function optionsOf(flags: Flags, { env, token, ownBundle }: { env: Environment; token: string; ownBundle: string }): HostOptions {
  const forwarded = {
    ...pick(env, flags.forward ?? []),
    ...(flags["checkpoint-seconds"] ? { VIBERATOR_CHECKPOINT_MS: `${flags["checkpoint-seconds"]}000` } : {}),
  }
  return {
    url: flags.url ?? "",
    token,
    tokenInFlags: flags.token !== undefined,
    engine: flags.engine === "docker" ? "docker" : "process",
    slots: Number(flags.slots),
    state: resolve(flags.state ?? join(homedir(), ".local", "state", "viberator-host")),
    worker: resolve(flags.worker ?? ownBundle),
    workerEnv: { ...pick(env, BASE_NAMES), ...forwarded, ...(flags["keep-work"] ? { VIBERATOR_KEEP_WORK: "1" } : {}) },
    containers: {
      networks: flags["allow-network"] ?? [],
      pidsLimit: Number(flags["pids-limit"]),
      tmpMb: Number(flags["tmp-mb"]),
      workMb: Number(flags["work-mb"]),
      forwarded,
    },
    dockerSocket: flags["docker-socket"] ?? /^unix:\/\/(.+)$/.exec(env["DOCKER_HOST"] ?? "")?.[1] ?? "/var/run/docker.sock",
    dockerConfig: join(env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker"), "config.json"),
    killWorkersOnExit: flags["kill-workers-on-exit"],
    keepWork: flags["keep-work"],
  }
}

type Flags = ReturnType<typeof parseFlags>
const parseFlags = (args: string[]) => parseArgs({ args, options: FLAGS, allowPositionals: false, strict: true }).values

function readFlags(args: string[]): Flags | string {
  try {
    return parseFlags(args)
  } catch (error) {
    // Node's own words name the flag and what is wrong with it.
    if (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) return error.message
    throw error
  }
}

function firstProblem(flags: Flags, token: string | undefined): string | undefined {
  if (flags.url === undefined) return "--url is missing: the address of the control plane."
  if (!/^https?:\/\//.test(flags.url) || !URL.canParse(flags.url)) return `--url must be an http or https address, not "${flags.url}".`
  if (token === undefined) return "The host token is missing: set VIBERATOR_HOST_TOKEN (or --token)."
  if (!/^vh_[A-Za-z0-9_-]+$/.test(token)) return "The host token must look like vh_…, as it was shown when the host was added."
  if (flags.engine !== "process" && flags.engine !== "docker") return `--engine must be process or docker, not "${flags.engine}".`
  if (!/^[1-9]\d{0,2}$/.test(flags.slots)) return `--slots must be a number from 1 to 999, not "${flags.slots}".`
  const seconds = flags["checkpoint-seconds"]
  if (seconds !== undefined && !/^[1-9]\d{0,4}$/.test(seconds))
    return `--checkpoint-seconds must be a number from 1 to 99999, not "${seconds}".`
  const number = (["pids-limit", "tmp-mb", "work-mb"] as const).find((name) => !/^[1-9]\d{0,6}$/.test(flags[name]))
  if (number !== undefined) return `--${number} must be a number from 1 to 9999999, not "${flags[number]}".`
  const network = flags["allow-network"]?.find((name) => !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
  if (network !== undefined) return `--allow-network takes the name of a network, not "${network}": no container shares another's.`
  if (flags.engine === "docker" && flags["keep-work"]) return "--keep-work is for --engine process: a container's work folder ends with it."
  const forbidden = flags.forward?.find((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith("VIBERATOR_"))
  if (forbidden !== undefined) return `--forward takes the name of a variable, and none of our own: not "${forbidden}".`
  return undefined
}

function pick(env: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}

const wrong = (sentence: string): Parsed => ({ kind: "wrong", sentence: `${sentence} See viberator host --help.` })
