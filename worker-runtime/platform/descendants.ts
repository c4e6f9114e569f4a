// Everything that a program has started, found by /proc, and its end.
import { readFileSync, readdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

/** Every process that we start for the agent or the project carries it, and so does everything they start. */
export const MARK_VARIABLE = "VIBERATOR_MARK"

interface Tree {
  pid: number
  mark: string
  graceMs: number
}

/** TERM to the whole tree, then KILL for as long as anything of it is found. Resolves when nothing is left. */
export async function endTree({ pid, mark, graceMs }: Tree): Promise<void> {
  let known = findRelatives({ pid, mark, known: [] })
  if (known.length === 0) return
  send(-pid, "SIGTERM")
  for (const relative of known) send(relative.pid, "SIGTERM")
  for (let waited = 0; waited < graceMs && known.length > 0; waited += 50) {
    await sleep(50)
    known = findRelatives({ pid, mark, known })
  }
  // A process that forks faster than one round needs several; one that cannot be killed must not hold the job for ever.
  for (let round = 0; round < 100 && known.length > 0; round++) {
    send(-pid, "SIGKILL")
    for (const relative of known) send(relative.pid, "SIGKILL")
    await sleep(20)
    known = findRelatives({ pid, mark, known })
  }
}

/** Kills what a former worker of the same mark has left on this machine. */
export async function endMarked(mark: string): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const found = findRelatives({ pid: NO_PID, mark, known: [] })
    if (found.length === 0) return
    for (const { pid } of found) send(pid, "SIGKILL")
    await sleep(20)
  }
}
/** No process, group or session has it. */
const NO_PID = -1

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // Gone meanwhile, which is what was wanted; anything else is a bug.
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error
  }
}

interface Relative {
  pid: number
  parent: number
  group: number
  session: number
  /** With the pid it names one process for ever: pids are used again. */
  startedAt: string
}

/**
 * The living processes that belong to the tree: its session and group, children of children, whoever was known before,
 * and whoever carries the mark in its environment (that also finds `setsid` children whose parents are gone).
 * Linux only; elsewhere /proc is missing and the answer is empty: then the group signal is all there is.
 */
function findRelatives({ pid, mark, known }: { pid: number; mark: string; known: readonly Relative[] }): Relative[] {
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
  return all.filter((one) => one.pid !== process.pid && (family.has(one.pid) || hasMark(one.pid, mark)))
}

function listProcesses(): Relative[] {
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
