import { createExecutionContext } from "cloudflare:test"
import { beforeAll, describe, expect, it } from "vitest"
import type { Attachment } from "#contract/attachments.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { DocumentComment, Ticket } from "#contract/tickets.ts"
import type { Role } from "#contract/users.ts"
import worker from "../worker.ts"
import { countQuestions } from "./counted-database.ts"
import {
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
  startResearch,
  until,
} from "./harness.ts"

// How often one request asks D1, on every route of the API, with a call that succeeds. A batch is asked once: it is one
// way there and back and one transaction. What objects ask in their own time, and the worker's routes (which never ask
// D1), are not counted.
const MOST = 5

let admin: Caller
let stage: Stage
let token: string
let eagerStage: Stage
let userId: string
let hostId: string
let ticket: Ticket
let documented: Ticket

beforeAll(async () => {
  await setUp()
  ;({ token, id: userId } = await createUser("admin"))
  admin = caller(token)
  hostId = (await connectHost(admin)).id
  stage = await createStage(admin, "Counted")
  eagerStage = await createStage(admin, "Eager", { branchNameTemplate: "work" })
  // Jobs that never start can be ended without anybody's help.
  await ok(admin("PATCH", "/api/settings", { paused: true }))
  ticket = await newTicket()
  documented = await newTicket()
  await write(documented)
  // A token notes its use once a minute; that one write would come and go.
  await env.DB.prepare("UPDATE api_tokens SET last_used_at = ?")
    .bind(Date.now() + 3_600_000)
    .run()
})

interface Drive {
  path?: string
  body?: unknown
  headers?: Record<string, string>
}
const newTicket = () => ok(admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "Counted" }))
const documentOf = ({ id }: Ticket) => `/api/tickets/${id}/phases/research/document`
const write = (of: Ticket, baseRevision = 0) => ok(admin("PUT", documentOf(of), { content: "# R\n\nline", baseRevision }))
const repositoryUrl = "https://forge.test/acme/demo"
const newProject = () => ok(admin<Project>("POST", "/api/projects", { name: `P ${crypto.randomUUID()}`, repositoryUrl }))
const secretBody = () => ({ name: `S_${crypto.randomUUID().replaceAll("-", "").toUpperCase()}`, location: "database", value: "0123456789" })
const templateBody = () => ({ projectId: stage.project.id, name: crypto.randomUUID(), instructions: "Tidy up." })
const newTemplate = async () => (await ok(admin<{ id: string }>("POST", "/api/claws/templates", templateBody()))).id
async function newSchedule(): Promise<string> {
  const body = { templateId: await newTemplate(), name: "s", cron: "@daily" }
  return `/api/claws/schedules/${(await ok(admin<{ id: string }>("POST", "/api/claws/schedules", body))).id}`
}
const newSecret = () => ok(admin<Secret>("POST", "/api/secrets", secretBody()))
const clankerBody = { name: "Counted", deploymentConfig: { computeType: "docker" } }
const newClanker = async () => (await ok(admin<{ id: string }>("POST", "/api/clankers", clankerBody))).id
const newJob = async () => (await startResearch(admin, stage.project.id)).job
async function endedJob(): Promise<Job> {
  const { id } = await newJob()
  await ok(admin("POST", `/api/jobs/${id}/cancellation`, {}))
  return until("the job's end", async () => {
    const job = await ok(admin<Job>("GET", `/api/jobs/${id}`))
    return job.settled ? job : null
  })
}
const newAttachment = () => ok(admin<Attachment>("POST", `/api/tickets/${ticket.id}/attachments`, FILE, FORM))
const FORM = { "content-type": "multipart/form-data; boundary=x" }
const FILE = ["--x", 'Content-Disposition: form-data; name="file"; filename="a.gif"', "", "GIF89a", "--x--", ""].join("\r\n")
const comment = { revision: 1, line: 1, body: "Why?" }
const setupToken = "c".repeat(64)

