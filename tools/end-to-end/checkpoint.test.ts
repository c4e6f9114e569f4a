import { readdirSync, readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import type { Ticket } from "#contract/tickets.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { type Rig, startRig } from "../rig.ts"

// What was begun is gone on with: over a worker that is killed, and over a forge that refuses.

let rig: Rig
let project: string

beforeAll(async () => {
  rig = await startRig({ agent: "opencode", checkpointSeconds: 1 })
  await rig.startHost()
  project = (await rig.prepare({ repository: "acme/onward", project: "Onward" })).project.id
})
afterAll(() => rig?.close())

/** The execution of a ticket whose plan is approved, from its start to its end. */
async function startExecution(description: string): Promise<Job> {
  const { id } = await rig.api.post<Ticket>("/api/tickets", { projectId: project, title: "Umlauts in slugs", description })
  for (const phase of ["research", "planning"]) {
    const path = `/api/tickets/${id}/phases/${phase}/document`
    await rig.api.put(path, { content: `# ${phase}`, baseRevision: 0 })
    await rig.api.put(`${path}/approval`, { state: "approved", revision: 1 })
  }
  return (await rig.api.post<{ job: Job }>(`/api/tickets/${id}/phases/execution/runs`, {})).job
}
const follow = (job: Job, event: (event: StoredEvent) => void = () => undefined): Promise<Job> => rig.api.follow(job.id, { event })
const retry = async (job: Job) => (await rig.api.post<{ job: Job }>(`/api/jobs/${job.id}/retries`, {})).job
const notices = async (job: Job) =>
  (await rig.api.get<{ items: (StoredEvent & { code?: string })[] }>(`/api/jobs/${job.id}/events?limit=1000`)).items.flatMap((event) =>
    event.kind === "notice" ? [event.code] : [],
  )
const pushes = () => rig.forge.requests.filter(({ method, path }) => method === "POST" && path.includes("git-receive-pack")).length
const pullsOf = async (branch: string | null) => (await rig.forge.pullRequests("acme/onward")).filter(({ head }) => head.ref === branch)

describe("a worker that is killed after a checkpoint", () => {
  it("is followed by a second attempt that goes on in the agent's session, and leaves one change", async () => {
    const job = await startExecution("SCRIPT-SLEEP-12 `npm test` fails.")
    let killed = false
    const ended = await follow(job, (event) => {
      // The tree, the session, and the agent's shell asked to sleep: the second checkpoint has all of it.
      if (killed || event.kind !== "checkpoint" || event.agentState === undefined) return
      killed = true
      process.kill(workerOf(job, 1), "SIGKILL")
    })
    expect(killed).toBe(true)
    expect(ended.failure).toBeNull()
    expect(ended).toMatchObject({ status: "succeeded", attempt: 2, resumed: "session" })
    const bodies = rig.model.requests().map(({ body }) => body)
    expect(bodies.some((body) => body.includes("You have worked on this task in this session"))).toBe(true)
    expect(await rig.forge.git("acme/onward", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    expect(await rig.forge.git("acme/onward", "rev-list", "--count", `main..${ended.branch}`)).toBe("1")
    expect(await pullsOf(ended.branch)).toHaveLength(1)
  })
})

describe("a retry", () => {
  it("after a refused push pushes what was made, and asks no model", async () => {
    rig.forge.fault({ method: "GET", path: "service=git-receive-pack" }, { status: 403 })
    const refused = await follow(await startExecution("`npm test` fails."))
    expect(refused.failure).toMatchObject({ kind: "push-rejected", advice: expect.stringContaining("without running the agent again") })
    const asked = rig.model.requests().length
    const ended = await follow(await retry(refused))
    expect(ended).toMatchObject({ status: "succeeded", resumed: "checkpoint", retryOf: refused.id, failure: null })
    expect(rig.model.requests().length).toBe(asked)
    expect(await notices(ended)).toContain("agent-skipped")
    expect(await rig.forge.git("acme/onward", "show", `${ended.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    expect(await pullsOf(ended.branch)).toMatchObject([{ title: "fix: keep the base letter of accented letters in slugs" }])
  })

  it("after a refused pull request opens it, asks no model and pushes nothing", async () => {
    rig.forge.fault({ method: "POST", path: "/pulls" }, { status: 422, body: JSON.stringify({ message: "Validation Failed" }) })
    const refused = await follow(await startExecution("`npm test` fails."))
    expect(refused.failure).toMatchObject({ kind: "pull-request-rejected", status: 422 })
    const before = [rig.model.requests().length, pushes()]
    const ended = await follow(await retry(refused))
    expect(ended).toMatchObject({ status: "succeeded", commit: refused.commit, failure: null })
    expect([rig.model.requests().length, pushes()]).toEqual(before)
    expect(await pullsOf(ended.branch)).toMatchObject([{ title: "fix: keep the base letter of accented letters in slugs" }])
  })
})

function workerOf(job: Job, attempt: number): number {
  const handle = `VIBERATOR_COMPUTE_ID=viberator-${job.id}-${attempt}\0`
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))
  const pid = pids.find((candidate) => environOf(candidate).includes(handle) && !environOf(candidate).includes("VIBERATOR_MARK="))
  if (pid === undefined) throw new Error(`no worker process of attempt ${attempt}`)
  return Number(pid)
}

function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1")
  } catch {
    // Gone between the listing and the look: nothing to read is the answer.
    return ""
  }
}
