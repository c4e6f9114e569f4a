import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { ClawExecution, ClawSchedule } from "#contract/claws.ts"
import type { Dashboard } from "#contract/dashboard.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project, ReadinessCheck } from "#contract/projects.ts"
import type { Usage } from "#contract/usage.ts"
import { overrides } from "../context.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  type FakeHost,
  fakeWorker,
  launchOf,
  ok,
  setUp,
  type Stage,
  startResearch,
  step,
  until,
} from "./harness.ts"

const DAY = 86_400_000
const day = (ago: number) => new Date(Date.now() - ago * DAY).toISOString().slice(0, 10)

let admin: Caller
let host: FakeHost

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  host = await connectHost(admin, { slots: 50, answersPings: true })
})
afterEach(() => {
  delete overrides.now
})
afterAll(() => host.close())

/** A job of a ticket, worked to its end; `costUsd` as its worker's calls said it. */
async function worked(
  projectId: string,
  used: { tokens: number; costUsd?: number },
): Promise<{ job: Job; ticketId: string; ticket: string }> {
  const { job, ticket } = await startResearch(admin, projectId)
  const worker = await fakeWorker(await launchOf(host, job.id))
  await worker.claim()
  const at = new Date().toISOString()
  const { tokens, ...cost } = used
  const usage = { seq: 2, at, kind: "usage", model: "m", inputTokens: tokens, outputTokens: 0, ...cost }
  await ok(worker.events([step(1, "receive", "started"), usage]))
  const common = {
    usage: { inputTokens: tokens, outputTokens: 0, costUsd: used.costUsd ?? null, computeMs: 1000 },
    resumed: "none" as const,
  }
  await ok(
    worker.result(2, { status: "failed", failure: { kind: "agent-failed", step: "run-agent", exitCode: 1 }, agentVersion: "1", ...common }),
  )
  const ended = await until("the job's end", async () => {
    const seen = await ok(admin<Job>("GET", `/api/jobs/${job.id}`))
    const [row] = (await env.DB.prepare("SELECT terminal FROM jobs WHERE id = ?").bind(job.id).all<{ terminal: number }>()).results
    return seen.settled && row?.terminal === 1 ? seen : null
  })
  return { job: ended, ticketId: ticket.id, ticket: ticket.key }
}

/** The same job again, as one of another day. */
const repeat = (jobId: string, createdAt: number) =>
  env.DB.prepare(
    "INSERT INTO jobs SELECT ?, kind, project_id, ticket_id, clanker_id, ?, requested_by, spec, status, terminal, snapshot, version, ?, updated_at FROM jobs WHERE id = ?",
  )
    .bind(crypto.randomUUID(), crypto.randomUUID(), createdAt, jobId)
    .run()
const usage = (query: string, by: Caller = admin) => ok(by<Usage>("GET", `/api/usage?${query}`))

