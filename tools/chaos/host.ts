import { type ChildProcess, spawn } from "node:child_process"
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import type { Host } from "#contract/hosts.ts"
import type { Api } from "../api.ts"
import { ROOT, VIBERATOR } from "../build.ts"

/** The worker of an attempt, as its host wrote it down. */
export interface WorkerProcess {
  alive: () => boolean
  kill: () => void
}
export interface ChaosHost {
  /** Null until the host has started it. */
  worker: (jobId: string, attempt: number) => WorkerProcess | null
  workFolder: (jobId: string, attempt: number) => string
  /** SIGKILLs the host program alone and starts it again on the same state; its workers live on. */
  restart: () => Promise<void>
  close: () => Promise<void>
}

/** The real host program with real workers, whose agent is the quick one. `folder` keeps its records, journals and log. */
export async function startHost(api: Api, folder: string): Promise<ChaosHost> {
  const { id, token } = await api.post<{ id: string; token: string }>("/api/hosts", { name: "chaos" })
  mkdirSync(folder, { recursive: true })
  const start = () => spawnHost({ url: api.url, token, folder })
  let host = start()
  while (!(await api.get<Host>(`/api/hosts/${id}`)).connected) await new Promise((resolve) => setTimeout(resolve, 50))
  return {
    worker: (jobId, attempt) => workerOf(join(folder, "runs", `viberator-${jobId}-${attempt}.json`)),
    workFolder: (jobId, attempt) => join(folder, "runs", `${jobId}-${attempt}`, "work"),
    async restart() {
      await ended(host, "SIGKILL")
      host = start()
    },
    async close() {
      await ended(host, "SIGTERM")
      for (const file of readdirSync(join(folder, "runs")).filter((name) => name.endsWith(".json")))
        workerOf(join(folder, "runs", file))?.kill()
    },
  }
}

function spawnHost({ url, token, folder }: { url: string; token: string; folder: string }): ChildProcess {
  const path = [join(ROOT, "testbed/quick-agent"), dirname(process.execPath), process.env["PATH"]].join(delimiter)
  const args = [VIBERATOR, "host", "--url", url, "--slots", "50", "--state", folder, "--keep-work"]
  const child = spawn(process.execPath, args, {
    env: { PATH: path, HOME: folder, VIBERATOR_HOST_TOKEN: token },
    stdio: ["ignore", "ignore", "pipe"],
  })
  child.stderr?.pipe(createWriteStream(join(folder, "host.log"), { flags: "a" }))
  return child
}

function ended(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill(signal)
  })
}

function workerOf(record: string): WorkerProcess | null {
  const text = readText(record)
  const { process: started }: { process?: { pid: number; startTicks: string } } = text === null ? {} : JSON.parse(text)
  if (!started) return null
  const alive = () => startTicksOf(started.pid) === started.startTicks
  return { alive, kill: () => void (alive() && process.kill(started.pid, "SIGKILL")) }
}

/** When the kernel started this process; null when there is none, or only what its parent has not collected yet. */
function startTicksOf(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")
  return fields && fields[0] !== "Z" ? (fields[19] ?? null) : null
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8")
  } catch {
    // Not written yet, or the process has ended meanwhile.
    return null
  }
}
