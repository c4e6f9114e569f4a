import { createExecutionContext } from "cloudflare:test"
import { beforeAll, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import type { ErrorReply } from "#contract/errors.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { PhaseDocument, Ticket, TimelineEntry } from "#contract/tickets.ts"
import worker from "../worker.ts"
import { type Ears, overheard } from "./counted-database.ts"
import {
  type Answer,
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  ok,
  ORIGIN,
  setUp,
  type Stage,
  until,
} from "./harness.ts"

// What starts by itself, and what two acts of one instant make of a ticket. Each race is run in a set order: one act
// happens in the very moment in which the other is about to write.

let token: string
let admin: Caller
let stage: Stage
let idle: string

beforeAll(async () => {
  await setUp()
  ;({ token } = await createUser("admin"))
  admin = caller(token)
  await connectHost(admin)
  stage = await createStage(admin, "Starts", { autoStart: { onCreate: false, labels: ["Go"], onApproval: true } })
  const idleClanker = { name: "Never started", deploymentConfig: { computeType: "docker" } }
  idle = (await ok(admin<Clanker>("POST", "/api/clankers", idleClanker))).id
  await ok(admin("PATCH", "/api/settings", { paused: true }))
})

const create = (over: object = {}) => ok(admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "A ticket", ...over }))
const read = (id: string) => ok(admin<Ticket>("GET", `/api/tickets/${id}`))
const jobsOf = async (ticketId: string) => (await ok(admin<{ items: Job[] }>("GET", `/api/jobs?ticketId=${ticketId}`))).items
const kindsOf = (ticketId: string) =>
  until("the job's row", async () => {
    const jobs = await jobsOf(ticketId)
    return jobs.length > 0 ? jobs.map(({ kind }) => kind) : null
  })
const timeline = async (id: string) => (await ok(admin<{ items: TimelineEntry[] }>("GET", `/api/tickets/${id}/timeline`))).items
const acts = async (id: string) => (await timeline(id)).map(({ act }) => act)
const planOf = (id: string) => `/api/tickets/${id}/phases/planning/document`
async function planned(over: object = {}): Promise<Ticket> {
  const ticket = await create(over)
  await ok(admin("PUT", planOf(ticket.id), { content: "# P", baseRevision: 0 }))
  return ticket
}
const approval = { state: "approved", revision: 1 }
const inExecution = { labels: ["go"], startingPhase: "execution", overrideReason: "because" }

/** Calls the Worker while somebody hears what it asks the database. */
async function overhear<T = ErrorReply>(
  ears: Ears,
  method: string,
  path: string,
  body?: object,
): Promise<Pick<Answer<T>, "status" | "body">> {
  const response = await worker.fetch(
    new Request(ORIGIN + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }),
    { ...env, DB: overheard(env.DB, ears) },
    createExecutionContext(),
  )
  const text = await response.text()
  return { status: response.status, body: text === "" ? text : JSON.parse(text) }
}
/** Once, just before the first question with these words. */
function justBefore(words: string, act: () => Promise<unknown>): Ears {
  let done = false
  return {
    async before(question) {
      if (done || !question.includes(words)) return
      done = true
      await act()
    },
  }
}

