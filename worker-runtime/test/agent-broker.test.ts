// The broker between the real CLIs and the scripted model, through the bundle as images run it.
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { IncomingHttpHeaders } from "node:http"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import { priceOf } from "#contract/prices.ts"
import { outcomeSchema } from "#contract/worker.schema.ts"
import { ensureAgent } from "../../testbed/agents.ts"
import { demoFiles } from "../../testbed/demo-repository.ts"
import { startForge } from "../../testbed/forge.ts"
import type { Forge } from "../../testbed/forge.ts"
import { startModel } from "../../testbed/model.ts"
import type { Model } from "../../testbed/model.ts"
import { buildWorker } from "../build.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123"
const MODEL_KEY = "real-model-key-0123456789"
/** What a priced model's name makes the agent call is the scripted model all the same. */
const HARNESSES = [
  { slug: "claude-code", key: "ANTHROPIC_API_KEY", path: "", model: "claude-haiku-4-5" },
  { slug: "opencode", key: "OPENAI_API_KEY", path: "/v1", model: "kimi-k2.6" },
  { slug: "codex", key: "CODEX_API_KEY", path: "/v1", model: "gpt-5.1" },
  { slug: "gemini-cli", key: "GEMINI_API_KEY", path: "", model: "gemini-2.5-pro" },
  { slug: "qwen-cli", key: "DASHSCOPE_API_KEY", path: "/v1", model: "qwen3-coder-plus" },
  { slug: "kimi-code", key: "MOONSHOT_API_KEY", path: "/v1", model: "kimi-k2.6" },
] as const
type Harness = (typeof HARNESSES)[number]

let folder: string
let bundle: string
let forge: Forge
let model: Model
const binFolders = new Map<string, string>()
const missing = new Map<string, string>()
const closers: (() => Promise<void>)[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "viberator-broker-"))
  bundle = await buildWorker(root)
  forge = await startForge({ folder: join(folder, "forge"), users: [{ login: "bot", token: TOKEN, access: "write" }] })
  await forge.createRepository({ name: "acme/demo", files: demoFiles })
  model = await startModel({ apiKey: MODEL_KEY })
  for (const { slug } of HARNESSES) {
    await ensureAgent(slug, { root }).then(
      ({ binFolder }) => binFolders.set(slug, binFolder),
      (error: unknown) => missing.set(slug, String(error)),
    )
  }
}, 600_000)
afterAll(async () => {
  for (const close of closers) await close()
  await model.close()
  await forge.close()
  rmSync(folder, { recursive: true, force: true })
})

let jobs = 0

function payloadFor(
  { slug, key, path, model: name }: Harness,
  { ticket = "", upstream = model.url, budgetUsd }: { ticket?: string; upstream?: string; budgetUsd?: number } = {},
) {
  jobs += 1
  return {
    protocol: 1,
    job: { id: `job_broker${String(jobs).padStart(8, "0")}`, kind: "research", attempt: 1, deadlineAt: "2030-01-01T00:00:00Z" },
    project: { name: "Demo", slug: "demo", settings: {} },
    task: {},
    prompt: `Phase: research\nFind out. ${ticket}\nWrite $VIBERATOR_OUTPUT/document.md.`,
    repository: { url: forge.cloneUrl("acme/demo"), baseBranch: "main", branch: `b${jobs}` },
    agent: { slug, baseUrl: `${upstream}${path}`, model: name },
    limits: { maxExecutionMs: 110_000, ...(budgetUsd === undefined ? {} : { budgetUsd }) },
    scm: { provider: "github", apiUrl: forge.apiUrl, secretName: "GITHUB_TOKEN" },
    secrets: [
      { name: "GITHUB_TOKEN", use: "scm", from: "value", value: TOKEN },
      { name: key, use: "agent", from: "value", value: MODEL_KEY },
    ],
  }
}

const eventSchema = z.looseObject({ kind: z.string(), code: z.string().optional(), text: z.string().optional() })

function start(payload: ReturnType<typeof payloadFor>) {
  const file = join(folder, `${payload.job.id}.json`)
  writeFileSync(file, JSON.stringify(payload))
  const path = [binFolders.get(payload.agent.slug) ?? "", dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
  const child = spawn(process.execPath, [bundle, "--payload", file], { env: { PATH: path, VIBERATOR_WORK_DIR: join(folder, "work") } })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve())).then(() => {
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => z.looseObject({ outcome: z.unknown().optional() }).parse(JSON.parse(line)))
    return {
      outcome: outcomeSchema.parse(lines.at(-1)?.outcome),
      events: lines.slice(0, -1).map((line) => eventSchema.parse(line)),
      printed: stdout + stderr,
    }
  })
  return { child, ended }
}

interface Alive {
  environ: string
  command: string
}

