import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { DOCUMENT_STATES, PHASES, SEVERITIES, type Ticket, TICKET_STATUSES, type TimelineEntry } from "#contract/tickets.ts"
import { createContext, newId } from "../context.ts"
import { pullRequestMoved } from "../tickets/pull-request.ts"
import {
  type Caller,
  caller,
  createStage,
  createUser,
  env,
  type FakeHost,
  type FakeWorker,
  fakeWorker,
  launchOf,
  ok,
  setUpWorkplace,
  type Stage,
  startResearch,
  until,
} from "./harness.ts"

let admin: Caller
let viewer: Caller
let host: FakeHost
let stage: Stage

beforeAll(async () => {
  ;({ admin, host, stage } = await setUpWorkplace("Tickets"))
  viewer = caller((await createUser("viewer")).token)
})

interface Page {
  items: Ticket[]
  nextCursor: string | null
}
const create = (fields: object = {}) =>
  ok(admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "A ticket", ...fields }))
const read = (id: string) => ok(admin<Ticket>("GET", `/api/tickets/${id}`))
const list = (query: string) => ok(admin<Page>("GET", `/api/tickets?${query}`))
const patch = (id: string, fields: object) => ok(admin<Ticket>("PATCH", `/api/tickets/${id}`, fields))
const timeline = async (id: string) => (await ok(admin<{ items: TimelineEntry[] }>("GET", `/api/tickets/${id}/timeline`))).items
const acts = async (id: string) => (await timeline(id)).map(({ act }) => act)
const newProject = async (name: string) =>
  (await ok(admin<Project>("POST", "/api/projects", { name, repositoryUrl: "https://forge.test/acme/other" }))).id
const run = (id: string, phase: string, body: object = {}) => admin<{ job: Job }>("POST", `/api/tickets/${id}/phases/${phase}/runs`, body)
const settled = (id: string) =>
  until(`the end of ${id}`, async () => {
    const job = await ok(admin<Job>("GET", `/api/jobs/${id}`))
    return job.settled ? job : null
  })
async function workerOf(job: Job): Promise<{ worker: FakeWorker; payload: Awaited<ReturnType<FakeWorker["claim"]>>["body"]["payload"] }> {
  const worker = await fakeWorker(await launchOf(host, job.id))
  return { worker, payload: (await worker.claim()).body.payload }
}

