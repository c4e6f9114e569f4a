// The real CLIs against the scripted model, through the bundle as images run it. Slow: keep pure rules elsewhere.
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { outcomeSchema } from "#contract/worker.schema.ts"
import type { Outcome } from "#contract/worker.ts"
import { ensureAgent } from "../../testbed/agents.ts"
import type { Agent } from "../../testbed/agents.ts"
import { demoFiles } from "../../testbed/demo-repository.ts"
import { startForge } from "../../testbed/forge.ts"
import type { Forge } from "../../testbed/forge.ts"
import { startModel } from "../../testbed/model.ts"
import type { Model } from "../../testbed/model.ts"
import { buildWorker } from "../build.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123"
const MODEL_KEY = "model-key-0123456789"
const HARNESSES = [
  // It refuses a bare `sleep 60` as a command, so it hangs in the model's answer instead.
  { slug: "claude-code", key: "ANTHROPIC_API_KEY", url: (model: Model) => model.anthropicBaseUrl, model: undefined, hangs: "FAULT-HANG" },
  // For names that begin with gpt- it offers apply_patch in place of write, which the scripted model does not speak.
  { slug: "opencode", key: "OPENAI_API_KEY", url: (model: Model) => model.openaiBaseUrl, model: "demo-model", hangs: "SCRIPT-SLEEP-60" },
] as const
type Harness = (typeof HARNESSES)[number]

let folder: string
let bundle: string
let forge: Forge
let model: Model
const agents = new Map<string, Agent>()
const missing = new Map<string, string>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "viberator-agents-"))
  bundle = await buildWorker(root)
  forge = await startForge({ folder: join(folder, "forge"), users: [{ login: "bot", token: TOKEN, access: "write" }] })
  await forge.createRepository({ name: "acme/demo", files: demoFiles })
  model = await startModel({ apiKey: MODEL_KEY })
  for (const { slug } of HARNESSES) {
    await ensureAgent(slug, { root }).then(
      (agent) => agents.set(slug, agent),
      (error: unknown) => missing.set(slug, String(error)),
    )
  }
}, 600_000)
afterAll(async () => {
  await model.close()
  await forge.close()
  rmSync(folder, { recursive: true, force: true })
})

let jobs = 0

function payloadFor({ slug, key, url, model: name }: Harness, { ticket = "", secret = MODEL_KEY } = {}) {
  jobs += 1
  const id = `job_agents${String(jobs).padStart(8, "0")}`
  const repository = forge.cloneUrl("acme/demo")
  return {
    protocol: 1,
    job: { id, kind: "execution", attempt: 1, deadlineAt: "2030-01-01T00:00:00Z" },
    project: { name: "Demo", slug: "demo", settings: { testCommand: "node --test", requirePassingTests: true } },
    task: { ticketKey: `WEB-${jobs}`, title: "Accents are lost" },
    prompt: `Phase: execution\nFix slugs with accents. ${ticket}\nDescribe the change in $VIBERATOR_OUTPUT/pull-request.md.`,
    instructions: "MARKER-PROJECT",
    clanker: { name: "Clank", slug: "clank" },
    repository: { url: repository, baseBranch: "main", branch: `viberator/WEB-${jobs}`, pullRequest: { repository, baseBranch: "main" } },
    agent: { slug, baseUrl: url(model), ...(name === undefined ? {} : { model: name }) },
    files: [
      { path: "AGENTS.md", content: "MARKER-CLANKER" },
      { path: "skills/slugs.md", content: "# MARKER-SKILL: how slugs are made\n\nWith care." },
    ],
    limits: { maxExecutionMs: 120_000 },
    scm: { provider: "github", apiUrl: forge.apiUrl, secretName: "GITHUB_TOKEN" },
    secrets: [
      { name: "GITHUB_TOKEN", use: "scm", from: "value", value: TOKEN },
      { name: key, use: "agent", from: "value", value: secret },
    ],
  }
}

interface Running {
  child: ChildProcess
  ended: Promise<{ exitCode: number | null; outcome: Outcome; printed: string }>
}

function start(payload: ReturnType<typeof payloadFor>): Running {
  const file = join(folder, `${payload.job.id}.json`)
  writeFileSync(file, JSON.stringify(payload))
  const { binFolder } = agents.get(payload.agent.slug) ?? { binFolder: "" }
  const path = [binFolder, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
  const child = spawn(process.execPath, [bundle, "--payload", file], {
    env: { PATH: path, VIBERATOR_WORK_DIR: join(folder, "work") },
    stdio: ["ignore", "pipe", "pipe"],
  })
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

/** Command lines of living processes that carry the mark. */
function marked(mark: string): string[] {
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

async function until(condition: () => boolean, limitMs: number): Promise<void> {
  const end = Date.now() + limitMs
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Not within ${limitMs} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe.each(HARNESSES)("$slug", (harness) => {
  beforeEach(({ skip }) => {
    const why = missing.get(harness.slug)
    if (why !== undefined && process.env["REQUIRE_ALL"] === "1") throw new Error(why)
    skip(why !== undefined, `${harness.slug} is not here: ${why}`)
  })

  test("edits the repository; the worker makes the pull request", async () => {
    const payload = payloadFor(harness)
    const seen = model.requests().length
    const { exitCode, outcome, printed } = await start(payload).ended
    expect(outcome).toMatchObject({
      status: "succeeded",
      changedFiles: ["src/slugify.js"],
      branch: payload.repository.branch,
      agentVersion: agents.get(harness.slug)?.version,
    })
    expect(exitCode).toBe(0)
    expect(await forge.pullRequests("acme/demo")).toContainEqual(
      expect.objectContaining({
        title: "fix: keep the base letter of accented letters in slugs",
        head: expect.objectContaining({ ref: payload.repository.branch }),
      }),
    )
    const asked = model
      .requests()
      .slice(seen)
      .map(({ body }) => body)
      .join("\n")
    for (const marker of ["MARKER-PROJECT", "MARKER-CLANKER", "MARKER-SKILL", "keeps `npm test` green"]) expect(asked).toContain(marker)
    expect(printed).not.toContain(MODEL_KEY)
    expect(printed).not.toContain(TOKEN)
    expect(printed).not.toContain("agent-line-unknown")
  }, 120_000)

  test("a refused key is agent-auth-failed", async () => {
    const { exitCode, outcome } = await start(payloadFor(harness, { secret: "wrong-key-0123456789" })).ended
    expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-auth-failed", step: "run-agent" } })
    expect(exitCode).toBe(0)
  }, 120_000)

  test("TERM ends the agent with all that it started, and the result is stopped", async () => {
    const payload = payloadFor(harness, { ticket: harness.hangs })
    const mark = `${payload.job.id}-1`
    const seen = model.requests().length
    const { child, ended } = start(payload)
    const hangs = () =>
      model
        .requests()
        .slice(seen)
        .some(({ status }) => status === 0)
    await until(
      () =>
        marked(mark).length > 0 && (harness.hangs === "FAULT-HANG" ? hangs() : marked(mark).some((command) => /\bsleep 60/.test(command))),
      60_000,
    )
    child.kill("SIGTERM")
    const { exitCode, outcome } = await ended
    expect(outcome).toMatchObject({ status: "stopped", reason: expect.stringContaining("SIGTERM") })
    expect(exitCode).toBe(0)
    expect(marked(mark)).toEqual([])
  }, 120_000)
})
