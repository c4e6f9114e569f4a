// The real CLIs: a worker killed in the middle of their work, and another one that goes on in their session. Slow.
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { type Agent, ensureAgent } from "../../testbed/agents.ts"
import { demoFiles } from "../../testbed/demo-repository.ts"
import { type Forge, startForge } from "../../testbed/forge.ts"
import { type Model, startModel } from "../../testbed/model.ts"
import { buildWorker } from "../build.ts"
import { type FakeControlPlane, startFakeControlPlane } from "./fake-control-plane.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123"
const MODEL_KEY = "model-key-0123456789"
const STATE_KEY = "5e".repeat(32)
/** What the first attempt was told and the second one's prompt does not say: only the session can bring it along. */
const REMEMBERED = "MARKER-OF-THE-FIRST-ATTEMPT"
const HARNESSES = [
  // It refuses a bare `sleep 60` as a command, so it hangs in the model's answer instead.
  { slug: "claude-code", key: "ANTHROPIC_API_KEY", url: (model: Model) => model.anthropicBaseUrl, model: undefined, hangs: "FAULT-HANG" },
  { slug: "opencode", key: "OPENAI_API_KEY", url: (model: Model) => model.openaiBaseUrl, model: "demo-model", hangs: "SCRIPT-SLEEP-60" },
] as const
type Harness = (typeof HARNESSES)[number]

let folder: string
let bundle: string
let forge: Forge
let model: Model
const agents = new Map<string, Agent>()
const missing = new Map<string, string>()
const planes: FakeControlPlane[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "viberator-resume-"))
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
  for (const plane of planes) await plane.close()
  await model.close()
  await forge.close()
  rmSync(folder, { recursive: true, force: true })
})

let jobs = 0
function payloadFor({ slug, url, model: name }: Harness, prompt: string) {
  const repository = forge.cloneUrl("acme/demo")
  return {
    protocol: 1,
    job: {
      id: `job_resume${process.pid}x${String(jobs).padStart(4, "0")}`,
      kind: "execution",
      attempt: 1,
      deadlineAt: "2030-01-01T00:00:00Z",
    },
    project: { name: "Demo", slug: "demo", settings: {} },
    task: { ticketKey: `WEB-${jobs}`, title: "Accents are lost" },
    prompt: `Phase: execution\n${prompt}\nDescribe the change in $VIBERATOR_OUTPUT/pull-request.md.`,
    repository: { url: repository, baseBranch: "main", branch: `viberator/WEB-${jobs}`, pullRequest: { repository, baseBranch: "main" } },
    agent: { slug, baseUrl: url(model), ...(name === undefined ? {} : { model: name }) },
    limits: { maxExecutionMs: 120_000 },
    scm: { provider: "github", apiUrl: forge.apiUrl, secretName: "GITHUB_TOKEN" },
  }
}

/** A worker as a host starts it, each in a work folder of its own. */
async function startWorker(
  harness: Harness,
  { payload, work, stateKeys }: { payload: ReturnType<typeof payloadFor>; work: string; stateKeys: { seal: string; open?: string } },
): Promise<{ plane: FakeControlPlane; child: ChildProcess; ended: Promise<number | null> }> {
  const secrets = [
    { name: "GITHUB_TOKEN", use: "scm", from: "value", value: TOKEN },
    { name: harness.key, use: "agent", from: "value", value: MODEL_KEY },
  ]
  const plane = await startFakeControlPlane({ payload, secrets, stateKeys })
  planes.push(plane)
  const path = [agents.get(harness.slug)?.binFolder ?? "", dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
  const child = spawn(process.execPath, [bundle], {
    env: {
      PATH: path,
      VIBERATOR_WORK_DIR: join(folder, work),
      VIBERATOR_JOB_ID: payload.job.id,
      VIBERATOR_ATTEMPT: String(payload.job.attempt),
      CONTROL_PLANE_URL: plane.url,
      VIBERATOR_LAUNCH_TOKEN: "vl_test_1_nonce_mac",
      VIBERATOR_CHECKPOINT_MS: "500",
    },
    stdio: "ignore",
  })
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)))
  return { plane, child, ended }
}

const kept = (plane: FakeControlPlane) => plane.events.findLast((event) => event.kind === "checkpoint")

async function until(what: string, condition: () => boolean, limitMs = 90_000): Promise<void> {
  for (const end = Date.now() + limitMs; !condition(); await new Promise((resolve) => setTimeout(resolve, 50)))
    if (Date.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}`)
}

/** Ends what the killed worker has left: a container would have taken it along. */
function endMarked(mark: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, "latin1").includes(`VIBERATOR_MARK=${mark}\0`)) process.kill(Number(pid), "SIGKILL")
    } catch {
      // Ended meanwhile.
    }
  }
}

describe.each(HARNESSES)("$slug", (harness) => {
  beforeEach(({ skip }) => {
    const why = missing.get(harness.slug)
    if (why !== undefined && process.env["REQUIRE_ALL"] === "1") throw new Error(why)
    skip(why !== undefined, `${harness.slug} is not here: ${why}`)
  })

  test("a worker that is killed is followed by one that goes on in the agent's session, in another folder", async () => {
    jobs += 1
    const slow = payloadFor(harness, `${REMEMBERED} ${harness.hangs}`)
    const first = await startWorker(harness, { payload: slow, work: "first", stateKeys: { seal: STATE_KEY } })
    await until("a checkpoint with the session", () => {
      const told = kept(first.plane)
      return told?.agentState !== undefined && first.plane.events.filter(({ kind }) => kind === "checkpoint").length >= 4
    })
    first.child.kill("SIGKILL")
    await first.ended
    endMarked(`${slow.job.id}-1`)
    const checkpoint = kept(first.plane)
    expect(checkpoint?.agentVersion).toBe(agents.get(harness.slug)?.version)

    const payload = {
      ...payloadFor(harness, "Fix slugs with accents."),
      resume: {
        startAt: "clone",
        checkpoint: checkpoint?.artifact,
        agentState: checkpoint?.agentState,
        agentVersion: checkpoint?.agentVersion,
      },
    }
    payload.job.attempt = 2
    const seen = model.requests().length
    const second = await startWorker(harness, { payload, work: "second", stateKeys: { seal: STATE_KEY, open: STATE_KEY } })
    second.plane.resume.set("checkpoint", first.plane.files.get(checkpoint?.artifact ?? "") ?? Buffer.alloc(0))
    second.plane.resume.set("agent-state", first.plane.files.get(checkpoint?.agentState ?? "") ?? Buffer.alloc(0))
    expect(await second.ended).toBe(0)
    const notices = second.plane.events.flatMap((event) => (event.kind === "notice" ? [event.code] : []))
    expect(notices.filter((code) => code !== "price-unknown")).toEqual([])
    expect(second.plane.results).toMatchObject([{ outcome: { status: "succeeded", resumed: "session", changedFiles: ["src/slugify.js"] } }])
    const bodies = model.requests().slice(seen)
    expect(bodies.some(({ body }) => body.includes(REMEMBERED) && body.includes("You have worked on this task in this session"))).toBe(true)
    expect(bodies.some(({ body }) => body.includes(`The repository is now in ${join(folder, "second", payload.job.id, "repo")}`))).toBe(
      true,
    )
    for (const file of first.plane.files.values()) expect(file.includes(REMEMBERED)).toBe(false)
  }, 240_000)
})