describe("archiving", () => {
  const archive = (ids: string[], archived?: boolean) =>
    admin<{ items: Ticket[] }>("POST", "/api/tickets/archivals", { ids, ...(archived === undefined ? {} : { archived }) })

  it("takes many tickets out of the lists at once, by ids and keys, and brings them back", async () => {
    const projectId = await newProject("Attic")
    const [one, two, three] = [await create({ projectId }), await create({ projectId }), await create({ projectId })]
    const { items } = await ok(archive([one.id, two.key]))
    expect(items.map(({ id, archivedAt }) => [id, archivedAt !== null])).toEqual(
      expect.arrayContaining([
        [one.id, true],
        [two.id, true],
      ]),
    )
    expect((await list(`projectId=${projectId}`)).items.map(({ id }) => id)).toEqual([three.id])
    expect((await list(`projectId=${projectId}&archived=true`)).items.map(({ id }) => id)).toEqual([two.id, one.id])
    const again = await ok(archive([one.id]))
    expect(again.items[0]?.archivedAt).toBe((await read(one.id)).archivedAt)
    await ok(archive([one.id], false))
    expect(await patch(two.id, { archived: false })).toMatchObject({ archivedAt: null })
    expect((await list(`projectId=${projectId}`)).items).toHaveLength(3)
    expect(await acts(one.id)).toEqual(["unarchived", "archived", "created"])
    expect(await acts(two.id)).toEqual(["unarchived", "archived", "created"])
  })

  it("is all or nothing: one that is not there, or has something at work, keeps all of them", async () => {
    const quiet = await create()
    const unknown = await archive([quiet.id, "tkt_nothing"])
    expect([unknown.status, unknown.body]).toMatchObject([422, { error: { detail: { fields: { "ids.1": "names no ticket" } } } }])
    const { ticket, job } = await startResearch(admin, stage.project.id)
    const busy = await archive([quiet.id, ticket.id])
    expect([busy.status, busy.body]).toMatchObject([
      409,
      { error: { code: "ticket.job-unfinished", detail: { tickets: [{ key: ticket.key, jobId: job.id }] } } },
    ])
    expect((await admin("PATCH", `/api/tickets/${ticket.id}`, { archived: true, title: "No" })).status).toBe(409)
    expect([(await read(quiet.id)).archivedAt, (await read(ticket.id)).title]).toEqual([null, "A ticket"])
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
  })

  it.each([[[]], [Array.from({ length: 201 }, (_, index) => `tkt_${index}`)], [[1]], ["all"]])("refuses %j as a list", async (ids) => {
    expect((await admin("POST", "/api/tickets/archivals", { ids })).status).toBe(422)
  })

  it("takes what waits for a person off the dashboard, and puts it back", async () => {
    const { ticket, job } = await startResearch(admin, stage.project.id)
    const { worker } = await workerOf(job)
    await worker.result(0, { status: "failed", failure: { kind: "agent-failed", step: "run-agent" } })
    await settled(job.id)
    await ok(admin("PUT", `/api/tickets/${ticket.id}/phases/planning/document`, { content: "# P", baseRevision: 0 }))
    const shows = async () => JSON.stringify(await ok(admin<unknown>("GET", "/api/dashboard"))).includes(ticket.id)
    expect(await shows()).toBe(true)
    await ok(archive([ticket.id]))
    expect(await shows()).toBe(false)
    await ok(archive([ticket.id], false))
    expect(await shows()).toBe(true)
  })

  it("leaves nothing to be started or decided, but names can be mended and the ticket deleted", async () => {
    const { id } = await create()
    const path = `/api/tickets/${id}/phases/research`
    await ok(admin("PUT", `${path}/document`, { content: "# R", baseRevision: 0 }))
    await ok(archive([id]))
    for (const [method, to, body] of [
      ["POST", `${path}/runs`, {}],
      ["POST", `${path}/document/revisions`, { feedback: "more" }],
      ["PUT", `${path}/document`, { content: "# R2", baseRevision: 1 }],
      ["PUT", `${path}/document/approval`, { state: "approved", revision: 1 }],
      ["DELETE", `${path}/document/approval`, undefined],
      ["POST", `${path}/document/comments`, { revision: 1, line: 1, body: "x" }],
      ["PUT", `/api/tickets/${id}/override`, { reason: "now" }],
    ] as const) {
      const { status, body: said } = await admin(method, to, body)
      expect([status, said.error.code], `${method} ${to}`).toEqual([409, "ticket.archived"])
    }
    expect(await patch(id, { title: "Better", labels: ["old"] })).toMatchObject({ title: "Better", labels: ["old"] })
    expect((await viewer("POST", "/api/tickets/archivals", { ids: [id], archived: false })).status).toBe(403)
    expect((await admin("DELETE", `/api/tickets/${id}`)).status).toBe(204)
  })
})

describe("a ticket of another system", () => {
  it("is one ticket per project and source: a repeat answers 200 and brings what it brings", async () => {
    const external = { externalId: "JIRA-7", externalUrl: "https://jira.test/7", description: "Words", labels: ["a"], severity: "high" }
    const first = await create(external)
    const send = (fields: object) =>
      admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, externalId: "JIRA-7", title: "A ticket", ...fields })
    const same = await send(external)
    expect([same.status, same.body.id, same.body.updatedAt]).toEqual([200, first.id, first.updatedAt])
    const renamed = await send({ title: "Renamed", externalUrl: "https://jira.test/new/7", severity: "medium" })
    expect(renamed.body).toMatchObject({ id: first.id, key: first.key, title: "Renamed", externalUrl: "https://jira.test/new/7" })
    expect(renamed.body).toMatchObject({ severity: "medium", description: "Words", labels: ["a"] })
    expect((await send({ description: "", labels: [] })).body).toMatchObject({ description: "", labels: [] })
    expect((await timeline(first.id)).at(0)?.detail).toMatchObject({ fields: ["title", "description", "labels"] })
    const elsewhere = await create({ ...external, projectId: await newProject("Elsewhere") })
    expect(elsewhere.id).not.toBe(first.id)
  })

  it("is one also when it comes several times at once", async () => {
    const body = { projectId: stage.project.id, title: "Storm", externalId: "STORM-1" }
    const answers = await Promise.all(Array.from({ length: 6 }, () => admin<Ticket>("POST", "/api/tickets", body)))
    expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1)
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 200, 201])
  })
})

