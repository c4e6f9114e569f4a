import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import WebSocket from "ws"
import type { Clanker } from "#contract/clankers.ts"
import type { Host } from "#contract/hosts.ts"
import type { HostTold, RunArgs } from "#contract/host.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { demoFiles } from "../../testbed/demo-repository.ts"
import { type FaultProxy, startFaultProxy } from "../../testbed/fault-proxy.ts"
import { type Forge, startForge } from "../../testbed/forge.ts"
import { type Api, createApi } from "../api.ts"
import { build, ROOT, VIBERATOR } from "../build.ts"
import { type ControlPlane, freePort, serve } from "../serve.ts"

export const REPOSITORY = "acme/chaos"

/** A control plane behind a fault proxy, and a host of the test's own that starts real workers and can kill them. */
export interface Chaos {
  api: Api
  forge: Forge
  proxy: FaultProxy
  project: Project
  /** The worker process of an attempt, once it was started. */
  worker: (jobId: string, attempt: number) => ChildProcess | null
  /** The worker's own events as they lie on its disk. */
  journal: (jobId: string, attempt: number) => unknown[]
  /** SIGKILLs workerd and starts it again on the same state. */
  restart: () => Promise<void>
  close: () => Promise<void>
}

export async function startChaos(): Promise<Chaos> {
  build()
  const state = mkdtempSync(join(tmpdir(), "viberglass-chaos-"))
  const port = await freePort()
  const proxy = await startFaultProxy({ target: () => port })
  const start = () => serve({ state: join(state, "control-plane"), port, vars: { PUBLIC_URL: proxy.url } })
  let control: ControlPlane = await start()
  const { token } = await control.createAdmin("chaos@example.test")
  const api = createApi(`http://127.0.0.1:${port}`, token)
  const forge = await startForge({ folder: join(state, "forge"), users: [{ login: "bot", token: "chaos-forge-token", access: "write" }] })
  await forge.createRepository({ name: REPOSITORY, files: demoFiles })
  const workers = new Map<string, ChildProcess>()
  const folder = (jobId: string, attempt: number) => join(state, "work", `${jobId}-${attempt}`)
  const host = await connectHost(api, { workers, folder })
  const project = await prepare(api, forge)
  return {
    ...{ api, forge, proxy, project },
    worker: (jobId, attempt) => workers.get(`${jobId}-${attempt}`) ?? null,
    journal: (jobId, attempt) => readJournal(folder(jobId, attempt)),
    async restart() {
      for (const pid of childrenOf(process.pid, "workerd")) process.kill(pid, "SIGKILL")
      // It is dead already: closing only tidies up what is left of it on this side.
      await control.close().catch(() => undefined)
      control = await start()
    },
    async close() {
      host.close()
      for (const worker of workers.values()) worker.kill("SIGKILL")
      await Promise.allSettled([control.close(), proxy.close(), forge.close()])
      rmSync(state, { recursive: true, force: true })
    },
  }
}

