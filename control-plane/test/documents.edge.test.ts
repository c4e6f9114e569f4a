import { beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import { COMMENT_LIMITS, type DocumentComment, type PhaseDocument, type Ticket, type TimelineEntry } from "#contract/tickets.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  type FakeHost,
  fakeWorker,
  launchOf,
  ok,
  setUp,
  type Stage,
  until,
} from "./harness.ts"

let admin: Caller
let member: Caller
let viewer: Caller
let host: FakeHost
let stage: Stage

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  member = caller((await createUser("member", ["read", "write"])).token)
  viewer = caller((await createUser("viewer")).token)
  host = await connectHost(admin, { slots: 20 })
  stage = await createStage(admin, "Documents")
  await ok(admin("PATCH", `/api/clankers/${stage.clanker.id}`, { maxConcurrency: 20 }))
})

interface Desk {
  id: string
  /** `/api/tickets/:id/phases/:phase/document` */
  at: (phase: "research" | "planning") => string
}
async function newTicket(fields: object = {}): Promise<Desk> {
  const { id } = await ok(admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "A ticket", ...fields }))
  return { id, at: (phase) => `/api/tickets/${id}/phases/${phase}/document` }
}
const put = (path: string, content: string, baseRevision: number, as = admin) =>
  ok(as<PhaseDocument>("PUT", path, { content, baseRevision }))
const read = (path: string) => ok(admin<PhaseDocument>("GET", path))
const approve = (path: string, revision: number, as = admin) =>
  as<PhaseDocument>("PUT", `${path}/approval`, { state: "approved", revision })
const comment = (path: string, revision: number, line: number, body = "Why?", as = admin) =>
  as<DocumentComment>("POST", `${path}/comments`, { revision, line, body })
const revise = (path: string, feedback?: string) =>
  admin<{ job: Job }>("POST", `${path}/revisions`, feedback === undefined ? {} : { feedback })
const promptOf = async (job: Job) => (await ok(admin<{ prompt: string }>("GET", `/api/jobs/${job.id}/prompt`))).prompt
const timeline = async (id: string) => (await ok(admin<{ items: TimelineEntry[] }>("GET", `/api/tickets/${id}/timeline`))).items
const cancel = (job: Job) => ok(admin("POST", `/api/jobs/${job.id}/cancellation`, {}))
async function finish(job: Job, outcome: Parameters<Awaited<ReturnType<typeof fakeWorker>>["result"]>[1]): Promise<Job> {
  const worker = await fakeWorker(await launchOf(host, job.id))
  const claimed = await worker.claim()
  expect(claimed.body.payload.job.revisionOf).toBe(job.revisionOf)
  await worker.result(0, outcome)
  return until(`the end of ${job.id}`, async () => {
    const seen = await ok(admin<Job>("GET", `/api/jobs/${job.id}`))
    return seen.settled ? seen : null
  })
}
const wrote = (document: string) => ({ status: "succeeded" as const, document })