describe("what jobs used", () => {
  let stage: Stage
  let dear: Awaited<ReturnType<typeof worked>>
  let unknown: Awaited<ReturnType<typeof worked>>
  let all: string

  beforeAll(async () => {
    stage = await createStage(admin, "Used")
    all = `projectId=${stage.project.id}`
    dear = await worked(stage.project.id, { tokens: 1000, costUsd: 1.5 })
    unknown = await worked(stage.project.id, { tokens: 70 })
    await repeat(dear.job.id, Date.now() - 10 * DAY)
    await repeat(dear.job.id, Date.now() - 50 * DAY)
  })

  it("is summed by day, in order; a job whose cost nobody knows costs nothing and is counted as such", async () => {
    const { total, items, from, to } = await usage(all)
    expect([from, to]).toEqual([day(29), day(0)])
    expect(total).toMatchObject({ jobs: 3, failed: 3, succeeded: 0, inputTokens: 2070, costUsd: 3, unknownCost: 1, computeMs: 3000 })
    expect(items.map(({ key, jobs, costUsd, unknownCost }) => [key, jobs, costUsd, unknownCost])).toEqual([
      [day(10), 1, 1.5, 0],
      [day(0), 2, 1.5, 1],
    ])
    expect((await usage(`${all}&from=${day(60)}&to=${day(11)}`)).total).toMatchObject({ jobs: 1, costUsd: 1.5 })
  })

  it("is summed by ticket, project, clanker, kind and model, each by its name and the dearest first", async () => {
    const by = async (group: string) => (await usage(`${all}&groupBy=${group}`)).items.map(({ label, jobs }) => [label, jobs])
    expect(await by("ticket")).toEqual([
      [`${dear.ticket} A ticket`, 2],
      [`${unknown.ticket} A ticket`, 1],
    ])
    expect(await by("project")).toEqual([["Used", 3]])
    expect(await by("clanker")).toEqual([[stage.clanker.name, 3]])
    expect(await by("kind")).toEqual([["research", 3]])
    expect(await by("model")).toEqual([[dear.job.model ?? "The agent's own choice", 3]])
    expect((await usage(`ticketId=${dear.ticketId}&groupBy=kind`)).total).toMatchObject({ jobs: 3, costUsd: 4.5 })
  })

  it("keeps what a deleted job used", async () => {
    const gone = await worked(stage.project.id, { tokens: 5, costUsd: 0.25 })
    const before = await usage(`${all}&groupBy=kind`)
    await ok(admin("DELETE", `/api/jobs/${gone.job.id}`))
    expect(await usage(`${all}&groupBy=kind`)).toEqual(before)
    expect((await usage(`ticketId=${gone.ticketId}`)).total).toMatchObject({ jobs: 1, costUsd: 0.25 })
  })

  it("counts nothing of a project that the caller does not see", async () => {
    await ok(admin("PATCH", `/api/projects/${stage.project.id}`, { visibility: "members" }))
    const outside = caller((await createUser("member")).token)
    const { total, items } = await usage(`${all}&groupBy=project`, outside)
    expect([total.jobs, total.costUsd, items]).toEqual([0, 0, []])
    expect((await usage("groupBy=project", outside)).items.map(({ key }) => key)).not.toContain(stage.project.id)
  })

  it("refuses days that are none, the wrong way round or too many, by their field", async () => {
    const refused = async (query: string) => {
      const { status, body } = await admin("GET", `/api/usage?${query}`)
      return [status, Object.keys(body.error.detail?.["fields"] ?? {})]
    }
    expect(await refused("from=yesterday")).toEqual([422, ["from"]])
    expect(await refused(`from=${day(0)}&to=${day(3)}`)).toEqual([422, ["to"]])
    expect(await refused(`from=${day(400)}&to=${day(0)}`)).toEqual([422, ["from"]])
    expect(await refused("groupBy=colour")).toEqual([422, ["groupBy"]])
    expect((await usage(`from=${day(399)}&to=${day(0)}`)).total.jobs).toBeGreaterThan(0)
  })
})