/** Speaks the host protocol and starts workers as plain children; reconnects for ever and repeats exits until stored. */
async function connectHost(
  api: Api,
  { workers, folder }: { workers: Map<string, ChildProcess>; folder: (jobId: string, attempt: number) => string },
) {
  const { id, token } = await api.post<{ id: string; token: string }>("/api/hosts", { name: "chaos" })
  const unstored = new Map<string, string>()
  let socket: WebSocket | null = null
  let closed = false
  const say = (message: string) => (socket?.readyState === WebSocket.OPEN ? socket.send(message) : undefined)

  const run = ({ jobId, attempt, env }: RunArgs) => {
    const key = `${jobId}-${attempt}`
    if (workers.has(key)) return
    const child = startWorker(key, env, folder(jobId, attempt))
    workers.set(key, child)
    child.once("exit", (exitCode, signal) => {
      const reason = signal ? `killed by ${signal}` : `exit code ${exitCode}`
      const exited = {
        type: "exited",
        jobId,
        attempt,
        handle: `viberator-${key}`,
        exitCode,
        ...(signal ? { signal } : {}),
        oom: false,
        reason,
      }
      unstored.set(key, JSON.stringify(exited))
      say(JSON.stringify(exited))
    })
  }

  function connect(): void {
    if (closed) return
    socket = new WebSocket(`${api.url.replace("http", "ws")}/api/hosts/connection`, { headers: { authorization: `Bearer ${token}` } })
    socket.on("open", () => {
      const running = [...workers].filter(([, child]) => child.exitCode === null && child.signalCode === null)
      const named = running.map(([key]) => ({
        jobId: key.slice(0, key.lastIndexOf("-")),
        attempt: Number(key.slice(key.lastIndexOf("-") + 1)),
        handle: `viberator-${key}`,
      }))
      say(
        JSON.stringify({
          type: "hello",
          protocol: 1,
          version: "chaos",
          engine: { kind: "process", version: "1" },
          slots: 50,
          running: named,
        }),
      )
      for (const exited of unstored.values()) say(exited)
    })
    socket.on("message", (data) => {
      const told: HostTold = JSON.parse(String(data))
      if (told.type === "stored") unstored.delete(`${told.jobId}-${told.attempt}`)
      if (told.type !== "call") return
      if (told.verb === "run") run(told.args)
      if (told.verb === "stop") workers.get(told.args.handle.replace("viberator-", ""))?.kill("SIGTERM")
      say(JSON.stringify({ type: "reply", id: told.id, ok: true, result: told.verb === "image" ? { id: "chaos", size: 1 } : {} }))
    })
    socket.on("error", () => socket?.terminate())
    socket.on("close", () => setTimeout(connect, 200))
  }
  connect()
  const again = setInterval(() => unstored.forEach(say), 2000)
  while (!(await api.get<Host>(`/api/hosts/${id}`)).connected) await new Promise((resolve) => setTimeout(resolve, 50))
  return {
    close: () => {
      closed = true
      clearInterval(again)
      socket?.terminate()
    },
  }
}

function startWorker(key: string, env: Record<string, string>, work: string): ChildProcess {
  const path = [join(ROOT, "testbed/quick-agent"), dirname(process.execPath), process.env["PATH"]].join(delimiter)
  const own = { PATH: path, HOME: "/tmp", VIBERATOR_WORK_DIR: work, VIBERATOR_KEEP_WORK: "1", VIBERATOR_COMPUTE_ID: key }
  return spawn(process.execPath, [VIBERATOR], { env: { ...env, ...own }, stdio: "ignore" })
}

async function prepare(api: Api, forge: Forge): Promise<Project> {
  const project = await api.post<Project>("/api/projects", { name: "Chaos", repositoryUrl: forge.cloneUrl(REPOSITORY) })
  const secret = (name: string, value: string) =>
    api.post<Secret>("/api/secrets", { name, value, location: "database", projectId: project.id })
  const [key, forgeToken] = [await secret("OPENAI_API_KEY", "chaos-model-key"), await secret("GITHUB_TOKEN", "chaos-forge-token")]
  const clanker = await api.post<Clanker>("/api/clankers", {
    name: "Chaos",
    agent: "opencode",
    deploymentConfig: { computeType: "docker" },
    secretIds: [key.id],
    maxConcurrency: 50,
  })
  await api.put(`/api/clankers/${clanker.id}/deployment`, {})
  await api.deployed(clanker.id)
  return api.patch<Project>(`/api/projects/${project.id}`, {
    defaultClankerId: clanker.id,
    scm: { provider: "github", apiUrl: forge.apiUrl, secretId: forgeToken.id },
  })
}

function readJournal(folder: string): unknown[] {
  // A worker that was killed at once has not even made its folder.
  if (!existsSync(folder)) return []
  const file = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((name) => name.includes("journal"))
  if (!file) return []
  return readFileSync(join(folder, file), "utf8")
    .split(/(?<=\})(?=\{"seq":)/)
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text))
}

function childrenOf(parent: number, name: string): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const [, command = "", rest = ""] = /^\d+ \((.*)\) (.*)$/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? []
        return command === name && Number(rest.split(" ")[1]) === parent
      } catch {
        // The process ended while the list was read.
        return false
      }
    })
    .map(Number)
}