/** How to make each route succeed; `{id}` and its like are filled by `path`. */
const DRIVES: Record<string, () => Drive | Promise<Drive>> = {
  "GET /api/agents": () => ({}),
  "GET /api/audit": () => ({}),
  "GET /api/usage": async () => ({ path: "/api/usage?groupBy=ticket" }),
  "GET /api/dashboard": async () => {
    const pull = { url: `https://forge.test/acme/demo/pull/${crypto.randomUUID()}`, number: 1, state: "open" }
    await env.DB.prepare("UPDATE tickets SET pull_request = ? WHERE id = ?")
      .bind(JSON.stringify(pull), (await newTicket()).id)
      .run()
    return {}
  },
  "POST /api/setup": async () => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(setupToken))
    const hash = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
    await env.DB.prepare("INSERT INTO setup_links (hash, expires_at) VALUES (?, ?)")
      .bind(hash, Date.now() + 60_000)
      .run()
    const body = { token: setupToken, name: "Ada", email: "ada@example.test", password: "correct horse battery" }
    return { body, headers: { origin: ORIGIN } }
  },
  "GET /api/users/me": () => ({}),
  "GET /api/users": () => ({}),
  "POST /api/users": () => ({ body: { name: "Bo", email: "bo@example.test", password: "correct horse battery" } }),
  "GET /api/users/{id}": () => ({ path: `/api/users/${userId}` }),
  "PATCH /api/users/{id}": async () => ({ path: `/api/users/${(await createUser("member")).id}`, body: { name: "Cy" } }),
  "POST /api/tokens": () => ({ body: { name: "t", scopes: ["read"] } }),
  "GET /api/tokens": () => ({}),
  "DELETE /api/tokens/{id}": async () => {
    const made = await ok(admin<{ id: string }>("POST", "/api/tokens", { name: "t", scopes: ["read"] }))
    return { path: `/api/tokens/${made.id}` }
  },
  "POST /api/secrets": () => ({ body: secretBody() }),
  "GET /api/secrets": () => ({}),
  "GET /api/secrets/{id}": () => ({ path: `/api/secrets/${stage.secret.id}` }),
  "PUT /api/secrets/{id}": () => ({ path: `/api/secrets/${stage.secret.id}`, body: { value: "a newer value" } }),
  "DELETE /api/secrets/{id}": async () => ({ path: `/api/secrets/${(await newSecret()).id}` }),
  "POST /api/hosts": () => ({ body: { name: "another" } }),
  "GET /api/hosts": () => ({}),
  "GET /api/hosts/{id}": () => ({ path: `/api/hosts/${hostId}` }),
  "DELETE /api/hosts/{id}": async () => ({
    path: `/api/hosts/${(await ok(admin<{ id: string }>("POST", "/api/hosts", { name: "gone" }))).id}`,
  }),
  "POST /api/clankers": () => ({ body: clankerBody }),
  "GET /api/clankers": () => ({}),
  "GET /api/clankers/{id}": () => ({ path: `/api/clankers/${stage.clanker.id}` }),
  "PATCH /api/clankers/{id}": async () => ({ path: `/api/clankers/${await newClanker()}`, body: { agentSettings: { model: "m" } } }),
  "DELETE /api/clankers/{id}": async () => ({ path: `/api/clankers/${await newClanker()}` }),
  "GET /api/clankers/{id}/revisions": () => ({ path: `/api/clankers/${stage.clanker.id}/revisions` }),
  "GET /api/clankers/{id}/revisions/{n}": () => ({ path: `/api/clankers/${stage.clanker.id}/revisions/1` }),
  "POST /api/clankers/{id}/copies": () => ({ path: `/api/clankers/${stage.clanker.id}/copies`, body: {} }),
  "POST /api/clankers/{id}/self-tests": () => ({
    path: `/api/clankers/${stage.clanker.id}/self-tests`,
    body: { projectId: stage.project.id },
  }),
  "PUT /api/clankers/{id}/deployment": async () => ({ path: `/api/clankers/${await newClanker()}/deployment`, body: {} }),
  "GET /api/clankers/{id}/deployment": () => ({ path: `/api/clankers/${stage.clanker.id}/deployment` }),
  "DELETE /api/clankers/{id}/deployment": async () => ({
    path: `/api/clankers/${(await createStage(admin, "Stopped")).clanker.id}/deployment`,
  }),
  "POST /api/projects": () => ({ body: { name: "New", repositoryUrl } }),
  "GET /api/projects": () => ({}),
  "GET /api/projects/{id}": () => ({ path: `/api/projects/${stage.project.id}` }),
  "PATCH /api/projects/{id}": () => ({ path: `/api/projects/${stage.project.id}`, body: { name: "Renamed" } }),
  "DELETE /api/projects/{id}": async () => ({ path: `/api/projects/${(await newProject()).id}` }),
  "GET /api/projects/{id}/members": () => ({ path: `/api/projects/${stage.project.id}/members` }),
  "PUT /api/projects/{id}/members/{userId}": () => ({
    path: `/api/projects/${stage.project.id}/members/${userId}`,
    body: { role: "admin" },
  }),
  "DELETE /api/projects/{id}/members/{userId}": async () => {
    const path = `/api/projects/${stage.project.id}/members/${(await createUser("member")).id}`
    await ok(admin("PUT", path, { role: "viewer" }))
    return { path }
  },
  "GET /api/projects/{id}/settings": () => ({ path: `/api/projects/${stage.project.id}/settings` }),
  "GET /api/projects/{id}/readiness": () => ({ path: `/api/projects/${stage.project.id}/readiness` }),
  "POST /api/projects/branch-preview": () => ({ body: { template: "work/{{ticket}}", ticket: "WEB-1", clanker: "c" } }),
  "POST /api/claws/templates": () => ({ body: templateBody() }),
  "GET /api/claws/templates": () => ({}),
  "GET /api/claws/templates/{id}": async () => ({ path: `/api/claws/templates/${await newTemplate()}` }),
  "PATCH /api/claws/templates/{id}": async () => ({ path: `/api/claws/templates/${await newTemplate()}`, body: { description: "x" } }),
  "DELETE /api/claws/templates/{id}": async () => ({ path: `/api/claws/templates/${await newTemplate()}` }),
  "POST /api/claws/schedules": async () => ({ body: { templateId: await newTemplate(), name: "s", cron: "@daily" } }),
  "GET /api/claws/schedules": () => ({}),
  "POST /api/claws/schedules/preview": () => ({ body: { cron: "@daily" } }),
  "GET /api/claws/schedules/{id}": async () => ({ path: await newSchedule() }),
  "PATCH /api/claws/schedules/{id}": async () => ({ path: await newSchedule(), body: { enabled: false } }),
  "DELETE /api/claws/schedules/{id}": async () => ({ path: await newSchedule() }),
  "POST /api/claws/schedules/{id}/executions": async () => ({ path: `${await newSchedule()}/executions` }),
  "GET /api/claws/schedules/{id}/executions": async () => ({ path: `${await newSchedule()}/executions` }),
  "GET /api/prompts": () => ({}),
  "GET /api/prompts/{key}": () => ({ path: `/api/prompts/ticket_research?projectId=${stage.project.id}` }),
  "PUT /api/prompts/{key}": () => ({
    path: `/api/prompts/ticket_research?projectId=${stage.project.id}`,
    body: { template: "Look: {{ticketTitle}}" },
  }),
  "DELETE /api/prompts/{key}": () => ({ path: `/api/prompts/ticket_research?projectId=${stage.project.id}` }),
  "POST /api/prompts/{key}/preview": () => ({ path: "/api/prompts/ticket_research/preview", body: { ticketId: ticket.id } }),
  "POST /api/tickets": () => ({ body: { projectId: stage.project.id, title: "New" } }),
  "GET /api/tickets": () => ({ path: `/api/tickets?projectId=${stage.project.id}&status=open&q=counted` }),
  "POST /api/tickets/archivals": async () => ({ body: { ids: [(await newTicket()).id, (await newTicket()).key, (await newTicket()).id] } }),
  "GET /api/tickets/{id}": () => ({ path: `/api/tickets/${ticket.key}` }),
  "PATCH /api/tickets/{id}": () => ({ path: `/api/tickets/${ticket.id}`, body: { title: "Renamed" } }),
  "DELETE /api/tickets/{id}": async () => ({ path: `/api/tickets/${(await newTicket()).id}` }),
  "POST /api/tickets/{id}/attachments": () => ({ path: `/api/tickets/${ticket.id}/attachments`, body: FILE, headers: FORM }),
  "GET /api/tickets/{id}/attachments": () => ({ path: `/api/tickets/${ticket.id}/attachments` }),
  "DELETE /api/tickets/{id}/attachments/{attachmentId}": async () => ({
    path: `/api/tickets/${ticket.id}/attachments/${(await newAttachment()).id}`,
  }),
  "GET /api/tickets/{id}/timeline": () => ({ path: `/api/tickets/${ticket.id}/timeline` }),
  "PUT /api/tickets/{id}/override": async () => ({ path: `/api/tickets/${(await newTicket()).id}/override`, body: { reason: "because" } }),
  "POST /api/tickets/{id}/phases/{phase}/runs": async () => ({
    path: `/api/tickets/${(await newTicket()).id}/phases/research/runs`,
    body: {},
  }),
  "GET /api/tickets/{id}/phases/{phase}/document": () => ({ path: documentOf(documented) }),
  "PUT /api/tickets/{id}/phases/{phase}/document": async () => ({
    path: documentOf(await newTicket()),
    body: { content: "# R", baseRevision: 0 },
  }),
  "POST /api/tickets/{id}/phases/{phase}/document/revisions": async () => {
    const own = await newTicket()
    await write(own)
    return { path: `${documentOf(own)}/revisions`, body: { feedback: "more" } }
  },
  "GET /api/tickets/{id}/phases/{phase}/document/revisions/{n}": () => ({ path: `${documentOf(documented)}/revisions/1` }),
  "POST /api/tickets/{id}/phases/{phase}/document/comments": () => ({ path: `${documentOf(documented)}/comments`, body: comment }),
  "GET /api/tickets/{id}/phases/{phase}/document/comments": () => ({ path: `${documentOf(documented)}/comments` }),
  "PATCH /api/tickets/{id}/phases/{phase}/document/comments/{commentId}": async () => {
    const { id } = await ok(admin<DocumentComment>("POST", `${documentOf(documented)}/comments`, comment))
    return { path: `${documentOf(documented)}/comments/${id}`, body: { status: "resolved" } }
  },
  "DELETE /api/tickets/{id}/phases/{phase}/document/comments/{commentId}": async () => {
    const { id } = await ok(admin<DocumentComment>("POST", `${documentOf(documented)}/comments`, comment))
    return { path: `${documentOf(documented)}/comments/${id}` }
  },
  "PUT /api/tickets/{id}/phases/{phase}/document/approval": async () => {
    const own = await newTicket()
    await write(own)
    return { path: `${documentOf(own)}/approval`, body: { state: "approved", revision: 1 } }
  },
  "DELETE /api/tickets/{id}/phases/{phase}/document/approval": async () => {
    const own = await newTicket()
    await write(own)
    await ok(admin("PUT", `${documentOf(own)}/approval`, { state: "approved", revision: 1 }))
    return { path: `${documentOf(own)}/approval` }
  },
  "GET /api/jobs": () => ({}),
  "GET /api/jobs/{id}": async () => ({ path: `/api/jobs/${(await newJob()).id}` }),
  "DELETE /api/jobs/{id}": async () => ({ path: `/api/jobs/${(await endedJob()).id}` }),
  "GET /api/jobs/{id}/prompt": async () => ({ path: `/api/jobs/${(await newJob()).id}/prompt` }),
  "POST /api/jobs/{id}/cancellation": async () => ({ path: `/api/jobs/${(await newJob()).id}/cancellation`, body: {} }),
  "POST /api/jobs/{id}/retries": async () => ({ path: `/api/jobs/${(await endedJob()).id}/retries`, body: {} }),
  "GET /api/jobs/{id}/events": async () => ({ path: `/api/jobs/${(await newJob()).id}/events` }),
  "GET /api/jobs/{id}/artifacts": async () => ({ path: `/api/jobs/${(await newJob()).id}/artifacts` }),
  "GET /api/settings": () => ({}),
  "PATCH /api/settings": () => ({ body: { maxConcurrency: 1000 } }),
  "POST /api/settings/aws-checks": () => ({ body: {} }),
  "POST /api/settings/ticks": () => ({ body: {} }),
}

