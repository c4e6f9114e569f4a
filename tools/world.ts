import { type ChildProcess, spawn } from "node:child_process"
import { createWriteStream, mkdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import type { AgentSlug } from "#contract/agents.ts"
import type { Clanker } from "#contract/clankers.ts"
import type { Host } from "#contract/hosts.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { type Agent, agentInImage, ensureAgent } from "../testbed/agents.ts"
import { demoFiles } from "../testbed/demo-repository.ts"
import { type Forge, startForge } from "../testbed/forge.ts"
import { type Model, startModel } from "../testbed/model.ts"
import { wiresOf } from "../testbed/wires.ts"
import { type Api, createApi } from "./api.ts"
import { ROOT, VIBERATOR } from "./build.ts"

export const MODEL_KEY = "demo-model-key-1f6c0d"
export const FORGE_TOKEN = "demo-forge-token-83ab29"

/** What lies around a control plane on one machine: the stand-ins for forge and model, a real agent CLI, and hosts. */
export interface World {
  api: Api
  forge: Forge
  model: Model
  agent: Agent
  docker: DockerChoice | undefined
  /** `path` is what the host's workers find programs on; by default the agent's folder and this process's PATH. */
  startHost: (name?: string, path?: string, known?: { id: string; token: string }) => Promise<HostProcess>
  /** A repository, secrets, a project and a started clanker: ready for a ticket. */
  prepare: (
    names: { repository: string; project: string },
    overrides?: Overrides,
  ) => Promise<{ project: Project; clanker: Clanker; secrets: Secret[] }>
  close: () => Promise<void>
}
interface Overrides {
  project?: object
  clanker?: object
  modelKey?: string
  /** Where the agent's key is kept. */
  location?: "database" | "ssm"
}
export interface HostProcess {
  host: Host
  token: string
  child: ChildProcess
  stop: () => Promise<void>
}
export interface WorldOptions {
  state: string
  url: string
  token: string
  agent: AgentSlug
  /** A real model's key; without it the scripted one answers. */
  live?: { name: string; key: string } | null
  ports?: { forge: number; model: number }
  /** Workers leave their folders and journals, for tests that compare them with what was stored. */
  keepWork?: boolean
  /** Workers keep their agent's work outside so often. */
  checkpointSeconds?: number
  /** Hosts run workers as containers; without it, as processes. */
  docker?: DockerChoice
}
/** `socket` is missing: the engine where Docker's own program would look for it. */
export interface DockerChoice {
  socket?: string
  image: string
  networkMode: "host" | "bridge"
}

export async function startWorld({
  state,
  url,
  token,
  agent: slug,
  live = null,
  ports = { forge: 0, model: 0 },
  keepWork = false,
  checkpointSeconds,
  docker,
}: WorldOptions): Promise<World> {
  const agent = docker ? await agentInImage(slug) : await ensureAgent(slug, { root: ROOT })
  const forge = await startForge({
    folder: join(state, "forge"),
    port: ports.forge,
    users: [{ login: "demo-bot", token: FORGE_TOKEN, access: "write" }],
  })
  const model = await startModel({ port: ports.model, apiKey: MODEL_KEY })
  const api = createApi(url, token)
  const hosts: HostProcess[] = []
  return {
    ...{ api, forge, model, agent, docker },
    async startHost(name = "this machine", path = [agent.binFolder, process.env["PATH"]].filter(Boolean).join(delimiter), known) {
      const { id, token: hostToken } = known ?? (await api.post<{ id: string; token: string }>("/api/hosts", { name }))
      const child = spawnHost({ url, folder: join(state, `host-${id}`), path, token: hostToken, keepWork, checkpointSeconds, docker })
      const started = { child, token: hostToken, stop: () => ended(child), host: await connected(api, id, child) }
      hosts.push(started)
      return started
    },
    prepare: (names, overrides = {}) => prepare({ api, forge, model, slug, live, docker }, names, overrides),
    async close() {
      await Promise.all(hosts.map(({ stop }) => stop()))
      await Promise.all([forge.close(), model.close()])
    },
  }
}

interface HostStart {
  url: string
  folder: string
  path: string
  token: string
  keepWork: boolean
  checkpointSeconds: number | undefined
  docker: DockerChoice | undefined
}
function spawnHost({ url, folder, path, token, keepWork, checkpointSeconds, docker }: HostStart): ChildProcess {
  mkdirSync(folder, { recursive: true })
  const args = [VIBERATOR, "host", "--url", url, "--state", folder, "--kill-workers-on-exit", ...engineFlags(docker)]
  if (keepWork) args.push("--keep-work")
  if (checkpointSeconds !== undefined) args.push("--checkpoint-seconds", String(checkpointSeconds))
  const child = spawn(process.execPath, args, {
    env: { PATH: path, HOME: folder, VIBERATOR_HOST_TOKEN: token },
    stdio: ["ignore", "ignore", "pipe"],
  })
  child.stderr?.pipe(createWriteStream(join(folder, "host.log"), { flags: "a" }))
  return child
}

function engineFlags(docker: DockerChoice | undefined): string[] {
  if (!docker) return ["--engine", "process"]
  const { socket, networkMode } = docker
  return [
    ...["--engine", "docker", ...(socket === undefined ? [] : ["--docker-socket", socket])],
    ...(networkMode === "host" ? ["--allow-network", "host"] : []),
  ]
}

interface Around {
  api: Api
  forge: Forge
  model: Model
  slug: AgentSlug
  live: { name: string; key: string } | null
  docker: DockerChoice | undefined
}
async function prepare(
  { api, forge, model, slug, live, docker }: Around,
  { repository, project: name }: { repository: string; project: string },
  overrides: Overrides,
): Promise<{ project: Project; clanker: Clanker; secrets: Secret[] }> {
  await forge.createRepository({ name: repository, files: demoFiles })
  const suffix = name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")
  const { keyName, settings } = wiresOf(slug, model)
  const key = live ? { name: live.name, value: live.key } : { name: keyName, value: overrides.modelKey ?? MODEL_KEY }
  const repositoryUrl = forge.cloneUrl(repository)
  const project = await api.post<Project>("/api/projects", {
    name,
    repositoryUrl,
    workerSettings: { testCommand: "node --test" },
    ...overrides.project,
  })
  const secret = (body: { name: string; value: string }, location = "database") =>
    api.post<Secret>("/api/secrets", { ...body, location, projectId: project.id })
  const agentSecret = await secret(key, overrides.location)
  const forgeSecret = await secret({ name: `GITHUB_TOKEN_${suffix}`, value: FORGE_TOKEN })
  const clanker = await api.post<Clanker>("/api/clankers", {
    name: `${slug} on this machine`,
    agent: slug,
    agentSettings: live ? {} : settings,
    deploymentConfig: {
      computeType: "docker",
      containerImage: docker?.image ?? "viberator-worker:latest",
      networkMode: docker?.networkMode ?? "bridge",
    },
    secretIds: [agentSecret.id],
    ...overrides.clanker,
  })
  const scm = { provider: "github", apiUrl: forge.apiUrl, secretId: forgeSecret.id }
  await api.patch(`/api/projects/${project.id}`, { defaultClankerId: clanker.id, scm })
  await api.put(`/api/clankers/${clanker.id}/deployment`, {})
  const started = await api.deployed(clanker.id)
  if (started.status !== "active") throw new Error(`the clanker did not start: ${started.statusMessage}`)
  return { project, clanker: started, secrets: [agentSecret, forgeSecret] }
}

async function connected(api: Api, id: string, child: ChildProcess): Promise<Host> {
  const since = Date.now() - 5000
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    if (child.exitCode !== null) throw new Error(`the host ended with exit code ${child.exitCode}`)
    const host = await api.get<Host>(`/api/hosts/${id}`)
    // A row from before a restart may still say "connected": only a new word of the host counts.
    if (host.connected && Date.parse(host.lastSeenAt ?? "") >= since) return host
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error("the host did not connect within 20 seconds")
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000)
    child.once("exit", () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill("SIGTERM")
  })
}