describe("a ticket that starts by itself", () => {
  it.each([
    ["research", { labels: ["GO"] }],
    ["execution", inExecution],
    ["planning", { ...inExecution, startingPhase: "planning" }],
  ])("in %s is answered as a look at it shows it", async (phase, over) => {
    const made = await create(over)
    expect(made).toEqual(await read(made.id))
    expect(made).toMatchObject({ phase, status: "in_progress", branch: phase === "execution" ? `viberator/${made.key}` : null })
    expect(await kindsOf(made.id)).toEqual([phase])
    expect(await acts(made.id)).toEqual(["phase-started", "created"])
  })

  it("takes the next name where another ticket has its branch", async () => {
    await ok(admin("PATCH", `/api/projects/${stage.project.id}`, { branchNameTemplate: "work" }))
    const [first, second] = [await create(inExecution), await create(inExecution)]
    await ok(admin("PATCH", `/api/projects/${stage.project.id}`, { branchNameTemplate: "viberator/{{ ticket }}" }))
    expect([first.branch, second.branch]).toEqual(["work", `work-${second.key.split("-")[1]}`])
  })

  it("and cannot is made all the same, and says why", async () => {
    const { id: projectId } = await ok(
      admin<Project>("POST", "/api/projects", {
        ...{ name: "Unready", repositoryUrl: "https://forge.test/acme/demo", defaultClankerId: idle },
        autoStart: { onCreate: true, labels: [], onApproval: true },
      }),
    )
    const made = await create({ projectId })
    expect(made).toEqual(await read(made.id))
    expect(made.status).toBe("open")
    expect((await timeline(made.id))[0]).toMatchObject({ act: "start-refused", detail: { phase: "research", code: "clanker.not-active" } })
    expect(await ok(planned({ projectId }).then(({ id }) => admin("PUT", `${planOf(id)}/approval`, approval)))).toMatchObject({
      state: "approved",
    })
  })

  it("is not there when its job could not be written, nor its number used twice", async () => {
    const fails: Ears = {
      before: (question) => {
        if (question.includes('insert into "jobs"')) throw new Error("D1_ERROR: internal error")
      },
    }
    const title = `Lost ${crypto.randomUUID()}`
    const body = { projectId: stage.project.id, title, labels: ["go"] }
    const before = await create()
    expect((await overhear(fails, "POST", "/api/tickets", body)).status).toBe(500)
    const after = await create()
    const { items } = await ok(admin<{ items: Ticket[] }>("GET", `/api/tickets?projectId=${stage.project.id}&q=${title.slice(5)}`))
    expect([items, Number(after.key.split("-")[1])]).toEqual([[], Number(before.key.split("-")[1]) + 2])
  })

  it("starts although its request died after writing it", async () => {
    const dies: Ears = {
      after: (question) => {
        if (question.includes('insert into "jobs"')) throw new Error("the Worker was ended")
      },
    }
    const title = `Orphan ${crypto.randomUUID()}`
    expect((await overhear(dies, "POST", "/api/tickets", { projectId: stage.project.id, title, labels: ["go"] })).status).toBe(500)
    const { items } = await ok(admin<{ items: Ticket[] }>("GET", `/api/tickets?projectId=${stage.project.id}&q=${title.slice(7)}`))
    const [orphan] = items
    if (!orphan) throw new Error("the ticket was not written")
    expect([orphan.status, await jobsOf(orphan.id)]).toEqual(["in_progress", []])
    await env.DB.prepare("UPDATE jobs SET updated_at = 0 WHERE ticket_id = ?").bind(orphan.id).run()
    await ok(admin("POST", "/api/settings/ticks", {}))
    expect(await kindsOf(orphan.id)).toEqual(["research"])
  })
})

