import { type ChildProcess, spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { ROOT } from "../build.ts"

export interface Started {
  child: ChildProcess
  said: string
  ended: Promise<number | null>
}

/** `npm start` as a person runs it, in a process group of its own; resolves when it has said how to log in, or ended. */
export function npmStart(options: string[], env: Record<string, string> = {}): Promise<Started> {
  const child = spawn("npm", ["start", "--", ...options], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  })
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)))
  return new Promise((resolve) => {
    let said = ""
    child.stdout?.on("data", (part: Buffer) => {
      said += String(part)
      if (said.includes("Ctrl-C stops everything")) resolve({ child, said, ended })
    })
    void ended.then(() => resolve({ child, said, ended }))
  })
}

export const interrupt = (child: ChildProcess) => process.kill(-(child.pid ?? 0), "SIGINT")

/** Every process of this machine that names the folder. */
export const processesOf = (folder: string) =>
  readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)
      } catch {
        // Gone while the list was read.
        return false
      }
    })
