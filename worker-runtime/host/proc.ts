import { existsSync, readdirSync, readFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"

/**
 * One process, told from a later one with the same number by its start time (clock ticks since boot, so the boot is
 * part of it). Source: proc_pid_stat(5).
 */
export interface ProcessId {
  pid: number
  startTicks: string
  bootId: string
}

export const hasProc = () => existsSync("/proc/self/stat")

/** What is needed to find the process again, or undefined when it has ended. */
export function identify(pid: number): ProcessId | undefined {
  const stat = readStat(pid)
  return stat && { pid, startTicks: stat.startTicks, bootId: currentBoot() }
}

export function isAlive({ pid, startTicks, bootId }: ProcessId): boolean {
  return bootId === currentBoot() && readStat(pid)?.startTicks === startTicks
}

export const currentBoot = () => read("/proc/sys/kernel/random/boot_id")?.trim() ?? ""

/** Processes (never this one) that were started with one of these `NAME=value` entries in their environment. */
export function startedWith(entries: readonly string[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      const environment = read(`/proc/${name}/environ`)
      if (!environment) return false
      // Whole entries: the mark of attempt 1 must not match attempt 10.
      const parts = environment.split("\0")
      return entries.some((entry) => parts.includes(entry))
    })
    .map(Number)
    .filter((pid) => readStat(pid) !== undefined)
}

/** The session leader among them is the program that the host itself started. */
export const leaderOf = (pids: readonly number[]) => pids.find((pid) => readStat(pid)?.session === pid)

/** Sends a signal; false when nobody got it. A negative number means the process group, as in kill(2). */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if (isCode(error, ["ESRCH", "EPERM"])) return false
    throw error
  }
}

/**
 * Kills every process started with one of the entries, again and again until two looks in a row find none: a look
 * through /proc is no snapshot, and a process may fork while it is being read. Answers those that would not die.
 */
export async function killStartedWith(entries: readonly string[], giveUpMs = 30_000): Promise<number[]> {
  const giveUpAt = performance.now() + giveUpMs
  for (let empty = 0; empty < 2;) {
    const found = startedWith(entries)
    if (found.length > 0 && performance.now() > giveUpAt) return found
    for (const pid of found) signal(pid, "SIGKILL")
    empty = found.length === 0 ? empty + 1 : 0
    await wait(20)
  }
  return []
}

/** Undefined also for a zombie: it has ended, whoever forgot to collect it. */
function readStat(pid: number): { session: number; startTicks: string } | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (!stat) return undefined
  // The second field is the program's name in brackets and may hold anything, so count from the last bracket.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [state, session, startTicks] = [fields[0], fields[3], fields[19]]
  if (!state || !startTicks || state === "Z" || state === "X") return undefined
  return { session: Number(session), startTicks }
}

/** Another user's process cannot be read and is none of ours; one that has just ended is no error either. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (isCode(error, ["ENOENT", "ESRCH", "EACCES", "EPERM"])) return undefined
    throw error
  }
}

export const isCode = (error: unknown, codes: readonly string[]) =>
  error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code)
