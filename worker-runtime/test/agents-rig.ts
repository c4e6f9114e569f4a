// Real agent CLIs, a forge and the scripted model: whole jobs through the bundle as images run it, or a CLI by itself.
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { AGENT_SLUGS } from "#contract/agents.ts"
import type { AgentSlug } from "#contract/agents.ts"
import { outcomeSchema } from "#contract/worker.schema.ts"
import type { Outcome } from "#contract/worker.ts"
import { ensureAgent } from "../../testbed/agents.ts"
import { demoFiles } from "../../testbed/demo-repository.ts"
import { startForge } from "../../testbed/forge.ts"
import type { Forge } from "../../testbed/forge.ts"
import { startModel } from "../../testbed/model.ts"
import type { Model, ModelCall } from "../../testbed/model.ts"
import { wiresOf } from "../../testbed/wires.ts"
import { HARNESSES, NOTHING_READ } from "../agents/agent.ts"
import type { Agent, AgentState } from "../agents/agent.ts"
import { judgeAgent } from "../agents/judge.ts"
import { buildWorker } from "../build.ts"
import { runTree } from "../platform/process.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const replay = fileURLToPath(new URL("vibe-replay.ts", import.meta.url))
export const TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123"
export const MODEL_KEY = "model-key-0123456789"

export interface AgentsRig {
  forge: Forge
  model: Model
  installed: ReadonlyMap<AgentSlug, { binFolder: string; version: string }>
  /** Why an agent is not here. */
  missing: ReadonlyMap<AgentSlug, string>
  payload(slug: AgentSlug, options?: PayloadOptions): Payload
  start(payload: Payload, options?: { withoutAgent?: boolean }): Running
  /** The CLI by itself in a HOME and a repository that stay: what a worker starts, without the worker. */
  runAlone(slug: AgentSlug, options: Alone): Promise<Ran>
  /** What reached the model with these words in it. */
  asked(words: string): ModelCall[]
  folder: string
  close(): Promise<void>
}

interface PayloadOptions {
  ticket?: string
  /** Null: the agent gets no key. */
  secret?: string | null
  baseUrl?: string
  prompt?: string
}

export type Payload = ReturnType<typeof makePayload>

export interface Running {
  child: ChildProcess
  ended: Promise<{ exitCode: number | null; outcome: Outcome; printed: string }>
}

interface Alone {
  home: string
  repo: string
  prompt: string
  resume: string | null
  /** Some say nothing and never end when they find no such session. */
  limitMs?: number
}

interface Ran {
  state: AgentState
  succeeded: boolean
}