describe("the list", () => {
  it("finds by words in key, title, description and external id, by label, severity and phase, page by page", async () => {
    const projectId = await newProject("Library")
    const one = await create({ projectId, title: "Umlauts break", labels: ["Bug", "ui"], severity: "critical" })
    const two = await create({ projectId, title: "Second", description: "about 100% UMLAUTS_too", externalId: "GH-77" })
    const three = await create({ projectId, title: "Third", startingPhase: "execution", overrideReason: "a typo" })
    const found = async (query: string) => (await list(`projectId=${projectId}&${query}`)).items.map(({ id }) => id)
    expect(await found("q=umlauts")).toEqual([two.id, one.id])
    expect(await found(`q=${encodeURIComponent("100% umlauts_")}`)).toEqual([two.id])
    expect(await found("q=gh-77")).toEqual([two.id])
    expect(await found(`q=${one.key.toLowerCase()}`)).toEqual([one.id])
    expect(await found("q=%25")).toEqual([two.id])
    expect(await found("q=100_")).toEqual([])
    const long = "what is said here is longer than any pattern, ünd so ön, to the very END"
    const four = await create({ projectId, title: "Fourth", description: `It says: ${long}.` })
    expect(await found(`q=${encodeURIComponent(long.replace("END", "end"))}`)).toEqual([four.id])
    expect(await found(`q=${encodeURIComponent(long.replace("END", "beginning"))}`)).toEqual([])
    await ok(admin("DELETE", `/api/tickets/${four.id}`))
    expect(await found("label=BUG")).toEqual([one.id])
    expect(await found("label=bu")).toEqual([])
    const quoting = await create({ projectId, title: "Quotes", labels: ['x"rare"', "Ü\\"] })
    expect(await found("label=rare")).toEqual([])
    expect(await found(`label=${encodeURIComponent('X"RARE"')}`)).toEqual([quoting.id])
    expect(await found(`label=${encodeURIComponent("Ü\\")}`)).toEqual([quoting.id])
    await ok(admin("DELETE", `/api/tickets/${quoting.id}`))
    expect(await found("severity=critical")).toEqual([one.id])
    expect(await found("phase=execution")).toEqual([three.id])
    const first = await list(`projectId=${projectId}&limit=2`)
    const rest = await list(`projectId=${projectId}&limit=2&cursor=${first.nextCursor}`)
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual([three.id, two.id, one.id])
    expect(rest.nextCursor).toBeNull()
    for (const wrong of ["status=done", "severity=urgent", "phase=review", "archived=maybe", "limit=0", "limit=201", "cursor=!"])
      expect((await admin("GET", `/api/tickets?${wrong}`)).status, wrong).toBe(422)
  })

  it("filters by the same status that it shows, whatever has happened to a ticket", async () => {
    const projectId = await newProject("States")
    const any = fc.record({
      resolved: fc.boolean(),
      reopened: fc.boolean(),
      pull: fc.option(fc.constantFrom("open", "merged", "closed")),
      jobs: fc.array(fc.tuple(fc.constantFrom(...PHASES), fc.boolean()), { maxLength: 3 }),
      documents: fc.uniqueArray(fc.tuple(fc.constantFrom("research", "planning"), fc.constantFrom(...DOCUMENT_STATES)), {
        maxLength: 2,
        selector: ([phase]) => phase,
      }),
    })
    const now = Date.now()
    const ids: string[] = []
    for (const facts of fc.sample(any, { numRuns: 150, seed: 42 })) {
      const id = newId("ticket")
      ids.push(id)
      const pull = facts.pull === null ? null : JSON.stringify({ url: `https://forge.test/${id}`, number: 1, state: facts.pull })
      const ticket = env.DB.prepare(
        `INSERT INTO tickets (id, project_id, number, key, title, description, severity, category, phase, source, labels, pull_request, resolved, reopened, created_by, created_at, updated_at)
         VALUES (?, ?, ?, ?, 't', '', 'low', 'General', 'research', 'api', '[]', ?, ?, ?, 'usr_1', ?, ?)`,
      ).bind(id, projectId, ids.length, `STA-${ids.length}`, pull, Number(facts.resolved), Number(facts.reopened), now + ids.length, now)
      const jobs = facts.jobs.map(([kind, terminal], index) =>
        env.DB.prepare(
          `INSERT INTO jobs (id, kind, project_id, ticket_id, clanker_id, exclusive, requested_by, spec, status, terminal, version, created_at, updated_at)
           VALUES (?, ?, ?, ?, 'clk_1', ?, 'usr_1', '{}', 'failed', ?, 1, ?, ?)`,
        ).bind(`${id}${index}`, kind, projectId, id, `${id}${index}`, Number(terminal), now + index, now),
      )
      const documents = facts.documents.map(([phase, state]) =>
        env.DB.prepare("INSERT INTO phase_documents (ticket_id, phase, state, revision, updated_at) VALUES (?, ?, ?, 1, ?)").bind(
          id,
          phase,
          state,
          now,
        ),
      )
      await env.DB.batch([ticket, ...jobs, ...documents])
    }
    const all = (await list(`projectId=${projectId}&limit=200`)).items
    expect(all).toHaveLength(150)
    for (const status of TICKET_STATUSES) {
      const shown = all.filter((ticket) => ticket.status === status).map(({ id }) => id)
      expect(shown.length, status).toBeGreaterThan(0)
      expect((await list(`projectId=${projectId}&limit=200&status=${status}`)).items.map(({ id }) => id)).toEqual(shown)
    }
  })
})

