import type { RunArgs } from "#contract/host.ts"
import { type Engine, EngineError, type Exited, type Inspection, type Running } from "./engine.ts"
import { handleOf } from "./launch.ts"
import type { Log } from "../log.ts"
import { forgetRun, loadRuns, type Run, type RunExit, saveRun, toExited } from "./runs.ts"

/** What an engine knows of the attempts that were started here. A tombstone is on disk before its worker starts. */
export interface Book {
  /** Folder of tombstones, worker logs and work folders. */
  state: string
  log: Log
  runs: Map<string, Run>
  listeners: ((exited: Exited) => void)[]
}

export const openBook = (state: string, log: Log): Book => ({ state, log, runs: loadRuns(state, log), listeners: [] })

export const living = ({ runs }: Book): Run[] => [...runs.values()].filter((run) => !run.exit)

/** The part of every engine that is the book's alone. */
export function bookVerbs(book: Book): Pick<Engine, "running" | "unstored" | "onExit"> & { inspect: (handle: string) => Inspection } {
  return {
    inspect: (handle) => inspectRun(book.runs.get(handle)),
    running: () => living(book).map(({ jobId, attempt, handle }): Running => ({ jobId, attempt, handle })),
    unstored: () => [...book.runs.values()].flatMap((run) => (run.exit && !run.stored ? [toExited(run, run.exit)] : [])),
    onExit: (listener) => void book.listeners.push(listener),
  }
}

/** The run of that very call, begun before; else a new one, written down. Throws EngineError when it may not be started. */
export function admit(book: Book, args: RunArgs, { callId, slots }: { callId: string; slots: number }): { run: Run; begun: boolean } {
  const handle = handleOf(args)
  const former = book.runs.get(handle)
  // The reply of that very call was lost with the host process that gave it: not a second start.
  if (former?.callId === callId) return { run: former, begun: true }
  if (former) throw new EngineError("permanent", "already-ran", `Attempt ${args.attempt} of this job was started here before.`)
  if (living(book).length >= slots) throw new EngineError("transient", "no-slot", `All ${slots} slots of this host are taken.`)

  const run: Run = { jobId: args.jobId, attempt: args.attempt, handle, callId, startedAt: Date.now(), stored: false }
  // The tombstone comes before the start: a host killed in between has at worst refused an attempt, never run it twice.
  book.runs.set(handle, run)
  try {
    saveRun(book.state, run)
  } catch (error) {
    forget(book, run)
    throw error
  }
  return { run, begun: false }
}

/** Nothing of it ever ran, or its time is over. */
export function forget(book: Book, run: Run, options?: { keepFolder?: boolean }): void {
  book.runs.delete(run.handle)
  forgetRun(book.state, run, options)
}

export function known(book: Book, handle: string): Run {
  const run = book.runs.get(handle)
  if (!run) throw new EngineError("not-found", "gone", GONE)
  return run
}

/** What changes after the start is known in memory first: a full disk must not hinder a stop or the news of an exit. */
export function keep(book: Book, run: Run): void {
  try {
    saveRun(book.state, run)
  } catch (error) {
    book.log.error(error, "host.record-not-saved", { handle: run.handle })
  }
}

/** Writes down how a worker ended. */
export function noteExit(book: Book, run: Run, exit: RunExit): void {
  run.exit = exit
  book.log.info("host.worker-exited", { handle: run.handle, exitCode: exit.exitCode, signal: exit.signal ?? null, oom: exit.oom })
  keep(book, run)
}

export function tellExit(book: Book, run: Run): void {
  if (run.exit) for (const tell of book.listeners) tell(toExited(run, run.exit))
}

/** Answers the run whose exit the control plane now has, once. */
export function markStored(book: Book, jobId: string, attempt: number): Run | undefined {
  const run = [...book.runs.values()].find((each) => each.jobId === jobId && each.attempt === attempt)
  if (!run?.exit || run.stored) return undefined
  run.stored = true
  keep(book, run)
  return run
}

/** Told twice, the earlier end of the grace counts. */
export function setGrace(book: Book, run: Run, graceMs: number): void {
  const killAt = Date.now() + graceMs
  run.killAt = Math.min(run.killAt ?? killAt, killAt)
  keep(book, run)
}

const GONE = "This host knows of no such worker (any more)."

function inspectRun(run: Run | undefined): Inspection {
  if (!run) return { state: "gone", oom: false, reason: GONE }
  const startedAt = new Date(run.startedAt).toISOString()
  if (!run.exit) {
    const reason = run.killAt === undefined ? "The worker runs." : "The worker was asked to stop."
    return { state: "running", oom: false, reason, startedAt }
  }
  const { exitCode, signal, oom, reason, at } = run.exit
  return { state: "stopped", exitCode, ...(signal && { signal }), oom, reason, startedAt, finishedAt: new Date(at).toISOString() }
}
