import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Clanker } from "#contract/clankers.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { demoFiles } from "../../testbed/demo-repository.ts"
import { type FaultProxy, startFaultProxy } from "../../testbed/fault-proxy.ts"
import { type Forge, startForge } from "../../testbed/forge.ts"
import { type Api, createApi } from "../api.ts"
import { build } from "../build.ts"
import { type ControlPlane, freePort, serve } from "../serve.ts"
import { type ChaosHost, startHost } from "./host.ts"

export const REPOSITORY = "acme/chaos"

/** A control plane behind a fault proxy, the host program, and its workers: each of the three can be killed. */
export interface Chaos {
  host: ChaosHost
  api: Api
  forge: Forge
  proxy: FaultProxy
  project: Project
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
  const host = await startHost(api, join(state, "host"))
  const project = await prepare(api, forge)
  return {
    ...{ api, forge, proxy, project, host },
    journal: (jobId, attempt) => readJournal(host.workFolder(jobId, attempt)),
    async restart() {
      for (const pid of childrenOf(process.pid, "workerd")) process.kill(pid, "SIGKILL")
      // It is dead already: closing only tidies up what is left of it on this side.
      await control.close().catch(() => undefined)
      control = await start()
    },
    async close() {
      await host.close()
      await Promise.allSettled([control.close(), proxy.close(), forge.close()])
      rmSync(state, { recursive: true, force: true })
    },
  }
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