describe("a project's budget for a month", () => {
  const checkOf = async (projectId: string) => {
    const { ready, checks } = await ok(admin<{ ready: boolean; checks: ReadinessCheck[] }>("GET", `/api/projects/${projectId}/readiness`))
    return { ready, budget: checks.find(({ name }) => name === "budget") ?? null }
  }
  const alerts = async (projectId: string) =>
    (await ok(admin<Dashboard>("GET", "/api/dashboard"))).budgets.filter((budget) => budget.projectId === projectId)
  const setBudget = ({ id }: Project, workerSettings: object) => ok(admin<Project>("PATCH", `/api/projects/${id}`, { workerSettings }))
  const specOf = async (jobId: string) =>
    JSON.parse((await env.DB.prepare("SELECT spec FROM jobs WHERE id = ?").bind(jobId).first<string>("spec")) ?? "{}")

  it("caps a job to what is left, warns at four fifths, and refuses at the limit until it is raised or the month is over", async () => {
    const { project } = await createStage(admin, "Budgeted")
    await setBudget(project, { monthlyBudgetUsd: 2, budgetUsd: 5 })
    expect(await checkOf(project.id)).toMatchObject({ ready: true, budget: { state: "ready" } })
    const first = await worked(project.id, { tokens: 10, costUsd: 1.7 })
    expect((await specOf(first.job.id)).limits.budgetUsd).toBe(2)
    expect(await checkOf(project.id)).toMatchObject({ ready: true, budget: { state: "warning", code: "budget.near" } })
    expect(await alerts(project.id)).toMatchObject([{ state: "near", name: "Budgeted" }])
    const second = await worked(project.id, { tokens: 10, costUsd: 0.4 })
    expect((await specOf(second.job.id)).limits.budgetUsd).toBeCloseTo(0.3)

    const ticket = await ok(admin<{ id: string }>("POST", "/api/tickets", { projectId: project.id, title: "One too many" }))
    const run = () => admin<{ job: Job }>("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {})
    const refused = await admin("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {})
    expect([refused.status, refused.body.error.code]).toEqual([409, "project.budget-spent"])
    expect(refused.body.error.message).toContain("$2.10 of $2.00")
    expect(await checkOf(project.id)).toMatchObject({ ready: false, budget: { state: "invalid", code: "budget.spent" } })
    expect(await alerts(project.id)).toMatchObject([{ state: "spent" }])

    // Deleting what was spent does not bring it back.
    await ok(admin("DELETE", `/api/jobs/${first.job.id}`))
    expect((await run()).status).toBe(409)
    const at = new Date()
    overrides.now = () => Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1)
    expect(await checkOf(project.id)).toMatchObject({ ready: true, budget: { state: "ready" } })
    delete overrides.now
    await setBudget(project, { monthlyBudgetUsd: 20 })
    expect((await run()).status).toBeLessThan(300)
    expect(await alerts(project.id)).toEqual([])
  })

  it("counts the tokens of jobs whose cost nobody knows, and no others", async () => {
    const { project } = await createStage(admin, "Tokens")
    await setBudget(project, { monthlyBudgetTokens: 100 })
    await worked(project.id, { tokens: 5000, costUsd: 1 })
    expect((await checkOf(project.id)).budget).toMatchObject({ state: "ready" })
    await worked(project.id, { tokens: 100 })
    expect((await checkOf(project.id)).budget).toMatchObject({ state: "invalid" })
    const ticket = await ok(admin<{ id: string }>("POST", "/api/tickets", { projectId: project.id, title: "Next" }))
    expect((await admin("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {})).status).toBe(409)
  })

  it("leaves a claw's run out with the same sentence, makes no job and pauses no schedule", async () => {
    const { project } = await createStage(admin, "Clawed")
    await setBudget(project, { monthlyBudgetUsd: 1 })
    await worked(project.id, { tokens: 10, costUsd: 1 })
    const template = await ok(
      admin<{ id: string }>("POST", "/api/claws/templates", { projectId: project.id, name: "t", instructions: "i" }),
    )
    const schedule = await ok(admin<ClawSchedule>("POST", "/api/claws/schedules", { templateId: template.id, name: "s", cron: "@daily" }))
    const execution = await ok(admin<ClawExecution>("POST", `/api/claws/schedules/${schedule.id}/executions`))
    expect(execution).toMatchObject({ status: "skipped", reason: expect.stringContaining("$1.00 of $1.00") })
    expect(execution.jobId).toBeUndefined()
    expect(await ok(admin<ClawSchedule>("GET", `/api/claws/schedules/${schedule.id}`))).toMatchObject({ failures: 0, runs: 0 })
    expect((await usage(`scheduleId=${schedule.id}`)).total.jobs).toBe(0)
  })

  it("lists no project to who does not see it", async () => {
    const { project } = await createStage(admin, "Hidden", { visibility: "members", workerSettings: { monthlyBudgetUsd: 1 } })
    await worked(project.id, { tokens: 10, costUsd: 1 })
    expect(await alerts(project.id)).toHaveLength(1)
    const outside = caller((await createUser("member")).token)
    const { budgets } = await ok(outside<Dashboard>("GET", "/api/dashboard"))
    expect(budgets.map(({ projectId }) => projectId)).not.toContain(project.id)
  })
})