describe("a comment", () => {
  it("stands on a line of the current revision, stays when the document moves on, and is resolved and opened again", async () => {
    const { id, at } = await newTicket()
    const path = at("research")
    await put(path, "# Found\n\nThe cache is stale.\n", 0)
    const made = await comment(path, 1, 3, "  Which cache?  ", member)
    expect([made.status, made.body]).toMatchObject([
      201,
      { revision: 1, line: 3, quote: "The cache is stale.", body: "Which cache?", status: "open", outdated: false, author: "The member" },
    ])
    expect(made.body.resolvedBy).toBeUndefined()
    await put(path, "# Found\n\nThe image cache is stale.", 1)
    expect(await ok(admin("GET", `${path}/comments`))).toEqual({ items: [{ ...made.body, outdated: true }], nextCursor: null })
    const one = `${path}/comments/${made.body.id}`
    const resolved = await ok(admin<DocumentComment>("PATCH", one, { status: "resolved" }))
    expect(resolved).toMatchObject({ status: "resolved", resolvedBy: "The admin", outdated: true })
    expect(await ok(admin("PATCH", one, { status: "resolved" }))).toEqual(resolved)
    expect(await ok(admin("GET", `${path}/comments?status=open`))).toMatchObject({ items: [] })
    const reopened = await ok(member<DocumentComment>("PATCH", one, { status: "open" }))
    expect([reopened.status, reopened.resolvedBy]).toEqual(["open", undefined])
    expect((await timeline(id)).map(({ act }) => act)).toEqual([
      ...["comment-reopened", "comment-resolved", "document-written", "comment-added", "document-written", "created"],
    ])
  })

  it("gets other words, and goes, by its author alone", async () => {
    const { id, at } = await newTicket()
    const path = at("research")
    await put(path, "# Found", 0)
    const made = await ok(comment(path, 1, 1, "Whihc?", member))
    const one = `${path}/comments/${made.id}`
    const reword = (body: unknown, as = member) => as<DocumentComment>("PATCH", one, body)
    for (const other of [await reword({ body: "Mine now" }, admin), await admin("DELETE", one)])
      expect([other.status, other.body]).toMatchObject([
        403,
        { error: { code: "auth.forbidden", message: expect.stringContaining("The member") } },
      ])
    for (const wrong of [{}, { body: " " }, { body: "x", status: "open" }, { body: "x".repeat(10_001) }, { line: 2 }])
      expect((await reword(wrong)).status, JSON.stringify(wrong).slice(0, 40)).toBe(422)
    expect(await ok(reword({ body: " Which? " }))).toEqual({ ...made, body: "Which?" })
    expect(await ok(reword({ body: "Which?" }))).toEqual({ ...made, body: "Which?" })
    const { job } = await ok(revise(path))
    expect(await promptOf(job)).toContain("Which?")
    await cancel(job)
    expect((await member("DELETE", one)).status).toBe(204)
    expect([(await member("DELETE", one)).status, (await reword({ body: "Late" })).status]).toEqual([404, 404])
    expect(await ok(admin("GET", `${path}/comments`))).toMatchObject({ items: [] })
    const acts = (await timeline(id)).map(({ act }) => act).filter((act) => act.startsWith("comment"))
    expect(acts).toEqual(["comment-deleted", "comment-edited", "comment-added"])
  })

  it("is refused on another revision, outside the lines, without words, on no document, and from viewers", async () => {
    const { id, at } = await newTicket()
    const path = at("planning")
    expect([(await comment(path, 1, 1)).status, (await admin("GET", `${path}/comments`)).body.error.code]).toEqual([404, "document.none"])
    await put(path, "one\ntwo\nthree\n", 0)
    await put(path, "one\r\ntwo", 1)
    for (const revision of [1, 3]) {
      const { status, body } = await admin("POST", `${path}/comments`, { revision, line: 1, body: "x" })
      expect([status, body.error.code]).toEqual([409, "comment.not-current"])
    }
    for (const wrong of [
      { line: 0 },
      { line: 3 },
      { line: 1.5 },
      { line: -1 },
      { body: " \n " },
      { body: "x".repeat(COMMENT_LIMITS.length + 1) },
      { revision: 0 },
    ]) {
      const { status, body } = await admin("POST", `${path}/comments`, { revision: 2, line: 1, body: "x", ...wrong })
      expect([status, Object.keys(body.error.detail?.["fields"] ?? {})], JSON.stringify(wrong)).toEqual([422, Object.keys(wrong)])
    }
    expect((await comment(path, 2, 2)).body).toMatchObject({ quote: "two" })
    expect((await comment(path, 2, 1, "x", viewer)).status).toBe(403)
    expect((await viewer("GET", `${path}/comments`)).status).toBe(200)
    const { body: own } = await comment(path, 2, 1)
    expect((await admin("PATCH", `${path}/comments/${own.id}`, { status: "closed" })).status).toBe(422)
    expect((await viewer("PATCH", `${path}/comments/${own.id}`, { status: "resolved" })).status).toBe(403)
    const other = await newTicket()
    await put(other.at("planning"), "x", 0)
    expect((await admin("PATCH", `${other.at("planning")}/comments/${own.id}`, { status: "resolved" })).status).toBe(404)
    expect((await admin("PATCH", `/api/tickets/${id}/phases/research/document/comments/${own.id}`, { status: "resolved" })).status).toBe(
      404,
    )
  })

  it("is one of a bounded number that is open, and listed page by page", async () => {
    const { at } = await newTicket()
    const path = at("research")
    await put(path, "one", 0)
    const made: string[] = []
    for (let count = 0; count < COMMENT_LIMITS.openPerDocument; count++) made.push((await ok(comment(path, 1, 1, `Number ${count}`))).id)
    const refused = await admin("POST", `${path}/comments`, { revision: 1, line: 1, body: "one more" })
    expect([refused.status, refused.body.error.code]).toEqual([409, "comment.too-many"])
    await ok(admin("PATCH", `${path}/comments/${made[0]}`, { status: "resolved" }))
    made.push((await ok(comment(path, 1, 1, "one more"))).id)
    const seen: string[] = []
    for (let cursor = ""; ;) {
      const page = await ok(admin<{ items: DocumentComment[]; nextCursor: string | null }>("GET", `${path}/comments?limit=30${cursor}`))
      seen.push(...page.items.map(({ id }) => id))
      if (page.nextCursor === null) break
      cursor = `&cursor=${page.nextCursor}`
    }
    expect(seen).toHaveLength(made.length)
    expect(new Set(seen)).toEqual(new Set(made))
  })
})

