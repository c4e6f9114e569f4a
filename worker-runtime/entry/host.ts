import { existsSync } from "node:fs"
import { CLOCKS } from "#contract/jobs.ts"
import { createCalls } from "../host/calls.ts"
import { type Connection, connectHost, type Ending } from "../host/connection.ts"
import { type Engine, EngineError } from "../host/engine.ts"
import { HELP, type HostOptions, parseHostOptions } from "../host/options.ts"
import { hasProc } from "../host/proc.ts"
import { processEngine } from "../host/process.ts"
import { lockState } from "../host/state-lock.ts"
import { createLog, type Log } from "../log.ts"
import { isLoopback } from "../platform/payload.ts"
import { createRedactor } from "../redact.ts"
import { WORKER_VERSION } from "../version.ts"

const USAGE = 64
/** What a worker gets to checkpoint its agent's work when the host takes it along. */
const GRACE_MS = CLOCKS.machineGraceMs.ms

/** `viberator host …`: connects this machine to a control plane until it is told to end. Answers the exit code. */
export async function host(args: string[]): Promise<number> {
  const parsed = parseHostOptions(args, process.env, process.argv[1] ?? "")
  // No program that this one starts may inherit it. (Its own /proc/<pid>/environ keeps it: the kernel's copy.)
  delete process.env["VIBERATOR_HOST_TOKEN"]
  switch (parsed.kind) {
    case "help":
      process.stdout.write(`${HELP}\n`)
      return 0
    case "wrong":
      return refuse(parsed.sentence)
    case "run":
      return start(parsed.options)
  }
}

async function start(options: HostOptions): Promise<number> {
  const problem = options.engine === "process" ? processProblem(options) : undefined
  if (problem !== undefined) return refuse(problem)
  const lock = lockState(options.state)
  if ("heldBy" in lock) return refuse(`Another host (process ${lock.heldBy}) uses ${options.state}: end it, or choose another --state.`)
  try {
    const redactor = createRedactor()
    redactor.register(options.token)
    const log = createLog({ redactor, fields: { room: "host" } })
    const engine = await openEngine(options, log)
    return typeof engine === "string" ? refuse(engine) : await serve(options, engine, log)
  } finally {
    lock.release()
  }
}

function processProblem({ worker }: HostOptions): string | undefined {
  if (!hasProc()) return "The process engine needs Linux: it finds its workers again through /proc."
  if (!existsSync(worker)) return `There is no worker at ${worker}: name its bundle by --worker.`
  return undefined
}

/** The engine, or why there is none, in one sentence. */
async function openEngine(options: HostOptions, log: Log): Promise<Engine | string> {
  const { state, slots, worker, workerEnv, keepWork, token, containers, dockerSocket: socket, dockerConfig } = options
  if (options.engine === "process")
    return processEngine({ state, slots, command: [process.execPath, worker], baseEnv: workerEnv, keepWork, log })
  // Loaded here, so that a worker, which starts from the same file, pays nothing for it.
  const { dockerEngine } = await import("../host/docker.ts")
  try {
    return await dockerEngine({ socket, state, slots, policy: { ...containers, hostId: hostIdOf(token) }, dockerConfig, log })
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return `${error.message} Is Docker running, and may this user use ${socket}? Name another socket by --docker-socket.`
  }
}

/** `vh_<host id>_<secret>`: the id stands on this host's containers, so that it finds them again. */
const hostIdOf = (token: string) => token.slice("vh_".length, token.lastIndexOf("_"))

async function serve(options: HostOptions, engine: Engine, log: Log): Promise<number> {
  const { url, token, slots } = options
  warn(options, log)
  const connection = connectHost({ url, token, version: WORKER_VERSION, slots, engine, answer: createCalls({ engine, log }), log })
  log.info("host.started", { url, engine: engine.kind, version: engine.version, slots, running: engine.running().length })
  const ending = await untilEnd(connection)
  if (options.killWorkersOnExit) await endWorkers(engine)
  engine.close()
  if (ending.code !== 0) process.stderr.write(`${ending.sentence}\n`)
  log.info("host.ended", { code: ending.code, running: engine.running().length })
  return ending.code
}

function warn({ url, tokenInFlags }: HostOptions, log: Log): void {
  if (tokenInFlags)
    log.warn("host.token-visible", { text: "--token can be read by every user of this machine; VIBERATOR_HOST_TOKEN cannot." })
  const { protocol, hostname } = new URL(url)
  if (protocol === "http:" && !isLoopback(hostname))
    log.warn("host.not-encrypted", { text: "The token travels unencrypted: use an https address." })
}

/** A repeated signal changes nothing: Ctrl-C in `npm start` arrives twice, from the terminal and from the starter. */
async function untilEnd(connection: Connection): Promise<Ending> {
  const close = () => connection.close()
  process.on("SIGTERM", close).on("SIGINT", close)
  return connection.ended
}

/** Resolves when no worker is left, each with everything that it had started. */
async function endWorkers(engine: Engine): Promise<void> {
  const allEnded = new Promise<void>((resolve) => {
    engine.onExit(() => engine.running().length === 0 && resolve())
    if (engine.running().length === 0) resolve()
  })
  await Promise.all(engine.running().map(({ handle }) => engine.stop(handle, GRACE_MS)))
  await allEnded
}

function refuse(sentence: string): number {
  process.stderr.write(`${sentence}\n`)
  return USAGE
}
