import { type ChildProcess, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { closeSync, mkdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import type { RunArgs } from "#contract/host.ts"
import { type Engine, EngineError, type ImageFacts, type Inspection } from "./engine.ts"
import { handleOf, launchEnvironment } from "./launch.ts"
import type { Log } from "../log.ts"
import { identify, isCode } from "./proc.ts"
import { forgetRun, loadRuns, type Run, runFolder, saveRun, toExited, workFolder } from "./runs.ts"
import { adopt, askToStop, endRun, type House, keep, watch } from "./watch.ts"
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
  const house: House = { state, log, keepWork, runs: loadRuns(state, log), listeners: [], children: new Set(), ending: new Set() }
  const live = () => [...house.runs.values()].filter((run) => !run.exit)
  for (const run of live()) adopt(house, run)
  const timer = watch(house)
  return {
    kind: "process",
    version: `node ${process.version}`,
    image: () => bundleFacts(options.command),
    run: (args, callId) => start(house, options, args, callId),
    inspect: async (handle) => inspectRun(house.runs.get(handle)),
    stop: async (handle, graceMs) => askToStop(house, known(house, handle), graceMs),
    logs: async (handle, tail) => tailLog(logFile(runFolder(house.state, known(house, handle))), tail),
    running: () => live().map(({ jobId, attempt, handle }) => ({ jobId, attempt, handle })),
    unstored: () => [...house.runs.values()].flatMap((run) => (run.exit && !run.stored ? [toExited(run, run.exit)] : [])),
    stored: (jobId, attempt) => markStored(house, jobId, attempt),
    onExit: (listener) => house.listeners.push(listener),
    close: () => clearInterval(timer),
  }
}

async function start(house: House, options: ProcessEngineOptions, args: RunArgs, callId: string): Promise<{ handle: string }> {
  const handle = handleOf(args)
  const former = house.runs.get(handle)
  // The reply of that very call was lost with the host process that gave it: not a second start.
  if (former?.callId === callId) return { handle }
  if (former) throw new EngineError("permanent", "already-ran", `Attempt ${args.attempt} of this job was started here before.`)
  const env = launchEnvironment(args)
  const taken = [...house.runs.values()].filter((run) => !run.exit).length
  if (taken >= options.slots) throw new EngineError("transient", "no-slot", `All ${options.slots} slots of this host are taken.`)

  const run: Run = { jobId: args.jobId, attempt: args.attempt, handle, callId, startedAt: Date.now(), stored: false }
  // The tombstone comes before the start: a host killed in between has at worst refused an attempt, never run it twice.
  house.runs.set(handle, run)
  try {
    saveRun(house.state, run)
    await startWorker(house, options, run, env)
  } catch (error) {
    house.runs.delete(handle)
    forgetRun(house.state, run)
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

function inspectRun(run: Run | undefined): Inspection {
  if (!run) return { state: "gone", oom: false, reason: "This host knows of no such worker (any more)." }
  if (!run.exit)
    return { state: "running", oom: false, reason: run.killAt === undefined ? "The worker runs." : "The worker was asked to stop." }
  const { exitCode, signal, oom, reason } = run.exit
  return { state: "stopped", exitCode, ...(signal && { signal }), oom, reason }
}

function known(house: House, handle: string): Run {
  const run = house.runs.get(handle)
  if (!run) throw new EngineError("not-found", "gone", "This host knows of no such worker (any more).")
  return run
}

function markStored(house: House, jobId: string, attempt: number): void {
  const run = [...house.runs.values()].find((each) => each.jobId === jobId && each.attempt === attempt)
  if (!run?.exit || run.stored) return
  run.stored = true
  keep(house, run)
}
