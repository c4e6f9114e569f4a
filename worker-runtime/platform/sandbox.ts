// An execution environment of Lambda serves one invocation after the other: nothing of one may be met by the next.
import { execFile } from "node:child_process"
import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import type { Log } from "../log.ts"
import { listProcesses, send } from "./descendants.ts"
import type { Relative } from "./descendants.ts"

export interface Sandbox {
  /** Ends every process that was not there at first, and empties the folder for temporary files. Never rejects. */
  clean(log: Log): Promise<void>
}

/** Made before anything of a job has run: what runs now is Lambda's own, or an extension's. */
export function openSandbox(tmp: string): Sandbox {
  const own = new Set(listProcesses().map(nameOf))
  return {
    async clean(log) {
      const strangers = await endStrangers(own)
      const files = await empty(tmp, log)
      if (strangers.ended > 0 || files > 0) log.info("sandbox.cleaned", { processes: strangers.ended, files })
      if (strangers.left > 0) log.warn("sandbox.not-clean", { processes: strangers.left })
    },
  }
}

/** With its start a process has one name for ever: numbers are used again. */
const nameOf = ({ pid, startedAt }: Relative) => `${pid} ${startedAt}`

async function endStrangers(own: ReadonlySet<string>): Promise<{ ended: number; left: number }> {
  const ended = new Set<string>()
  let found = strangersIn(listProcesses(), own)
  // A process that forks while it is being looked for needs several rounds.
  for (let round = 0; round < 100 && found.length > 0; round++) {
    for (const stranger of found) {
      send(stranger.pid, "SIGKILL")
      ended.add(nameOf(stranger))
    }
    await sleep(20)
    found = strangersIn(listProcesses(), own)
  }
  return { ended: ended.size, left: found.length }
}

/**
 * Whoever is new. What an extension has started since is its own: its parent is known, and none of ours. An orphan's parent
 * is the first process, which is an ancestor of ours, and so tells nothing.
 */
function strangersIn(all: readonly Relative[], own: ReadonlySet<string>): Relative[] {
  const byPid = new Map(all.map((one) => [one.pid, one]))
  const ours = new Set<number>()
  for (let pid = process.pid; pid > 0 && !ours.has(pid); pid = byPid.get(pid)?.parent ?? 0) ours.add(pid)
  const isExtensions = (one: Relative): boolean => {
    const parent = byPid.get(one.parent)
    if (parent === undefined || ours.has(parent.pid)) return false
    return own.has(nameOf(parent)) || isExtensions(parent)
  }
  return all.filter((one) => !ours.has(one.pid) && !own.has(nameOf(one)) && !isExtensions(one))
}

async function empty(folder: string, log: Log): Promise<number> {
  const names = await readdir(folder)
  for (const name of names) {
    const path = join(folder, name)
    try {
      await rm(path, { recursive: true, force: true })
    } catch {
      // An agent can make folders that nobody may enter; they are this user's all the same.
      await promisify(execFile)("chmod", ["-R", "u+rwX", path])
        .then(() => rm(path, { recursive: true, force: true }))
        .catch((error: unknown) => log.error(error, "sandbox.not-clean"))
    }
  }
  return names.length
}