export async function startAgentsRig(): Promise<AgentsRig> {
  const folder = mkdtempSync(join(tmpdir(), "viberator-agents-"))
  const bundle = await buildWorker(root)
  const forge = await startForge({ folder: join(folder, "forge"), users: [{ login: "bot", token: TOKEN, access: "write" }] })
  await forge.createRepository({ name: "acme/demo", files: demoFiles })
  const model = await startModel({ apiKey: MODEL_KEY })
  const { installed, missing } = await findAgents(folder)
  const pathFor = (slug: AgentSlug) => [installed.get(slug)?.binFolder ?? "", ...SYSTEM_PATH].join(delimiter)
  let jobs = 0
  return {
    ...{ forge, model, installed, missing, folder },
    payload(slug, options = {}) {
      jobs += 1
      return makePayload({ slug, number: jobs, forge, model, options })
    },
    start(payload, { withoutAgent = false } = {}) {
      const file = join(folder, `${payload.job.id}.json`)
      writeFileSync(file, JSON.stringify(payload))
      const path = withoutAgent ? [...SYSTEM_PATH].join(delimiter) : pathFor(payload.agent.slug)
      return startWorker([bundle, "--payload", file], { PATH: path, VIBERATOR_WORK_DIR: join(folder, "work") })
    },
    runAlone: (slug, alone) => runAlone(slug, { ...alone, model, path: pathFor(slug), binFolder: installed.get(slug)?.binFolder ?? "" }),
    asked: (words) => model.requests().filter(({ body }) => body.includes(words)),
    async close() {
      await model.close()
      await forge.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Git and a shell, and the Node of this process for the CLIs that need one. */
const SYSTEM_PATH = [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"]

async function findAgents(folder: string) {
  const installed = new Map<AgentSlug, { binFolder: string; version: string }>()
  const missing = new Map<AgentSlug, string>()
  for (const slug of AGENT_SLUGS) {
    if (slug === "mistral-vibe") installed.set(slug, makeReplay(join(folder, "replay")))
    else
      await ensureAgent(slug, { root, pinnedOnly: true }).then(
        (agent) => installed.set(slug, agent),
        (error: unknown) => missing.set(slug, String(error)),
      )
  }
  return { installed, missing }
}

function makeReplay(binFolder: string) {
  mkdirSync(binFolder)
  writeFileSync(join(binFolder, "vibe"), `#!/bin/sh\nexec node "${replay}" "$@"\n`)
  chmodSync(join(binFolder, "vibe"), 0o755)
  return { binFolder, version: "2.18.4" }
}

interface Making {
  slug: AgentSlug
  number: number
  forge: Forge
  model: Model
  options: PayloadOptions
}

function makePayload({ slug, number, forge, model, options: { ticket = "", secret = MODEL_KEY, baseUrl, prompt } }: Making) {
  const id = `job_agents${process.pid}x${String(number).padStart(4, "0")}`
  const repository = forge.cloneUrl("acme/demo")
  const { keyName, settings } = wiresOf(slug, model)
  return {
    protocol: 1,
    job: { id, kind: "execution", attempt: 1, deadlineAt: "2030-01-01T00:00:00Z" },
    project: { name: "Demo", slug: "demo", settings: { testCommand: "node --test", requirePassingTests: true } },
    task: { ticketKey: `WEB-${number}`, title: "Accents are lost" },
    prompt:
      prompt ?? `Phase: execution\nFix slugs with accents (${id}). ${ticket}\nDescribe the change in $VIBERATOR_OUTPUT/pull-request.md.`,
    instructions: "MARKER-PROJECT",
    clanker: { name: "Clank", slug: "clank" },
    repository: { url: repository, baseBranch: "main", branch: `viberator/WEB-${number}`, pullRequest: { repository, baseBranch: "main" } },
    agent: { slug, ...settings, ...(baseUrl === undefined ? {} : { baseUrl }) },
    files: [
      { path: "AGENTS.md", content: "MARKER-CLANKER" },
      { path: "skills/slugs.md", content: "# MARKER-SKILL: how slugs are made\n\nWith care." },
    ],
    limits: { maxExecutionMs: 200_000 },
    scm: { provider: "github", apiUrl: forge.apiUrl, secretName: "GITHUB_TOKEN" },
    secrets: [
      { name: "GITHUB_TOKEN", use: "scm", from: "value", value: TOKEN },
      ...(secret === null ? [] : [{ name: keyName, use: "agent", from: "value", value: secret }]),
    ],
  }
}

function startWorker(args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
  createInterface({ input: child.stderr }).on("line", (line) => lines.unshift(line))
  const ended = new Promise<Awaited<Running["ended"]>>((resolve) => {
    child.once("close", (exitCode) => {
      const last: { outcome?: unknown } = JSON.parse(lines.at(-1) ?? "{}")
      resolve({ exitCode, outcome: outcomeSchema.parse(last.outcome), printed: lines.join("\n") })
    })
  })
  return { child, ended }
}

async function runAlone(
  slug: AgentSlug,
  { home, repo, prompt, resume, limitMs = 120_000, model, path, binFolder }: Alone & { model: Model; path: string; binFolder: string },
): Promise<Ran> {
  const agent: Agent = HARNESSES[slug]
  const { keyName, settings } = wiresOf(slug, model)
  const tmp = join(home, "tmp")
  mkdirSync(tmp, { recursive: true })
  const plan = agent.plan({
    ...settings,
    extraArgs: [],
    secrets: { [keyName]: MODEL_KEY },
    isRoot: process.getuid?.() === 0,
    folders: [tmp],
    sessionId: crypto.randomUUID(),
    resume,
  })
  for (const [file, content] of Object.entries(plan.files)) {
    mkdirSync(dirname(join(home, file)), { recursive: true })
    writeFileSync(join(home, file), content)
  }
  let state: AgentState = NOTHING_READ
  const lastLines: string[] = []
  const args = agent.promptOption === null ? plan.args : [...plan.args, `${agent.promptOption}=${prompt}`]
  const exit = await runTree(
    {
      command: join(binFolder, agent.binary),
      args,
      cwd: repo,
      env: { ...plan.env, PATH: path, HOME: home, TMPDIR: tmp, LANG: "C.UTF-8" },
      input: agent.promptOption === null ? prompt : "",
      onStdout: (line) => {
        state = agent.read(state, line).state
      },
      onStderr: (line) => lastLines.push(line),
    },
    { signal: AbortSignal.timeout(limitMs), mark: `alone-${slug}`, graceMs: 1_000, alone: false },
  )
  return { state, succeeded: judgeAgent(agent, { state, exit, lastLines }) === null }
}

/** A HOME of which only these folders are left, in the same place: what a checkpoint brings back. */
export function keepOnly(home: string, folders: readonly string[]): void {
  const kept = `${home}.kept`
  for (const folder of folders) cpSync(join(home, folder), join(kept, folder), { recursive: true })
  rmSync(home, { recursive: true, force: true })
  cpSync(kept, home, { recursive: true })
  rmSync(kept, { recursive: true, force: true })
}

/** Command lines of living processes that carry the mark. */
export function marked(mark: string): string[] {
  return readdirSync("/proc").flatMap((pid) =>
    /^\d+$/.test(pid) && read(`/proc/${pid}/environ`).includes(`VIBERATOR_MARK=${mark}\0`)
      ? [read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")]
      : [],
  )
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1")
  } catch {
    // Ended meanwhile.
    return ""
  }
}

export async function until(condition: () => boolean, limitMs: number): Promise<void> {
  const end = Date.now() + limitMs
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Not within ${limitMs} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
