import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import type { ReadinessCheck } from "#contract/projects.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { VIBERATOR } from "../build.ts"
import { type Rig, startRig } from "../rig.ts"
import { FORGE_TOKEN } from "../world.ts"
import { marked, pids, proc, sleeping, until } from "./processes.ts"

// Real workerd, D1, R2, objects, host and worker processes, git over HTTP and a real agent CLI; only the model's answers
// and the forge's REST API are stood in for.

let rig: Rig
let project: string

beforeAll(async () => {
  rig = await startRig({ agent: "opencode", keepWork: true })
  await rig.startHost()
  const ready = await rig.prepare({ repository: "acme/journey", project: "Journey" })
  project = ready.project.id
})
afterAll(() => rig?.close())

const ticket = (description: string, title = "Umlauts in slugs") =>
  rig.api.post<Ticket>("/api/tickets", { projectId: project, title, description })
const run = async (id: string, phase: string) => (await rig.api.post<{ job: Job }>(`/api/tickets/${id}/phases/${phase}/runs`, {})).job
const approve = async (id: string, phase: string) => {
  const { revision } = await rig.api.get<PhaseDocument>(`/api/tickets/${id}/phases/${phase}/document`)
  await rig.api.put(`/api/tickets/${id}/phases/${phase}/document/approval`, { state: "approved", revision })
}
const follow = async (job: Job, on?: (event: StoredEvent) => void | Promise<void>) => {
  const events: StoredEvent[] = []
  const ended = await rig.api.follow(job.id, { event: (event) => (events.push(event), void on?.(event)) })
  return { ended, events }
}

describe("a ticket", () => {
  it("is in a project whose repository answers the control plane itself", async () => {
    const { ready, checks } = await rig.api.get<{ ready: boolean; checks: ReadinessCheck[] }>(`/api/projects/${project}/readiness`)
    expect([ready, ...checks.map(({ state }) => state)]).toEqual([true, "ready", "ready", "ready", "ready"])
    expect(checks[0]?.action).toContain("has the branch main")
  })

  it("becomes a pull request whose change the agent's own tool call made", async () => {
    const { id } = await ticket("`npm test` fails.")
    for (const phase of ["research", "planning"]) {
      const { ended } = await follow(await run(id, phase))
      expect(ended.failure).toBeNull()
      expect(ended.status).toBe("succeeded")
      await approve(id, phase)
    }
    const { ended, events } = await follow(await run(id, "execution"))
    expect(ended.failure).toBeNull()
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1, agentVersion: expect.stringContaining(rig.agent.version) })
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: ended.lastSeq }, (_, index) => index + 1))
    expect(await rig.forge.git("acme/journey", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    expect(await rig.forge.git("acme/journey", "rev-parse", `refs/heads/${ended.branch}`)).toBe(ended.commit)
    expect((await rig.forge.pullRequests("acme/journey")).map(({ html_url, head }) => [html_url, head.ref])).toContainEqual([
      ended.pullRequest?.url,
      ended.branch,
    ])
    expect(await rig.api.get<Ticket>(`/api/tickets/${id}`)).toMatchObject({
      status: "in_review",
      pullRequest: { url: ended.pullRequest?.url, state: "open" },
    })
  })
})

describe("a reviewer", () => {
  it("shows the agent a picture, comments on a line, and gets the next revision", async () => {
    const { id } = await ticket("`npm test` fails.")
    const picture = Buffer.from("GIF89a and every byte that no text has: \u00ff\u0000", "latin1")
    const form = new FormData()
    form.set("file", new File([picture], "What I see.gif"))
    const headers = { authorization: `Bearer ${rig.admin.token}` }
    expect((await fetch(`${rig.control.url}/api/tickets/${id}/attachments`, { method: "POST", headers, body: form })).status).toBe(201)
    const first = await run(id, "research")
    expect((await follow(first)).ended.status).toBe("succeeded")
    const found = readdirSync(rig.state, { recursive: true, encoding: "utf8" }).find((name) =>
      name.endsWith(join(first.id, "attachments", "1-What-I-see.gif")),
    )
    expect(readFileSync(join(rig.state, found ?? "nothing"))).toEqual(picture)

    const document = `/api/tickets/${id}/phases/research/document`
    await rig.api.post(`${document}/comments`, { revision: 1, line: 1, body: "Say which slug." })
    const { job } = await rig.api.post<{ job: Job }>(`${document}/revisions`, { feedback: "Shorter." })
    const { ended } = await follow(job)
    expect(ended).toMatchObject({ status: "succeeded", kind: "research", revisionOf: 1 })
    const { prompt } = await rig.api.get<{ prompt: string }>(`/api/jobs/${job.id}/prompt`)
    expect(prompt).toContain("Line 1 of revision 1")
    expect(await rig.api.get<PhaseDocument>(document)).toMatchObject({
      ...{ state: "draft", revision: 2 },
      revisions: [{ n: 1 }, { n: 2, source: "agent", feedback: "Shorter.", jobId: job.id }],
    })
  })
})