describe("a ticket", () => {
  it("takes the defaults of what is left out, and refuses what is none", async () => {
    expect(await create()).toMatchObject({
      description: "",
      severity: "medium",
      category: "General",
      labels: [],
      phase: "research",
      source: "api",
    })
    for (const wrong of [
      { title: " " },
      { title: "x".repeat(501) },
      { severity: "urgent" },
      { startingPhase: "planning" },
      { overrideReason: "why" },
    ])
      expect(
        (await admin("POST", "/api/tickets", { projectId: stage.project.id, title: "x", ...wrong })).status,
        JSON.stringify(wrong),
      ).toBe(422)
    for (const overrideReason of ["", "  \n"])
      expect(
        (await admin("POST", "/api/tickets", { projectId: stage.project.id, title: "x", startingPhase: "execution", overrideReason }))
          .status,
      ).toBe(422)
    for (const severity of SEVERITIES) expect(await create({ severity })).toMatchObject({ severity })
  })

  it("is resolved and reopened by hand, and its override is given once with a reason", async () => {
    const { id } = await create()
    expect(await patch(id, { status: "resolved" })).toMatchObject({ status: "resolved" })
    expect(await patch(id, { status: "resolved" })).toMatchObject({ status: "resolved" })
    expect(await patch(id, { status: "open" })).toMatchObject({ status: "open" })
    expect((await admin("PATCH", `/api/tickets/${id}`, { status: "in_review" })).status).toBe(422)
    expect((await run(id, "execution")).body).toMatchObject({ error: { code: "phase.not-reached" } })
    expect((await run(id, "planning")).body).toMatchObject({ error: { code: "phase.not-reached" } })
    expect((await admin("PUT", `/api/tickets/${id}/override`, { reason: " " })).status).toBe(422)
    expect(await ok(admin("PUT", `/api/tickets/${id}/override`, { reason: "obvious" }))).toMatchObject({
      override: { reason: "obvious", by: "The admin", opens: "execution" },
    })
    expect((await admin("PUT", `/api/tickets/${id}/override`, { reason: "again" })).body.error.code).toBe("override.exists")
    expect(await acts(id)).toEqual(["overridden", "reopened", "resolved", "created"])
    expect(await create({ startingPhase: "planning", overrideReason: "known" })).toMatchObject({ override: { opens: "planning" } })
    const begun = await create({ startingPhase: "execution", overrideReason: "one line" })
    expect((await admin("PUT", `/api/tickets/${begun.id}/override`, { reason: "again" })).body.error.code).toBe("override.exists")
  })
})