/** Environment and command line of every living process of the job. */
function processesOf(mark: string): Alive[] {
  return readdirSync("/proc").flatMap((pid) => {
    const environ = /^\d+$/.test(pid) ? read(`/proc/${pid}/environ`) : ""
    return environ.includes(`VIBERATOR_MARK=${mark}\0`) ? [{ environ, command: read(`/proc/${pid}/cmdline`) }] : []
  })
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1")
  } catch {
    // Ended meanwhile, or a folder.
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

async function provider(
  status: number,
  headers: Record<string, string>,
  body: unknown,
): Promise<{ url: string; asked: IncomingHttpHeaders[] }> {
  const asked: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers)
    request.resume()
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closers.push(() => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))))
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`, asked }
}

describe.each(HARNESSES)("$slug", (harness) => {
  beforeEach(({ skip }) => {
    const why = missing.get(harness.slug)
    if (why !== undefined && process.env["REQUIRE_ALL"] === "1") throw new Error(why)
    skip(why !== undefined, `${harness.slug} is not here: ${why}`)
  })

  test("the model gets the real key; environment, arguments and HOME of the agent have a placeholder", async () => {
    const payload = payloadFor(harness, { ticket: "FAULT-HANG" })
    const mark = `${payload.job.id}-1`
    const seen = model.requests().length
    const { child, ended } = start(payload)
    await until(
      () =>
        model
          .requests()
          .slice(seen)
          .some(({ status }) => status === 0),
      60_000,
    )
    const alive = processesOf(mark)
    const home = join(folder, "work", payload.job.id, "home")
    const leaking = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && read(join(entry.parentPath, entry.name)).includes(MODEL_KEY))
      .map(({ name }) => name)
    child.kill("SIGTERM")
    const { outcome, printed } = await ended
    expect(outcome).toMatchObject({ status: "stopped" })
    expect(
      model
        .requests()
        .slice(seen)
        .every(({ keyAccepted }) => keyAccepted),
    ).toBe(true)
    expect(alive.length).toBeGreaterThan(0)
    expect(alive[0]?.environ).toMatch(/=vb_[0-9a-f]{48}\0/)
    // Codex takes it as an argument.
    expect(alive.map(({ environ, command }) => environ + command).join("")).toContain("http://127.0.0.1:")
    // The search is able to find: the model's own address is nowhere but in the payload, the mark in every process.
    expect(alive.every(({ environ }) => environ.includes(mark))).toBe(true)
    for (const { environ, command } of alive) {
      expect(environ + command).not.toContain(MODEL_KEY)
      expect(environ + command).not.toContain(model.url)
    }
    expect(leaking).toEqual([])
    expect(printed).not.toContain(MODEL_KEY)
  }, 120_000)

  test("usage is the broker's count, told once for each call", async () => {
    const seen = model.requests().length
    const { outcome, events } = await start(payloadFor(harness)).ended
    expect(outcome).toMatchObject({ status: "succeeded", usage: { costUsd: expect.any(Number) } })
    const calls = model
      .requests()
      .slice(seen)
      .filter(({ method, path }) => method === "POST" && !path.includes("count_tokens"))
    const usage = events.filter(({ kind }) => kind === "usage")
    expect(usage).toHaveLength(calls.length)
    const sum = (name: string) => usage.reduce((total, event) => total + Number(event[name]), 0)
    expect(outcome).toMatchObject({ usage: { inputTokens: sum("inputTokens"), outputTokens: sum("outputTokens") } })
    // As the scripted model says, at the price of the model that was asked for.
    expect([sum("inputTokens"), sum("outputTokens")]).toEqual([1200 * calls.length, 80 * calls.length])
    const costs = usage
      .map(({ model: name }) => priceOf(String(name)))
      .map((price) => 1200 * (price?.input ?? 0) + 80 * (price?.output ?? 0))
    expect(sum("costUsd")).toBeGreaterThan(0)
    expect(sum("costUsd")).toBeCloseTo(costs.reduce((total, cost) => total + cost, 0) / 1_000_000)
    expect(events.filter(({ code }) => code === "price-unknown" || code === "usage-incomplete")).toEqual([])
  }, 120_000)

  // The rest shows how the worker takes a refusal; two CLIs that take it differently are enough.
  if (harness.slug !== "claude-code" && harness.slug !== "opencode") return
  test("a spent budget ends the job, whatever the CLI makes of the refusal", async () => {
    const { outcome, events } = await start(payloadFor(harness, { budgetUsd: 0.000_001 })).ended
    expect(outcome).toMatchObject({ status: "failed", failure: { kind: "budget-exceeded", limit: 0.000_001, step: "run-agent" } })
    expect(events).toContainEqual(expect.objectContaining({ kind: "notice", code: "budget-spent" }))
  }, 120_000)

  test("a usage limit is told with the time of its end", async () => {
    const message = "You exceeded your current quota, please check your plan and billing details."
    const error = { type: "insufficient_quota", code: "insufficient_quota", message }
    const { url, asked } = await provider(429, { "retry-after": "7200", "x-should-retry": "false" }, { type: "error", error })
    const before = Date.now()
    const { outcome } = await start(payloadFor(harness, { upstream: url })).ended
    expect(outcome).toMatchObject({
      status: "failed",
      failure: { kind: "agent-usage-limit", resetsAt: expect.any(String), step: "run-agent" },
    })
    const { resetsAt } = z.object({ failure: z.object({ resetsAt: z.string() }) }).parse(outcome).failure
    expect(Date.parse(resetsAt) - before).toBeGreaterThan(7_199_000)
    expect(Date.parse(resetsAt) - before).toBeLessThan(7_200_000 + 120_000)
    expect(asked.length).toBeGreaterThan(0)
  }, 120_000)

  // The other CLI tries for 80 s and then says the same.
  if (harness.slug !== "claude-code") return
  test("a provider that cannot be reached is the agent's own failure", async () => {
    const { outcome } = await start(payloadFor(harness, { upstream: "http://127.0.0.1:1" })).ended
    expect(outcome).toMatchObject({
      status: "failed",
      failure: { kind: "agent-failed", step: "run-agent", detail: expect.stringContaining("ECONNREFUSED") },
    })
  }, 120_000)
})
