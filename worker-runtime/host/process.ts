import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { closeSync, mkdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import type { RunArgs } from "#contract/host.ts"
import { admit, bookVerbs, forget, keep, known, living, markStored, openBook } from "./book.ts"
import { type Engine, EngineError, type ImageFacts } from "./engine.ts"
import { launchEnvironment } from "./launch.ts"
import type { Log } from "../log.ts"
import { identify, isCode } from "./proc.ts"
import { type Run, runFolder, workFolder } from "./runs.ts"
import { adopt, askToStop, endRun, type House, watch } from "./watch.ts"
import { logFile, openLog, tailLog } from "./worker-log.ts"

export interface ProcessEngineOptions {
  /** Folder of tombstones, worker logs and work folders. */
  state: string
  slots: number
  /** Program, its arguments; the last one is the worker's bundle. */
  command: readonly [string, ...string[]]
  /** What every worker gets besides its launch values: PATH and the like, and the forwarded names. */
  baseEnv: Record<string, string>
  /** Work folders stay when their workers have ended, also when their records expire. */
  keepWork?: boolean
  log: Log
}

/** Workers as child processes: no isolation, for development and for machines without Docker. Linux only (/proc). */
export function processEngine(options: ProcessEngineOptions): Engine {
  const { state, log, keepWork = false } = options
  const house: House = { ...openBook(state, log), keepWork, children: new Set(), ending: new Set() }
  const { inspect, ...verbs } = bookVerbs(house)
  for (const run of living(house)) adopt(house, run)
  const timer = watch(house)
  return {
    ...verbs,
    kind: "process",
    version: `node ${process.version}`,
    image: () => bundleFacts(options.command),
    run: (args, callId) => start(house, options, args, callId),
    inspect: async (handle) => inspect(handle),
    stop: async (handle, graceMs) => askToStop(house, known(house, handle), graceMs),
    logs: async (handle, tail) => tailLog(logFile(runFolder(house.state, known(house, handle))), tail),
    stored: (jobId, attempt) => void markStored(house, jobId, attempt),
    close: () => clearInterval(timer),
  }
}

async function start(house: House, options: ProcessEngineOptions, args: RunArgs, callId: string): Promise<{ handle: string }> {
  const env = launchEnvironment(args)
  const { run, begun } = admit(house, args, { callId, slots: options.slots })
  const { handle } = run
  if (begun) return { handle }
  try {
    await startWorker(house, options, run, env)
  } catch (error) {
    forget(house, run)
    throw startError(error, options.command)
  }
  options.log.info("host.worker-started", { handle, pid: run.process?.pid })
  return { handle }
}

async function startWorker(
  house: House,
  { command, baseEnv }: ProcessEngineOptions,
  run: Run,
  launch: Record<string, string>,
): Promise<void> {
  mkdirSync(workFolder(house.state, run), { recursive: true, mode: 0o700 })
  const output = openLog(runFolder(house.state, run))
  try {
    const child = spawnDetached(command, output, workFolder(house.state, run), {
      ...baseEnv,
      ...launch,
      VIBERATOR_WORK_DIR: workFolder(house.state, run),
      VIBERATOR_COMPUTE_KIND: "process",
      VIBERATOR_COMPUTE_ID: run.handle,
    })
    if (child.pid === undefined) {
      const [error]: unknown[] = await once(child, "error")
      throw error
    }
    watchChild(house, run, child, child.pid)
  } finally {
    closeSync(output)
  }
}

function spawnDetached(
  [program, ...args]: readonly [string, ...string[]],
  output: number,
  cwd: string,
  env: Record<string, string>,
): ChildProcess {
  // Its own session: neither Ctrl-C nor the death of the host reaches it.
  return spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", output, output] })
}

function watchChild(house: House, run: Run, child: ChildProcess, pid: number): void {
  house.children.add(run.handle)
  child.unref()
  // Read before the event loop turns: until its parent collects it, even a worker that ended at once is in /proc.
  const id = identify(pid)
  if (id) run.process = id
  keep(house, run)
  child.on("error", (error) => house.log.error(error, "host.worker-error", { handle: run.handle }))
  child.on("exit", (exitCode, signal) => endRun(house, run, { exitCode, signal }))
}

function startError(error: unknown, [program]: readonly [string, ...string[]]): unknown {
  if (error instanceof EngineError) return error
  if (isCode(error, ["ENOENT", "EACCES"])) return new EngineError("permanent", "worker-missing", `This host cannot start ${program}.`)
  if (isCode(error, ["EAGAIN", "ENOMEM", "ENOSPC", "EMFILE"])) {
    return new EngineError("transient", "no-room", "This host has no room for another worker right now.")
  }
  return error
}

/** There is no image: the worker's bundle stands for it, so that the UI can name what will run. */
async function bundleFacts(command: readonly [string, ...string[]]): Promise<ImageFacts> {
  const bundle = command.at(-1) ?? command[0]
  try {
    const bytes = await readFile(bundle)
    return { id: basename(bundle), size: bytes.length, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` }
  } catch (error) {
    if (isCode(error, ["ENOENT", "EACCES", "EISDIR"]))
      throw new EngineError("not-found", "worker-missing", `There is no worker at ${bundle} on this host.`)
    throw error
  }
}