/** Calls of these routes that have more to find out. */
const HARDER: Record<string, () => Promise<Drive>> = {
  "POST /api/tickets/{id}/phases/{phase}/runs of the first execution": async () => {
    const { id } = await newTicket()
    await ok(admin("PUT", `/api/tickets/${id}/override`, { reason: "because" }))
    return { path: `/api/tickets/${id}/phases/execution/runs`, body: { clankerId: stage.clanker.id } }
  },
  "POST /api/tickets of another system": async () => ({ body: external(crypto.randomUUID()) }),
  "POST /api/tickets of another system again": async () => {
    const body = external(crypto.randomUUID())
    await ok(admin("POST", "/api/tickets", body))
    return { body: { ...body, title: "Newer" } }
  },
  "POST /api/tickets that starts by itself": () => born(eager(true)),
  "POST /api/tickets that starts by itself in execution": () => born(eager(true), inExecution),
  "POST /api/tickets of another system that starts by itself in execution": () =>
    born(eager(true), { ...inExecution, externalId: crypto.randomUUID() }),
  "POST /api/tickets whose start is refused": async () => born(eager(true, await newClanker())),
  "PUT /api/tickets/{id}/phases/{phase}/document/approval that starts execution": () => planned(),
  "PUT /api/tickets/{id}/phases/{phase}/document/approval whose start is refused": async () => planned({ clanker: await newClanker() }),
  "PUT /api/tickets/{id}/phases/{phase}/document/approval under an execution": () =>
    planned({ ticket: { ...inExecution, labels: ["go"] } }),
  "PATCH /api/tickets/{id} into the archive": async () => ({ path: `/api/tickets/${(await newTicket()).id}`, body: { archived: true } }),
  "PATCH /api/tickets/{id}/phases/{phase}/document/comments/{commentId} in other words": async () => {
    const { id } = await ok(admin<DocumentComment>("POST", `${documentOf(documented)}/comments`, comment))
    return { path: `${documentOf(documented)}/comments/${id}`, body: { body: "Why not?" } }
  },
  "PATCH /api/tickets/{id}/phases/{phase}/document/comments/{commentId} open again": async () => {
    const { id } = await ok(admin<DocumentComment>("POST", `${documentOf(documented)}/comments`, comment))
    const path = `${documentOf(documented)}/comments/${id}`
    await ok(admin("PATCH", path, { status: "resolved" }))
    return { path, body: { status: "open" } }
  },
  "POST /api/prompts/{key}/preview of a project's template": async () => {
    const path = `/api/prompts/ticket_research/preview?projectId=${stage.project.id}`
    return { path, body: { ticketId: ticket.id } }
  },
  "POST /api/clankers with secrets and files": async () => ({ body: { ...clankerBody, ...(await withSecrets()) } }),
  "PATCH /api/clankers/{id} with secrets and files": async () => ({
    path: `/api/clankers/${await newClanker()}`,
    body: await withSecrets(),
  }),
  "POST /api/projects that names what there is": async () => ({
    body: { name: "All", repositoryUrl, visibility: "members", ...(await naming()) },
  }),
  "PATCH /api/projects/{id} that names what there is": async () => ({
    path: `/api/projects/${(await newProject()).id}`,
    body: { visibility: "members", ...(await naming()) },
  }),
  "GET /api/projects/{id}/readiness with a clanker for each phase": async () => {
    const [research, planning] = [await newClanker(), await newClanker()]
    const body = { name: "Ready", repositoryUrl, ...(await naming()) }
    const { id } = await ok(admin<Project>("POST", "/api/projects", { ...body, phaseClankers: { research, planning } }))
    return { path: `/api/projects/${id}/readiness` }
  },
  "DELETE /api/projects/{id} with a secret": async () => {
    const { id } = await newProject()
    await ok(admin("POST", "/api/secrets", { ...secretBody(), projectId: id }))
    return { path: `/api/projects/${id}` }
  },
  "PUT /api/tickets/{id}/phases/{phase}/document/approval of a plan": async () => {
    const path = `/api/tickets/${(await newTicket()).id}/phases/planning/document`
    await ok(admin("PUT", path, { content: "# Plan", baseRevision: 0 }))
    return { path: `${path}/approval`, body: { state: "approved", revision: 1 } }
  },
}
/** The project that starts work by itself, on a branch whose name other tickets have taken. */
const eager = async (onCreate: boolean, defaultClankerId = eagerStage.clanker.id) =>
  ok(admin<Project>("PATCH", `/api/projects/${eagerStage.project.id}`, { defaultClankerId, autoStart: { ...STARTS, onCreate } }))
