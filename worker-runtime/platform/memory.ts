// Who is ended when memory runs out, and how the worker learns of it.
import { readFileSync, writeFileSync } from "node:fs"

/** Of the kernel's scale from -1000 to 1000, where 0 is what everybody has. */
const GOES_FIRST = "500"
/** The container's own group: a newer kernel's file, and an older one's. Source: cgroups(7), Documentation/admin-guide. */
const COUNTS = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"]

/**
 * The agent and what it starts are taken before the worker, which can then say what happened. A process that has ended
 * already, or a system that refuses, changes nothing.
 */
export function goesFirst(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, GOES_FIRST)
  } catch (error) {
    if (!isCode(error, ["ENOENT", "ESRCH", "EACCES", "EPERM", "EROFS"])) throw error
  }
}

/** Begins to watch; what it answers says whether the kernel has ended a process of this container meanwhile, for lack of memory. */
export function watchMemory(): () => boolean {
  const before = kills()
  return () => before !== null && (kills() ?? 0) > before
}

function kills(): number | null {
  for (const file of COUNTS) {
    const [, count] = /^oom_kill (\d+)$/m.exec(read(file)) ?? []
    if (count !== undefined) return Number(count)
  }
  return null
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    if (isCode(error, ["ENOENT", "EACCES", "ENOTDIR"])) return ""
    throw error
  }
}

const isCode = (error: unknown, codes: readonly string[]) => error instanceof Error && "code" in error && codes.includes(String(error.code))
