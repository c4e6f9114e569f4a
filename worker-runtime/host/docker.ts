import { readFileSync } from "node:fs"
import Dockerode from "dockerode"
import type { RunArgs } from "#contract/host.ts"
import { admit, bookVerbs, forget, keep, known, markStored, openBook } from "./book.ts"
import { containerBody, type ContainerPolicy, withTag } from "./container.ts"
import { classOf, pullError } from "./docker-errors.ts"
import { readOutput } from "./docker-log.ts"
import { askContainerToStop, type Dock, look, watchContainers } from "./docker-watch.ts"
import { type Engine, EngineError, type ImageFacts } from "./engine.ts"
import { launchEnvironment } from "./launch.ts"
import type { Log } from "../log.ts"
import { isCode } from "./proc.ts"
import { loginFor } from "./registry-login.ts"
import { type Run, runFolder } from "./runs.ts"
import { logFile, tailLog } from "./worker-log.ts"

export interface DockerEngineOptions {
  /** Path of the engine's socket. */
  socket: string
  state: string
  slots: number
  policy: ContainerPolicy
  log: Log
  /** Docker's `config.json`, where `docker login` keeps what a pull signs in with. */
  dockerConfig: string
  /** Shortened by tests only. */
  leftMs?: number
}

/** An engine that answers nothing for so long is treated as one that cannot be reached. */
const ANSWER_MS = 120_000
/** A living host removes its containers seconds after their exits are stored. */
const LEFT_MS = 24 * 3_600_000

/**
 * Workers as containers of the Docker engine on this machine. Throws EngineError (`engine-unreachable`) when there is
 * none; afterwards an engine that goes away is waited for, and nothing is concluded from its silence.
 */
export async function dockerEngine({
  socket,
  state,
  slots,
  policy,
  log,
  dockerConfig,
  leftMs = LEFT_MS,
}: DockerEngineOptions): Promise<Engine> {
  const docker = new Dockerode({ socketPath: socket, timeout: ANSWER_MS })
  const version = await versionOf(docker)
  const dock: Dock = { ...openBook(state, log), docker, hostId: policy.hostId, starting: new Set(), leftMs, silent: false }
  const { inspect, ...verbs } = bookVerbs(dock)
  await look(dock).catch((error: unknown) => {
    throw classOf(error, "other")
  })
  const watch = watchContainers(dock)
  return {
    ...verbs,
    kind: "docker",
    version,
    image: (name, pull) => imageFacts({ docker, dockerConfig, log }, withTag(name), pull),
    run: (args, callId) => start(dock, { args, callId, slots, policy }),
    inspect: async (handle) => inspect(handle),
    stop: async (handle, graceMs) => askContainerToStop(dock, known(dock, handle), graceMs),
    logs: async (handle, tail) => logsOf(dock, known(dock, handle), tail),
    // The next look removes the container.
    stored: (jobId, attempt) => void markStored(dock, jobId, attempt),
    close: () => watch.close(),
  }
}

async function versionOf(docker: Dockerode): Promise<string> {
  try {
    const { Version, ApiVersion } = await docker.version()
    return `docker ${Version} (API ${ApiVersion})`
  } catch (error) {
    throw classOf(error, "other")
  }
}

interface Puller {
  docker: Dockerode
  dockerConfig: string
  log: Log
}

/** What is there counts; only what is not is pulled, so that a local image needs no registry. */
async function imageFacts(puller: Puller, name: string, pull: boolean): Promise<ImageFacts> {
  const { docker } = puller
  try {
    return await describe(docker, name)
  } catch (error) {
    const told = classOf(error, "image", name)
    if (!pull || !(told instanceof EngineError && told.code === "image-missing")) throw told
  }
  await pullImage(puller, name)
  try {
    return await describe(docker, name)
  } catch (error) {
    throw classOf(error, "image", name)
  }
}

async function describe(docker: Dockerode, name: string): Promise<ImageFacts> {
  const { Id, Size, RepoDigests, Config } = await docker.getImage(name).inspect()
  const user = Config.User ?? ""
  if (/^(|root|0)(:|$)/.test(user))
    throw new EngineError("permanent", "image-root", `${name} would run its worker as root: its Dockerfile needs a USER.`)
  const [, digest] = RepoDigests?.[0]?.split("@") ?? []
  return { id: Id, size: Size, ...(digest === undefined ? {} : { digest }) }
}

async function pullImage({ docker, dockerConfig, log }: Puller, name: string): Promise<void> {
  const login = loginFor(name, readIfThere(dockerConfig))
  log.info("host.image-pull", { image: name, login: login?.serveraddress ?? "none" })
  try {
    const stream = await docker.pull(name, login === undefined ? {} : { authconfig: login })
    // A registry that fails in the middle says so inside the stream, after a 200.
    await new Promise<void>((resolve, reject) =>
      docker.modem.followProgress(stream, (error: Error | null) => (error ? reject(pullError(undefined, error.message, name)) : resolve())),
    )
  } catch (error) {
    throw classOf(error, "pull", name)
  }
}

interface Start {
  args: RunArgs
  callId: string
  slots: number
  policy: ContainerPolicy
}

async function start(dock: Dock, { args, callId, slots, policy }: Start): Promise<{ handle: string }> {
  const body = containerBody(args, { callId, env: launchEnvironment(args) }, policy)
  const { run, begun } = admit(dock, args, { callId, slots })
  if (begun) return { handle: run.handle }
  dock.starting.add(run.handle)
  try {
    await createAndStart(dock, run, body)
  } finally {
    dock.starting.delete(run.handle)
  }
  dock.log.info("host.worker-started", { handle: run.handle, image: body.Image, network: body.HostConfig.NetworkMode })
  return { handle: run.handle }
}

async function createAndStart(dock: Dock, run: Run, body: ReturnType<typeof containerBody>): Promise<void> {
  let container: Dockerode.Container
  try {
    container = await dock.docker.createContainer(body)
  } catch (error) {
    forget(dock, run)
    throw classOf(error, "create", body.Image)
  }
  try {
    await container.start()
    run.startedAt = Date.now()
    keep(dock, run)
  } catch (error) {
    // Only when it is surely gone may the attempt be tried again: a lost answer may have been a yes.
    await container.remove({ force: true, v: true }).then(
      () => forget(dock, run),
      (left: unknown) => dock.log.error(left, "host.container-left", { handle: run.handle }),
    )
    throw classOf(error, "start", body.Image)
  }
}

async function logsOf(dock: Dock, run: Run, tail: number): Promise<string> {
  if (run.exit) return tailLog(logFile(runFolder(dock.state, run)), tail)
  try {
    return await readOutput(dock.docker.getContainer(run.handle), tail)
  } catch (error) {
    throw classOf(error, "other")
  }
}

/** Read for each pull: somebody may have logged in since. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    if (isCode(error, ["ENOENT", "ENOTDIR", "EACCES"])) return ""
    throw error
  }
}