const STARTS = { onCreate: true, labels: ["go"], onApproval: true }
const inExecution = { startingPhase: "execution", overrideReason: "because" }
const born = async (project: Promise<Project>, over: object = {}) => ({
  body: { projectId: (await project).id, title: "Eager", ...over },
})
/** The approval of a plan in a project that starts execution then. */
async function planned({ ticket: over = {}, clanker }: { ticket?: object; clanker?: string } = {}): Promise<Drive> {
  const { id: projectId } = await eager(false, clanker)
  const { id } = await ok(admin<Ticket>("POST", "/api/tickets", { projectId, title: "Planned", ...over }))
  const path = `/api/tickets/${id}/phases/planning/document`
  // By hand: under a later job nobody may write it.
  await env.DB.batch([
    env.DB.prepare(
      "INSERT INTO document_revisions (ticket_id, phase, n, source, content, at) VALUES (?, 'planning', 1, 'manual', '# P', 0)",
    ).bind(id),
    env.DB.prepare(
      "INSERT INTO phase_documents (ticket_id, phase, state, revision, updated_at) VALUES (?, 'planning', 'draft', 1, 0)",
    ).bind(id),
  ])
  return { path: `${path}/approval`, body: { state: "approved", revision: 1 } }
}
const naming = async () => ({
  defaultClankerId: stage.clanker.id,
  phaseClankers: { execution: stage.clanker.id },
  scm: { provider: "github", secretId: (await newSecret()).id },
})
const withSecrets = async () => ({ secretIds: [(await newSecret()).id], files: [{ path: "AGENTS.md", content: "# Be brief" }] })
const external = (externalId: string) => ({ projectId: stage.project.id, title: "From elsewhere", externalId })