describe("a worker that is killed in the middle of its work", () => {
  it("is followed by a second attempt that succeeds, and the log neither loses nor repeats a line", async () => {
    const { id } = await ticket("SCRIPT-SLEEP-6 `npm test` fails.")
    const job = await run(id, "research")
    const followed = follow(job)
    await sleeping(job)
    const { pid, work } = workerOf(job, 1)
    process.kill(pid, "SIGSTOP")
    const journal = journalOf(work)
    process.kill(pid, "SIGKILL")
    const { ended } = await followed
    expect(ended).toMatchObject({
      status: "succeeded",
      attempt: 2,
      attempts: [
        { n: 1, end: expect.stringContaining("SIGKILL") },
        { n: 2, end: "succeeded" },
      ],
    })
    const { items } = await rig.api.get<{ items: StoredEvent[] }>(`/api/jobs/${job.id}/events?limit=1000`)
    expect(items.map(({ seq }) => seq)).toEqual(Array.from({ length: ended.lastSeq }, (_, index) => index + 1))
    const first = items.filter(({ attempt }) => attempt === 1)
    expect(first.length).toBeGreaterThan(5)
    expect(first.map(({ attempt: _, ...event }) => event)).toEqual(journal.slice(0, first.length))
    expect(await until(() => marked(`${job.id}-`).length === 0)).toBe(true)
  })
})

describe("cancel", () => {
  it("leaves no process of the tree alive, and the worker's last word changes nothing", async () => {
    const { id } = await ticket("SCRIPT-SLEEP-120 `npm test` fails.")
    const job = await run(id, "research")
    const followed = follow(job)
    await sleeping(job)
    const { pid } = workerOf(job, 1)
    await rig.api.post(`/api/jobs/${job.id}/cancellation`, {})
    const { ended } = await followed
    expect(ended).toMatchObject({ status: "cancelled", evidence: { proven: true } })
    expect(await until(() => marked(`${job.id}-`).length === 0 && proc(pid, "cmdline") === "")).toBe(true)
    expect((await rig.api.get<Ticket>(`/api/tickets/${id}`)).phases.research.document).toBeNull()
  })
})

describe("two workers with one launch token", () => {
  it("one claims, the other exits 75 without work", async () => {
    const { id } = await ticket("SCRIPT-SLEEP-3 `npm test` fails.")
    const job = await run(id, "research")
    const followed = follow(job)
    await until(() => marked(`${job.id}-`).length > 0)
    const launch = Object.fromEntries(
      proc(workerOf(job, 1).pid, "environ")
        .split("\0")
        .map((entry) => entry.split(/=(.*)/s))
        .map(([name, value]) => [name ?? "", value ?? ""]),
    )
    const second = spawn(process.execPath, [VIBERATOR], {
      env: { ...launch, VIBERATOR_WORK_DIR: join(rig.state, "second") },
      stdio: "ignore",
    })
    expect(await new Promise((resolve) => second.once("exit", resolve))).toBe(75)
    const { ended } = await followed
    expect(ended).toMatchObject({ status: "succeeded", attempt: 1 })
  })
})

