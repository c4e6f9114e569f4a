import { type ChildProcess, spawn } from "node:child_process"
import { createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import type { AgentSlug } from "#contract/agents.ts"
import type { Clanker } from "#contract/clankers.ts"
import type { Host } from "#contract/hosts.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { ensureAgent } from "../testbed/agents.ts"
import { demoFiles } from "../testbed/demo-repository.ts"
import { type Forge, startForge } from "../testbed/forge.ts"
import { type Model, startModel } from "../testbed/model.ts"
import { type Api, createApi } from "./api.ts"
import { build, ROOT, VIBERATOR } from "./build.ts"
import { type ControlPlane, serve } from "./serve.ts"

export const MODEL_KEY = "demo-model-key-1f6c0d"
const FORGE_TOKEN = "demo-forge-token-83ab29"

/** Everything on one machine: control plane, forge, model, hosts. The demo and the end-to-end tests run on it. */
export interface Rig {
  state: string
  control: ControlPlane
  api: Api
  forge: Forge
  model: Model
  agent: Awaited<ReturnType<typeof ensureAgent>>
  /** `path` is what the host's workers find programs on; by default the agent's folder and this process's PATH. */
  startHost: (name?: string, path?: string) => Promise<HostProcess>
  /** A repository, secrets, a project and a started clanker: ready for a ticket. */
  prepare: (
    names: { repository: string; project: string },
    overrides?: { project?: object; clanker?: object; modelKey?: string },
  ) => Promise<{ project: Project; clanker: Clanker; secrets: Secret[] }>
  close: () => Promise<void>
}
export interface HostProcess {
  host: Host
  child: ChildProcess
  stop: () => Promise<void>
}

export async function startRig({
  agent: slug,
  live = null,
  log,
}: {
  agent: AgentSlug
  live?: { name: string; key: string } | null
  log?: (line: string) => void
}): Promise<Rig> {
  build()
  const state = mkdtempSync(join(tmpdir(), "viberglass-"))
  const agent = await ensureAgent(slug, { root: ROOT })
  const workerLog = createWriteStream(join(state, "control-plane.log"))
  const control = await serve({ state: join(state, "control-plane"), log: (line) => (workerLog.write(`${line}\n`), log?.(line)) })
  const forge = await startForge({ folder: join(state, "forge"), users: [{ login: "demo-bot", token: FORGE_TOKEN, access: "write" }] })
  const model = await startModel({ apiKey: MODEL_KEY })
  const api = createApi(control.url, await control.createAdmin("admin@example.test"))
  const hosts: HostProcess[] = []

  const startHost: Rig["startHost"] = async (name = "this machine", path = [agent.binFolder, process.env["PATH"]].join(delimiter)) => {
    const { id, token } = await api.post<{ id: string; token: string }>("/api/hosts", { name })
    const folder = join(state, `host-${id}`)
    mkdirSync(folder, { recursive: true })
    const child = spawn(
      process.execPath,
      [VIBERATOR, "host", "--url", control.url, "--engine", "process", "--state", folder, "--kill-workers-on-exit"],
      {
        env: { PATH: path, HOME: folder, VIBERATOR_HOST_TOKEN: token },
        stdio: ["ignore", "ignore", "pipe"],
      },
    )
    child.stderr?.pipe(createWriteStream(join(state, `host-${id}.log`)))
    const stop = () => ended(child)
    const process_ = { child, stop, host: await connected(api, id, child) }
    hosts.push(process_)
    return process_
  }

  return {
    state,
    control,
    api,
    forge,
    model,
    agent,
    startHost,
    prepare: (names, overrides = {}) => prepare({ api, forge, model, slug, live }, names, overrides),
    close: async () => {
      await Promise.all(hosts.map(({ stop }) => stop()))
      await Promise.all([control.close(), forge.close(), model.close()])
      workerLog.end()
      if (process.env["KEEP_STATE"] !== "1") rmSync(state, { recursive: true, force: true })
    },
  }
}

async function prepare(
  { api, forge, model, slug, live }: { api: Api; forge: Forge; model: Model; slug: AgentSlug; live: { name: string; key: string } | null },
  { repository, project: name }: { repository: string; project: string },
  overrides: { project?: object; clanker?: object; modelKey?: string },
): Promise<{ project: Project; clanker: Clanker; secrets: Secret[] }> {
  await forge.createRepository({ name: repository, files: demoFiles })
  const suffix = name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")
  const { keyName, settings } = wires(slug, model)
  const key = live ? { name: live.name, value: live.key } : { name: keyName, value: overrides.modelKey ?? MODEL_KEY }
  const project = await api.post<Project>("/api/projects", {
    name,
    repositoryUrl: forge.cloneUrl(repository),
    workerSettings: { testCommand: "node --test" },
    ...overrides.project,
  })
  const agentSecret = await api.post<Secret>("/api/secrets", {
    name: key.name,
    location: "database",
    value: key.value,
    projectId: project.id,
  })
  const forgeSecret = await api.post<Secret>("/api/secrets", {
    name: `GITHUB_TOKEN_${suffix}`,
    location: "database",
    value: FORGE_TOKEN,
    projectId: project.id,
  })
  const clanker = await api.post<Clanker>("/api/clankers", {
    name: `${slug} on this machine`,
    agent: slug,
    agentSettings: live ? {} : settings,
    deploymentConfig: { computeType: "docker", containerImage: "viberator-worker:latest", networkMode: "bridge" },
    secretIds: [agentSecret.id],
    ...overrides.clanker,
  })
  await api.request("PATCH", `/api/projects/${project.id}`, {
    defaultClankerId: clanker.id,
    scm: { provider: "github", apiUrl: forge.apiUrl, secretId: forgeSecret.id },
  })
  await api.put(`/api/clankers/${clanker.id}/deployment`, {})
  const started = await api.deployed(clanker.id)
  if (started.status !== "active") throw new Error(`the clanker did not start: ${started.statusMessage}`)
  return { project, clanker: started, secrets: [agentSecret, forgeSecret] }
}

/** Which secret the agent wants and where the model of the testbed speaks its dialect. */
function wires(slug: AgentSlug, model: Model): { keyName: string; settings: { baseUrl: string; model?: string } } {
  if (slug === "claude-code") return { keyName: "ANTHROPIC_API_KEY", settings: { baseUrl: model.anthropicBaseUrl } }
  // For a model called gpt-… opencode offers apply_patch instead of its write tool, which the script plays.
  return { keyName: "OPENAI_API_KEY", settings: { baseUrl: model.openaiBaseUrl, model: "scripted" } }
}

async function connected(api: Api, id: string, child: ChildProcess): Promise<Host> {
  for (const until = Date.now() + 20_000; Date.now() < until;) {
    const host = await api.get<Host>(`/api/hosts/${id}`)
    if (host.connected) return host
    if (child.exitCode !== null) throw new Error(`the host ended with exit code ${child.exitCode}`)
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