/** Those that somebody else than the admin can succeed with. */
const THEIRS = Object.keys(HARDER).filter((name) => !/projects|clankers|other words/.test(name))

/** Somebody new, signed in. */
async function cookieOf(role: Role): Promise<string> {
  const person = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  await ok(admin("POST", "/api/users", { ...person, name: "In a browser", role }))
  const signedIn = await caller(null)("POST", "/api/auth/sign-in/email", person, {
    origin: ORIGIN,
    "cf-connecting-ip": crypto.randomUUID(),
  })
  return (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
}

async function drive(name: string, as = token): Promise<string[]> {
  const [method = "", template = ""] = name.split(" ")
  const { path = template, body, headers = {} } = (await (DRIVES[name] ?? HARDER[name])?.()) ?? {}
  const { database, questions } = countQuestions(env.DB)
  const response = await worker.fetch(
    new Request(ORIGIN + path, {
      method,
      headers: {
        ...(template === "/api/setup" ? {} : as.startsWith("vg_") ? { authorization: `Bearer ${as}` } : { cookie: as, origin: ORIGIN }),
        "content-type": "application/json",
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    }),
    { ...env, DB: database },
    createExecutionContext(),
  )
  expect(response.status, await response.text()).toBeLessThan(300)
  return questions
}

describe("a request's questions to the database", () => {
  it("are counted on every route there is", async () => {
    const { paths } = await ok(admin<{ paths: Record<string, Record<string, unknown>> }>("GET", "/api/openapi.json"))
    const declared = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(Object.keys(DRIVES).toSorted()).toEqual(declared.toSorted())
  })

  it.each(Object.keys({ ...DRIVES, ...HARDER }))("are few: %s", async (name) => {
    const questions = await drive(name)
    expect(questions.length, questions.join("\n")).toBeLessThanOrEqual(MOST)
    if (/starts|start is refused/.test(name)) expect(questions.some((one) => one.includes('insert into "jobs"'))).toBe(/starts/.test(name))
  })

  it.each(THEIRS)("are no more for a member: %s", async (name) => {
    const { token: theirs } = await createUser("member")
    await env.DB.prepare("UPDATE api_tokens SET last_used_at = ?")
      .bind(Date.now() + 3_600_000)
      .run()
    const questions = await drive(name, theirs)
    expect(questions.length, questions.join("\n")).toBeLessThanOrEqual(MOST)
  })

  it.each(THEIRS)("are no more for a member in a browser: %s", async (name) => {
    const questions = await drive(name, await cookieOf("member"))
    expect(questions.length, questions.join("\n")).toBeLessThanOrEqual(MOST)
  })

  it("do not grow with the length of a list", async () => {
    const before = await Promise.all(LISTS.map((name) => drive(name)))
    for (let more = 0; more < 3; more++) {
      await startResearch(admin, stage.project.id)
      await Promise.all([newProject(), newSecret(), newClanker(), ok(admin("POST", "/api/hosts", { name: `h${more}` }))])
    }
    const after = await Promise.all(LISTS.map((name) => drive(name)))
    expect(after.map((questions) => questions.length)).toEqual(before.map((questions) => questions.length))
  })
})
const LISTS = [
  "agents",
  "dashboard",
  "users",
  "tokens",
  "secrets",
  "hosts",
  "clankers",
  "projects",
  "prompts",
  "tickets",
  "jobs",
  "claws/templates",
  "claws/schedules",
].map((noun) => `GET /api/${noun}`)
