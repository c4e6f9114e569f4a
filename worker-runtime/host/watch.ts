import { rm } from "node:fs/promises"
import { type Book, forget, keep, noteExit, setGrace, tellExit } from "./book.ts"
import { exitReason, type HowEnded } from "./exit-reason.ts"
import { currentBoot, identify, isAlive, killStartedWith, leaderOf, signal, startedWith } from "./proc.ts"
import { isExpired, markOf, type Run, runFolder, type RunExit, workFolder } from "./runs.ts"
import { capLog, logFile } from "./worker-log.ts"

/** What the process engine knows. `children` are the handles whose exit this process is told by the kernel. */
export interface House extends Book {
  keepWork: boolean
  children: Set<string>
  ending: Set<string>
}

const LOOK_MS = 1000

/**
 * Looks after running workers once a second. A worker that a former host process started is no child of this one, and
 * Node has no pidfd: its end can only be seen by looking.
 */
export function watch(house: House): NodeJS.Timeout {
  return setInterval(() => {
    const now = Date.now()
    for (const run of house.runs.values()) {
      try {
        look(house, run, now)
      } catch (error) {
        house.log.error(error, "host.look-failed", { handle: run.handle })
      }
    }
  }, LOOK_MS)
}

function look(house: House, run: Run, now: number): void {
  if (isExpired(run, now)) {
    forget(house, run, { keepFolder: house.keepWork })
    return
  }
  if (run.exit || house.ending.has(run.handle)) return
  if (!house.children.has(run.handle) && !(run.process && isAlive(run.process))) {
    endRun(house, run, {
      exitCode: null,
      unseen: "The worker ended; its host had been restarted meanwhile, so its exit code is not known.",
    })
    return
  }
  if (run.killAt !== undefined && now >= run.killAt) killGroup(run)
  capLog(logFile(runFolder(house.state, run)))
}

/** Takes over a run of the host process before this one: its worker may live, have ended, or never have begun. */
export function adopt(house: House, run: Run): void {
  if (!run.process) {
    const leader = leaderOf(startedWith(entriesOf(run)))
    const id = leader === undefined ? undefined : identify(leader)
    if (id) run.process = id
  }
  if (run.process && isAlive(run.process)) {
    keep(house, run)
    house.log.info("host.worker-found-again", { handle: run.handle, pid: run.process.pid })
    return
  }
  endRun(house, run, { exitCode: null, unseen: goneWhile(run) })
}

function goneWhile({ process }: Run): string {
  if (!process) return "The host ended while it was starting the worker, which may never have run."
  if (process.bootId !== currentBoot()) return "The machine was restarted while the worker ran."
  return "The worker ended while its host was not running, so its exit code is not known."
}

/** TERM to the worker alone, which ends its agent in its own order. */
export function askToStop(house: House, run: Run, graceMs: number): void {
  if (run.exit) return
  setGrace(house, run, graceMs)
  if (!run.process || !isAlive(run.process)) return
  if (graceMs <= 0) killGroup(run)
  else signal(run.process.pid, "SIGTERM")
}

/** Only while the leader lives is the number of its group surely ours. */
function killGroup(run: Run): void {
  if (run.process && isAlive(run.process)) signal(-run.process.pid, "SIGKILL")
}

/** The worker has ended: nothing of its attempt may go on, then the exit is written down and told. */
export function endRun(house: House, run: Run, how: HowEnded): void {
  if (run.exit || house.ending.has(run.handle)) return
  house.ending.add(run.handle)
  // Seen by its parent this very moment, so the group's number cannot have been given away yet: this gets those of
  // the worker's own group that lost their environment.
  if (!how.unseen && run.process) signal(-run.process.pid, "SIGKILL")
  finish(house, run, how)
    .catch((error: unknown) => {
      house.log.error(error, "host.exit-not-finished", { handle: run.handle })
      // So that the next look, which finds no such process, tries again.
      house.children.delete(run.handle)
    })
    .finally(() => house.ending.delete(run.handle))
}

async function finish(house: House, run: Run, how: HowEnded): Promise<void> {
  const left = await killStartedWith(entriesOf(run))
  if (left.length > 0) house.log.warn("host.processes-left", { handle: run.handle, pids: left.join(" ") })
  const exit: RunExit = {
    exitCode: how.exitCode,
    ...(how.signal && { signal: how.signal }),
    // The kernel tells nobody but its own log which process it took for lack of memory.
    oom: false,
    reason: exitReason(how, { asked: run.killAt !== undefined, left: left.length }),
    at: Date.now(),
  }
  house.children.delete(run.handle)
  noteExit(house, run, exit)
  await removeWork(house, run)
  tellExit(house, run)
}

/** The clone is large, and what matters of it went to the control plane. */
async function removeWork(house: House, run: Run): Promise<void> {
  if (house.keepWork) return
  try {
    await rm(workFolder(house.state, run), { recursive: true, force: true })
  } catch (error) {
    house.log.error(error, "host.work-not-removed", { handle: run.handle })
  }
}

/** An agent's whole tree carries the worker's mark; what the worker starts itself (git) carries the host's. */
const entriesOf = (run: Run) => [`VIBERATOR_MARK=${markOf(run)}`, `VIBERATOR_COMPUTE_ID=${run.handle}`]