describe("what goes wrong is said", () => {
  it("a repository that cannot be cloned", async () => {
    const own = await rig.prepare(
      { repository: "acme/elsewhere", project: "Elsewhere" },
      { project: { repositoryUrl: rig.forge.cloneUrl("acme/nowhere") } },
    )
    const { id } = await rig.api.post<Ticket>("/api/tickets", { projectId: own.project.id, title: "x" })
    const { ended } = await follow(await run(id, "research"))
    expect(ended).toMatchObject({ status: "failed", failure: { kind: "clone-failed", hint: "not-found", step: "clone" } })
  })

  it("an agent that is not installed where the worker runs", async () => {
    const bare = await rig.startHost("without agents", [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter))
    const deploymentConfig = { computeType: "docker", hostId: bare.host.id }
    const own = await rig.prepare({ repository: "acme/uninstalled", project: "Uninstalled" }, { clanker: { deploymentConfig } })
    const { id } = await rig.api.post<Ticket>("/api/tickets", { projectId: own.project.id, title: "x" })
    const { ended } = await follow(await run(id, "research"))
    expect(ended).toMatchObject({ status: "failed", failure: { kind: "agent-not-installed", step: "resolve-clanker", agent: "opencode" } })
  })

  it("a clanker without its agent's secret", async () => {
    const own = await rig.prepare({ repository: "acme/secretless", project: "Secretless" }, { clanker: { secretIds: [] } })
    const { id } = await rig.api.post<Ticket>("/api/tickets", { projectId: own.project.id, title: "x" })
    const refused = await rig.api.request("POST", `/api/tickets/${id}/phases/research/runs`, {})
    expect(refused).toMatchObject({ status: 409, body: { error: { code: "project.not-ready" } } })
    expect((await rig.api.get<{ items: Job[] }>(`/api/jobs?ticketId=${id}`)).items).toEqual([])
  })

  it("a key that the model's provider refuses", async () => {
    const own = await rig.prepare({ repository: "acme/refused", project: "Refused" }, { modelKey: "not-the-key" })
    const { id } = await rig.api.post<Ticket>("/api/tickets", { projectId: own.project.id, title: "x" })
    const { ended } = await follow(await run(id, "research"))
    expect(ended).toMatchObject({ status: "failed", failure: { kind: "agent-auth-failed", step: "run-agent", retryHelps: true } })
  })

  it("a plan that is not approved", async () => {
    const { id } = await ticket("`npm test` fails.")
    expect(await rig.api.request("POST", `/api/tickets/${id}/phases/execution/runs`, {})).toMatchObject({
      status: 409,
      body: { error: { code: expect.stringMatching(/^phase\./) } },
    })
  })
})

describe("a pull request", () => {
  it("that is merged resolves its ticket, without a webhook", async () => {
    const own = await rig.prepare({ repository: "acme/merged", project: "Merged" })
    const body = { projectId: own.project.id, title: "Umlauts in slugs", startingPhase: "execution", overrideReason: "It is small." }
    const { id } = await rig.api.post<Ticket>("/api/tickets", body)
    const { ended } = await follow(await run(id, "execution"))
    expect(ended.failure).toBeNull()
    const merge = `${rig.forge.apiUrl}/repos/acme/merged/pulls/${ended.pullRequest?.number}/merge`
    expect((await fetch(merge, { method: "PUT", headers: { authorization: `Bearer ${FORGE_TOKEN}` } })).status).toBe(200)
    const soon = new Date(Date.now() + 6 * 60_000).toISOString()
    await rig.api.post("/api/settings/ticks", { at: soon })
    expect(await rig.api.get<Ticket>(`/api/tickets/${id}`)).toMatchObject({ status: "resolved", pullRequest: { state: "merged" } })
  })
})

function workerOf(job: Job, attempt: number): { pid: number; work: string } {
  const handle = `viberator-${job.id}-${attempt}`
  const pid = pids().find(
    (candidate) =>
      proc(candidate, "environ").includes(`VIBERATOR_COMPUTE_ID=${handle}`) && !proc(candidate, "environ").includes("VIBERATOR_MARK="),
  )
  if (!pid) throw new Error(`no worker process of ${handle}`)
  const work = /VIBERATOR_WORK_DIR=([^\0]+)/.exec(proc(pid, "environ"))?.[1] ?? ""
  return { pid, work }
}

/** The worker's own events as they lie on its disk, one JSON after the other. */
function journalOf(work: string): unknown[] {
  const file = readdirSync(work, { recursive: true, encoding: "utf8" }).find((name) => name.includes("journal"))
  if (!file) throw new Error(`no journal under ${work}`)
  return readFileSync(join(work, file), "utf8")
    .split(/(?<=\})(?=\{"seq":)/)
    .map((text) => JSON.parse(text))
}