describe("a revision by the agent", () => {
  it("is asked for with feedback, open comments and the document as it stands, and becomes the next draft", async () => {
    const { id, at } = await newTicket()
    const path = at("research")
    await put(path, "# Found\nold line", 0)
    await ok(comment(path, 1, 2, "This was old."))
    const { body: done } = await comment(path, 1, 1, "RESOLVED REMARK")
    await ok(admin("PATCH", `${path}/comments/${done.id}`, { status: "resolved" }))
    await put(path, "# Found\nnew line\n<!-- hidden -->", 1)
    await ok(approve(path, 2))
    await ok(comment(path, 2, 2, "Say which {{ticketTitle}} line.", member))
    const { status, body } = await revise(path, "  Shorter, please.  ")
    expect([status, body.job]).toMatchObject([202, { kind: "research", revisionOf: 2, ticketId: id }])
    const prompt = await promptOf(body.job)
    expect(prompt).toMatch(/^# Revision of the research/)
    expect(prompt).toContain("\nShorter, please.\n")
    expect(prompt).toContain("1. Line 2 of revision 2, by The member:\n   > new line\n   Say which {{ticketTitle}} line.")
    expect(prompt).toContain(
      "2. Line 2 of revision 1 (outdated: the document is at revision 2), by The admin:\n   > old line\n   This was old.",
    )
    expect(prompt).toContain("# Found\nnew line\n[HTML comment removed]")
    expect(prompt).not.toContain("RESOLVED REMARK")
    expect((await revise(path, "Again")).body).toMatchObject({ error: { code: "ticket.job-unfinished", detail: { jobId: body.job.id } } })
    expect((await admin("POST", `/api/tickets/${id}/phases/research/runs`, {})).body.error.code).toBe("ticket.job-unfinished")
    await finish(body.job, wrote("# Short"))
    const document = await read(path)
    expect(document).toMatchObject({ state: "draft", revision: 3, approvedRevision: 2, content: "# Short" })
    expect(document.revisions.at(-1)).toMatchObject({ n: 3, source: "agent", jobId: body.job.id, feedback: "Shorter, please." })
    expect(await ok(admin("GET", `${path}/revisions/3`))).toMatchObject({ content: "# Short", feedback: "Shorter, please." })
    const items = await timeline(id)
    expect(items.slice(0, 2)).toMatchObject([
      { act: "revision-ended", detail: { phase: "research", revisionOf: 2, status: "succeeded" } },
      { act: "revision-requested", detail: { revisionOf: 2, feedback: "Shorter, please." } },
    ])
    expect((await ok(admin<Ticket>("GET", `/api/tickets/${id}`))).phase).toBe("planning")
  })

  it("that fails changes nothing but the timeline, and is tried again as a revision", async () => {
    const { id, at } = await newTicket()
    const path = at("planning")
    await put(path, "# Plan", 0)
    const { job } = await ok(revise(path, "Name the files."))
    await finish(job, { status: "failed", failure: { kind: "no-document", step: "run-agent" } })
    expect(await read(path)).toMatchObject({ state: "draft", revision: 1, content: "# Plan" })
    expect((await timeline(id))[0]).toMatchObject({ act: "revision-ended", detail: { status: "failed", failure: "no-document" } })
    await ok(comment(path, 1, 1, "Asked since."))
    const { job: again } = await ok(admin<{ job: Job }>("POST", `/api/jobs/${job.id}/retries`, {}))
    expect(again).toMatchObject({ kind: "planning", revisionOf: 1, retryOf: job.id })
    const prompt = await promptOf(again)
    expect(prompt).toMatch(/^# Revision of the plan/)
    expect(prompt).toContain("Name the files.")
    expect(prompt).toContain("Asked since.")
    expect((await timeline(id))[0]).toMatchObject({ act: "revision-retried", detail: { retryOf: job.id } })
    await finish(again, wrote("# Plan with files"))
    expect((await read(path)).revisions.at(-1)).toMatchObject({ n: 2, feedback: "Name the files." })
  })

  it("needs a document, something that is wanted of it, and a member", async () => {
    const { id, at } = await newTicket()
    const path = at("research")
    expect((await revise(path, "More")).body).toMatchObject({ error: { code: "document.none" } })
    await put(path, "# R", 0)
    for (const feedback of [undefined, "", " \n"]) expect([(await revise(path, feedback)).status, feedback]).toEqual([422, feedback])
    expect((await viewer("POST", `${path}/revisions`, { feedback: "x" })).status).toBe(403)
    expect((await admin("POST", `/api/tickets/${id}/phases/execution/document/revisions`, { feedback: "x" })).status).toBe(422)
    await ok(comment(path, 1, 1, "This alone says it."))
    const { job } = await ok(revise(path))
    const prompt = await promptOf(job)
    expect(prompt).toContain("This alone says it.")
    expect(prompt).not.toContain("Feedback of the reviewer")
    await cancel(job)
  })

  it("is no run from scratch: that has the phase's first prompt, and its document is the next draft as well", async () => {
    const { id, at } = await newTicket()
    const path = at("research")
    await put(path, "# R", 0)
    await ok(comment(path, 1, 1, "Not told from scratch."))
    await ok(approve(path, 1))
    const { job } = await ok(admin<{ job: Job }>("POST", `/api/tickets/${id}/phases/research/runs`, { additionalContext: "Look again" }))
    expect(job.revisionOf).toBeUndefined()
    const prompt = await promptOf(job)
    expect(prompt).toMatch(/^# Research for/)
    expect(prompt).toContain("Look again")
    expect(prompt).not.toContain("Not told")
    await finish(job, wrote("# R anew"))
    const document = await read(path)
    expect(document).toMatchObject({ state: "draft", revision: 2, content: "# R anew", approvedRevision: 1 })
    expect(document.revisions.at(-1)?.feedback).toBeUndefined()
  })

  it("may come while no later job is unfinished", async () => {
    const { id, at } = await newTicket()
    await put(at("research"), "# R", 0)
    const { job } = await ok(admin<{ job: Job }>("POST", `/api/tickets/${id}/phases/planning/runs`, {}))
    expect((await revise(at("research"), "More")).body).toMatchObject({
      error: { code: "ticket.job-unfinished", detail: { jobId: job.id } },
    })
    expect((await admin("PUT", at("research"), { content: "# R2", baseRevision: 1 })).body.error.code).toBe("ticket.job-unfinished")
    await finish(job, { status: "failed", failure: { kind: "no-document", step: "run-agent" } })
    const later = await ok(revise(at("research"), "More"))
    expect((await ok(admin<Ticket>("GET", `/api/tickets/${id}`))).phase).toBe("planning")
    await cancel(later.job)
  })
})

describe("an approval", () => {
  it("is bound to a revision, taken back by a new one, and never moves a ticket back", async () => {
    const { id, at } = await newTicket()
    const path = at("research")
    const phase = async () => (await ok(admin<Ticket>("GET", `/api/tickets/${id}`))).phase
    await put(path, "# 1", 0)
    expect(await ok(admin("PUT", `${path}/approval`, { state: "requested", revision: 1 }))).toMatchObject({ state: "approval_requested" })
    expect((await ok(admin<Ticket>("GET", `/api/tickets/${id}`))).status).toBe("in_review")
    expect(await ok(admin("PUT", `${path}/approval`, { state: "rejected", revision: 1, comment: "Too long" }))).toMatchObject({
      state: "rejected",
    })
    expect((await timeline(id))[0]).toMatchObject({ act: "rejected", detail: { comment: "Too long", revision: 1 } })
    expect((await approve(path, 1)).body).toMatchObject({ error: { code: "document.stale" } })
    await put(path, "# 2", 1)
    expect((await approve(path, 1)).body).toMatchObject({ error: { code: "document.stale", detail: { revision: 2 } } })
    expect(await ok(approve(path, 2))).toMatchObject({ state: "approved", approvedRevision: 2 })
    expect((await approve(path, 2)).status).toBe(200)
    expect(await phase()).toBe("planning")
    expect(await ok(admin("DELETE", `${path}/approval`))).toMatchObject({ state: "draft" })
    await ok(approve(path, 2))
    expect(await put(path, "# 3", 2)).toMatchObject({ state: "draft", revision: 3, approvedRevision: 2 })
    expect(await phase()).toBe("planning")
    expect((await viewer("PUT", `${path}/approval`, { state: "approved", revision: 3 })).status).toBe(403)
    for (const wrong of [
      { state: "rejected", revision: 3 },
      { state: "rejected", revision: 3, comment: "  " },
      { state: "done", revision: 3 },
      { state: "approved" },
    ])
      expect((await admin("PUT", `${path}/approval`, wrong)).status, JSON.stringify(wrong)).toBe(422)
  })

  it("that is repeated starts execution once", async () => {
    const own = await createStage(admin, "Eager", { autoStart: { onApproval: true } })
    const { id, at } = await newTicket({ projectId: own.project.id })
    await put(at("planning"), "# P", 0)
    await ok(approve(at("planning"), 1))
    const jobs = async () => (await ok(admin<{ items: Job[] }>("GET", `/api/jobs?ticketId=${id}`))).items
    const [job] = await until("the execution", async () => ((await jobs()).length > 0 ? jobs() : null))
    if (!job) throw new Error("no job")
    await finish(job, { status: "failed", failure: { kind: "agent-failed", step: "run-agent" } })
    expect(await ok(approve(at("planning"), 1))).toMatchObject({ state: "approved" })
    expect(await jobs()).toHaveLength(1)
  })

  it("by a second person, where that is asked for: neither the author nor who started the job that wrote it", async () => {
    expect((await member("PATCH", "/api/settings", { requireSecondApprover: true })).status).toBe(403)
    expect(await ok(admin("PATCH", "/api/settings", { requireSecondApprover: true }))).toMatchObject({
      requireSecondApprover: true,
      paused: false,
    })
    try {
      const { at } = await newTicket()
      const path = at("research")
      const written = await put(path, "# by the admin", 0)
      const own = await admin("PUT", `${path}/approval`, { state: "approved", revision: 1 })
      expect([own.status, own.body.error]).toMatchObject([403, { code: "approval.own", message: expect.stringContaining("somebody else") }])
      await ok(admin("PUT", `${path}/approval`, { state: "requested", revision: 1 }))
      expect((await approve(path, 1)).status).toBe(403)
      expect(await ok(approve(path, 1, member))).toMatchObject({ state: "approved" })
      expect((await approve(path, 1)).status).toBe(200)
      const { job } = await ok(revise(path, "More"))
      await finish(job, wrote("# by the agent, for the admin"))
      const { id: adminId } = await ok(admin<{ id: string }>("GET", "/api/users/me"))
      expect(written.authorId).toBe(adminId)
      expect((await ok(admin<PhaseDocument>("GET", path))).authorId).toBe(adminId)
      expect((await approve(path, 2)).body).toMatchObject({ error: { code: "approval.own" } })
      await put(path, "# by the member", 2, member)
      expect((await approve(path, 3, member)).status).toBe(403)
      expect((await approve(path, 3)).status).toBe(200)
    } finally {
      await ok(admin("PATCH", "/api/settings", { requireSecondApprover: false }))
    }
    expect(await ok(viewer("GET", "/api/settings"))).toMatchObject({ requireSecondApprover: false })
  })
})