describe("a plan's approval that starts execution", () => {
  it("does both at once, and neither where somebody was faster", async () => {
    const { id } = await planned()
    const path = planOf(id)
    const faster = justBefore('insert into "jobs"', () => ok(admin("PUT", path, { content: "# P2", baseRevision: 1 })))
    const late = await overhear(faster, "PUT", `${path}/approval`, approval)
    expect([late.status, late.body.error.code]).toEqual([409, "document.stale"])
    expect([await ok(admin<PhaseDocument>("GET", path)), await jobsOf(id)]).toMatchObject([{ state: "draft", revision: 2 }, []])
    expect(await ok(admin("PUT", `${path}/approval`, { state: "approved", revision: 2 }))).toMatchObject({ state: "approved" })
    expect(await kindsOf(id)).toEqual(["execution"])
    expect(await read(id)).toMatchObject({ phase: "execution", branch: expect.stringContaining("viberator/") })
    expect((await acts(id)).slice(0, 2)).toEqual(["phase-started", "approved"])
  })

  it("stands when an execution is under way, and says so", async () => {
    const { id } = await planned()
    await ok(admin("PUT", `/api/tickets/${id}/override`, { reason: "now" }))
    await ok(admin("POST", `/api/tickets/${id}/phases/execution/runs`, {}))
    expect(await ok(admin("PUT", `${planOf(id)}/approval`, approval))).toMatchObject({ state: "approved" })
    expect((await timeline(id)).slice(0, 2)).toMatchObject([
      { act: "start-refused", detail: { code: "ticket.job-unfinished" } },
      { act: "approved" },
    ])
    expect(await kindsOf(id)).toHaveLength(1)
  })

  it("stands when the project is archived in that moment", async () => {
    const own = await createStage(admin, "Closing", { autoStart: { onCreate: false, labels: [], onApproval: true } })
    const { id } = await planned({ projectId: own.project.id })
    const archive = justBefore('insert into "jobs"', () => ok(admin("PATCH", `/api/projects/${own.project.id}`, { archived: true })))
    expect((await overhear(archive, "PUT", `${planOf(id)}/approval`, approval)).status).toBe(200)
    expect([(await acts(id)).slice(0, 2), await jobsOf(id)]).toEqual([["start-refused", "approved"], []])
  })
})

describe("of an archive and a start in one instant", () => {
  const run = (id: string) => `/api/tickets/${id}/phases/research/runs`
  const archived = async (id: string) => (await read(id)).archivedAt !== null
  const WAYS = {
    "one by one": (id: string) => ["PATCH", `/api/tickets/${id}`, { archived: true }] as const,
    "many at once": (id: string) => ["POST", "/api/tickets/archivals", { ids: [id] }] as const,
  }

  it.each(Object.entries(WAYS))("the archive wins when it writes first: %s", async (_, way) => {
    const { id } = await create()
    const [method, path, body] = way(id)
    const late = await overhear(
      justBefore('insert into "jobs"', () => ok(admin(method, path, body))),
      "POST",
      run(id),
      {},
    )
    expect([late.status, late.body.error.code]).toEqual([409, "ticket.archived"])
    expect([await archived(id), await jobsOf(id), await acts(id)]).toEqual([true, [], ["archived", "created"]])
  })

  it.each(Object.entries(WAYS))("the start wins when it writes first: %s", async (_, way) => {
    const { id } = await create()
    const [method, path, body] = way(id)
    const late = await overhear(
      justBefore('update "tickets"', () => ok(admin("POST", run(id), {}))),
      method,
      path,
      body,
    )
    expect([late.status, late.body.error.code]).toEqual([409, "ticket.job-unfinished"])
    expect([await archived(id), await kindsOf(id), await acts(id)]).toEqual([false, ["research"], ["phase-started", "created"]])
  })

  it("the same holds for a project's archive, and for a deletion", async () => {
    const { id } = await create()
    const gone = await overhear(
      justBefore('insert into "jobs"', () => ok(admin("DELETE", `/api/tickets/${id}`))),
      "POST",
      run(id),
      {},
    )
    expect([gone.status, await jobsOf(id)]).toEqual([404, []])
    const kept = await create()
    const late = await overhear(
      justBefore('update "tickets"', () => ok(admin("POST", run(kept.id), {}))),
      "DELETE",
      `/api/tickets/${kept.id}`,
    )
    expect([late.status, late.body.error.code, await kindsOf(kept.id)]).toEqual([409, "ticket.job-unfinished", ["research"]])
    const own = await createStage(admin, "Closed")
    const { id: last } = await create({ projectId: own.project.id })
    const close = justBefore('insert into "jobs"', () => ok(admin("PATCH", `/api/projects/${own.project.id}`, { archived: true })))
    const refused = await overhear(close, "POST", run(last), {})
    expect([refused.status, refused.body.error.code, await jobsOf(last)]).toEqual([409, "project.archived", []])
  })
})