describe("a further execution", () => {
  const pull = { url: "https://forge.test/acme/demo/pull/41", number: 41 }
  const execute = async (id: string) => {
    const { job } = await ok(run(id, "execution"))
    return { job, ...(await workerOf(job)) }
  }
  const moved = (url: string, state: "open" | "merged" | "closed") => pullRequestMoved(createContext(env), { url, state, actor: "forge" })

  it("works on the same branch and pull request while that is open, and after a merge or close on the next branch", async () => {
    const { id, key } = await create({ startingPhase: "execution", overrideReason: "small" })
    const branch = `viberator/${key}`
    const first = await execute(id)
    expect(first.payload.repository).toMatchObject({ branch })
    expect(first.payload.repository.pullRequest?.existing).toBeUndefined()
    expect((await run(id, "execution")).body).toMatchObject({ error: { code: "ticket.job-unfinished", detail: { jobId: first.job.id } } })
    await first.worker.result(0, { status: "succeeded", branch, commit: "c1", baseCommit: "b", pullRequest: pull })
    await settled(first.job.id)
    expect(await read(id)).toMatchObject({ branch, branchOver: false, status: "in_review", pullRequest: { ...pull, state: "open" } })

    const second = await execute(id)
    expect(second.payload.repository).toMatchObject({ branch, pullRequest: { existing: 41 } })
    expect(await read(id)).toMatchObject({ status: "in_progress" })
    await second.worker.result(0, { status: "succeeded", branch, commit: "c2", baseCommit: "b", pullRequest: pull })
    await settled(second.job.id)

    expect(await moved("https://forge.test/nobody/1", "merged")).toBeNull()
    await moved(pull.url, "merged")
    await moved(pull.url, "merged")
    expect(await read(id)).toMatchObject({ status: "resolved", branch, branchOver: true, pullRequest: { ...pull, state: "merged" } })
    expect(await patch(id, { status: "open" })).toMatchObject({ status: "in_progress", pullRequest: { state: "merged" } })
    expect((await acts(id)).slice(0, 2)).toEqual(["reopened", "pull-request-merged"])

    const third = await execute(id)
    expect(third.payload.repository).toMatchObject({ branch: `${branch}-2` })
    expect(third.payload.repository.pullRequest?.existing).toBeUndefined()
    await third.worker.result(0, { status: "failed", failure: { kind: "agent-failed", step: "run-agent" } })
    await settled(third.job.id)
    // The pull request is still that of the former branch.
    expect(await read(id)).toMatchObject({ branch: `${branch}-2`, branchOver: false, pullRequest: { state: "merged" } })
    const retried = await ok(admin<{ job: Job }>("POST", `/api/jobs/${third.job.id}/retries`, {}))
    const fourth = await workerOf(retried.job)
    expect(fourth.payload.repository).toMatchObject({ branch: `${branch}-2` })
    const other = { url: "https://forge.test/acme/demo/pull/42", number: 42 }
    await fourth.worker.result(0, { status: "succeeded", branch: `${branch}-2`, commit: "c3", baseCommit: "b", pullRequest: other })
    await settled(retried.job.id)
    expect(await read(id)).toMatchObject({ status: "in_review", branch: `${branch}-2`, pullRequest: { ...other, state: "open" } })

    await moved(other.url, "closed")
    expect(await read(id)).toMatchObject({ status: "in_progress", pullRequest: { state: "closed" } })
    const fifth = await execute(id)
    expect(fifth.payload.repository).toMatchObject({ branch: `${branch}-3` })
    await ok(admin("POST", `/api/jobs/${fifth.job.id}/cancellation`, {}))
  })
})

describe("what a job of a fork is told", () => {
  it("is the repository to push to, and where and how its pull request goes", async () => {
    const secret = await ok(
      admin<Secret>("POST", "/api/secrets", { name: "FORK_TOKEN", location: "database", value: "fork-token-0123456789" }),
    )
    const { project: own } = await createStage(admin, "Forks")
    const project = {
      repositoryUrl: "https://ghe.test/contributor/demo.git",
      pullRequestRepository: "https://ghe.test/acme/demo.git",
      pullRequestBaseBranch: "release",
      scm: { provider: "github", apiUrl: "https://ghe.test/api/v3", secretId: secret.id },
      workerSettings: { submodules: true, lfs: true, pullRequest: { draft: true, labels: ["agent"], reviewers: ["ada", "acme/core"] } },
    }
    const { id: projectId } = await ok(admin<Project>("PATCH", `/api/projects/${own.id}`, project))
    const { id } = await create({ projectId, startingPhase: "execution", overrideReason: "small" })
    const { job } = await ok(run(id, "execution"))
    const { payload } = await workerOf(job)
    expect(payload.repository).toMatchObject({
      url: project.repositoryUrl,
      baseBranch: "main",
      pullRequest: { repository: project.pullRequestRepository, baseBranch: "release", ...project.workerSettings.pullRequest },
    })
    expect(payload.scm).toEqual({ provider: "github", apiUrl: "https://ghe.test/api/v3", secretName: "FORK_TOKEN" })
    expect(payload.project.settings).toMatchObject({ submodules: true, lfs: true })
    await ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
  })
})
