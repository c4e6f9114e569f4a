// Everything that a program has started, found by /proc, and its end.
import { readFileSync, readdirSync, readlinkSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

/** Every process that we start for the agent or the project carries it, and so does everything they start. */
export const MARK_VARIABLE = "VIBERATOR_MARK"

interface Tree {
  pid: number
  mark: string
  graceMs: number
  /** See `WorkerEnv.alone`. */
  alone: boolean
}

/** TERM to the whole tree, then KILL for as long as anything of it is found. Resolves when nothing is left. */
export async function endTree({ pid, mark, graceMs, alone }: Tree): Promise<void> {
  let known = findRelatives({ pid, mark, known: [], alone })
  if (known.length === 0) return
  send(-pid, "SIGTERM")
  for (const relative of known) send(relative.pid, "SIGTERM")
  for (let waited = 0; waited < graceMs && known.length > 0; waited += 50) {
    await sleep(50)
    known = findRelatives({ pid, mark, known, alone })
  }
  // A process that forks faster than one round needs several; one that cannot be killed must not hold the job for ever.
  for (let round = 0; round < 100 && known.length > 0; round++) {
    send(-pid, "SIGKILL")
    for (const relative of known) send(relative.pid, "SIGKILL")
    await sleep(20)
    known = findRelatives({ pid, mark, known, alone })
  }
}

/** Kills what a former worker of the same mark has left on this machine, and where the worker is alone on it everything else. */
export async function endMarked(mark: string, alone = false): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const found = findRelatives({ pid: NO_PID, mark, known: [], alone })
    if (found.length === 0) return
    for (const { pid } of found) send(pid, "SIGKILL")
    await sleep(20)
  }
}
/** No process, group or session has it. */
const NO_PID = -1

/** Nothing happens when it has ended meanwhile or is none of ours. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Gone meanwhile, which is what was wanted; anything else is a bug.
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error
  }
}

export interface Relative {
  pid: number
  parent: number
  group: number
  session: number
  /** With the pid it names one process for ever: pids are used again. */
  startedAt: string
}

/**
 * The living processes that belong to the tree: its session and group, children of children, whoever was known before,
 * and whoever carries the mark in its environment (that also finds `setsid` children whose parents are gone). Where the
 * worker is alone on its machine, also everything else of this user: a process can leave its session, its parents and its
 * environment behind, but not the container. Linux only; elsewhere /proc is missing and the answer is empty: then the group signal is all there is.
 */
function findRelatives({ pid, mark, known, alone }: Omit<Tree, "graceMs"> & { known: readonly Relative[] }): Relative[] {
  const all = listProcesses()
  const family = new Set([
    pid,
    ...known.filter((old) => all.some((one) => one.pid === old.pid && one.startedAt === old.startedAt)).map((old) => old.pid),
  ])
  for (let grown = true; grown;) {
    const before = family.size
    for (const one of all) {
      if (family.has(one.parent) || one.session === pid || one.group === pid) family.add(one.pid)
    }
    grown = family.size > before
  }
  const own = alone && !isHost() ? ownSession(all) : null
  const strange = ({ pid: one, session }: Relative) => own !== null && session !== own && one !== 1 && isOurUser(one)
  return all.filter((one) => one.pid !== process.pid && (family.has(one.pid) || hasMark(one.pid, mark) || strange(one)))
}

/** What the worker runs for itself (git) stays in its session; what it runs for the agent has another, and nobody can join one. */
const ownSession = (all: readonly Relative[]): number | null => all.find(({ pid }) => pid === process.pid)?.session ?? null

/** The machine's own PID namespace has this number since Linux 3.8 (include/linux/proc_ns.h): nobody is alone in it. */
const HOST_PIDS = "pid:[4026531836]"

function isHost(): boolean {
  try {
    return readlinkSync("/proc/self/ns/pid") === HOST_PIDS
  } catch {
    // No /proc: then nobody can be found in it either.
    return true
  }
}

/** By its status: the owner of the folder is root as soon as a process has made itself unreadable. */
const isOurUser = (pid: number): boolean => /^Uid:\t(\d+)/m.exec(readProcFile(`/proc/${pid}/status`))?.[1] === String(process.getuid?.())

/** Every living process that this machine shows; a zombie has ended. */
export function listProcesses(): Relative[] {
  return readProc("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    const stat = readProcFile(`/proc/${name}/stat`)
    // The second field is the program's name in brackets and may contain anything.
    const [state = "", parent, group, session, ...more] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    if (stat === "" || state === "Z" || state === "X") return []
    return [{ pid: Number(name), parent: Number(parent), group: Number(group), session: Number(session), startedAt: more[15] ?? "" }]
  })
}

function hasMark(pid: number, mark: string): boolean {
  return `\0${readProcFile(`/proc/${pid}/environ`)}`.includes(`\0${MARK_VARIABLE}=${mark}\0`)
}

function readProc(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No /proc on this system: see findRelatives.
    return []
  }
}

function readProcFile(path: string): string {
  try {
    return readFileSync(path, "latin1")
  } catch {
    // The process has ended meanwhile, or belongs to somebody else and so not to us.
    return ""
  }
}

/** CPU time and resident memory of one process; zeros when it is gone. Clock ticks are 10 ms and pages 4 KiB on Linux. */
export function readVitals(pid: number): { alive: boolean; cpuMs: number; rssBytes: number } {
  const stat = readProcFile(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const number = (index: number) => Number(fields[index] ?? 0) || 0
  const alive = stat !== "" && fields[0] !== "Z"
  return { alive, cpuMs: (number(11) + number(12) + number(13) + number(14)) * 10, rssBytes: number(21) * 4096 }
}
