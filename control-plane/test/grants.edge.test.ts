import { beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { Member, Project } from "#contract/projects.ts"
import type { Ticket } from "#contract/tickets.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  ok,
  ORIGIN,
  send,
  setUp,
  type Stage,
  startResearch,
  until,
} from "./harness.ts"

let admin: Caller
let stage: Stage
let ticket: Ticket
let job: Job
let prompt: string
const CLAWS = ["/api/claws/templates", "/api/claws/schedules"]
const claws: Record<string, string> = {}
const tokens: Record<string, { id: string; token: string }> = {}
const as = (who: string): Caller => caller(tokens[who]?.token ?? null)
type Items = { items: { id: string; key?: string }[] }

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  await connectHost(admin)
  stage = await createStage(admin, "Secret garden")
  ;({ ticket, job } = await startResearch(admin, stage.project.id, "Prune the roses"))
  await ok(admin("PUT", `/api/prompts/ticket_research?projectId=${stage.project.id}`, { template: "Look: {{ticketTitle}}" }))
  const template = { projectId: stage.project.id, name: "Weed", instructions: "Weed the garden." }
  const { id: templateId } = await ok(admin<{ id: string }>("POST", "/api/claws/templates", template))
  const schedule = await ok(admin<{ id: string }>("POST", "/api/claws/schedules", { templateId, name: "Daily", cron: "@daily" }))
  Object.assign(claws, { "claws/templates": templateId, "claws/schedules": schedule.id })
  prompt = `/api/prompts/ticket_research?projectId=${stage.project.id}`
  for (const [who, role] of [
    ["outsider", "member"],
    ["reader", "member"],
    ["worker", "viewer"],
    ["boss", "viewer"],
  ] as const)
    tokens[who] = await createUser(role)
  await ok(admin("PATCH", `/api/projects/${stage.project.id}`, { visibility: "members" }))
  for (const [who, role] of [
    ["reader", "viewer"],
    ["worker", "member"],
    ["boss", "admin"],
  ])
    await ok(admin("PUT", `/api/projects/${stage.project.id}/members/${tokens[who ?? ""]?.id}`, { role }))
})

/** What each route of a project's things takes when it is well formed; a route that is not here fails the test. */
const BODIES: Record<string, unknown> = {
  "PATCH /api/projects/{id}": { name: "Taken over" },
  "PUT /api/projects/{id}/members/{userId}": { role: "admin" },
  "PATCH /api/tickets/{id}": { title: "Taken over" },
  "PUT /api/tickets/{id}/override": { reason: "because" },
  "POST /api/tickets/{id}/phases/{phase}/runs": {},
  "PUT /api/tickets/{id}/phases/{phase}/document": { content: "x", baseRevision: 0 },
  "POST /api/tickets/{id}/attachments": [
    ...["--x", 'Content-Disposition: form-data; name="file"; filename="a.gif"', "", "GIF89a", "--x--", ""],
  ].join("\r\n"),
  "POST /api/tickets/{id}/phases/{phase}/document/revisions": { feedback: "more" },
  "POST /api/tickets/{id}/phases/{phase}/document/comments": { revision: 1, line: 1, body: "x" },
  "PATCH /api/tickets/{id}/phases/{phase}/document/comments/{commentId}": { status: "resolved" },
  "PUT /api/tickets/{id}/phases/{phase}/document/approval": { state: "requested", revision: 1 },
  "POST /api/jobs/{id}/retries": {},
  "PUT /api/secrets/{id}": { value: "a stolen value" },
  "PATCH /api/claws/templates/{id}": { name: "Taken over" },
  "PATCH /api/claws/schedules/{id}": { enabled: false },
}
const typeOf = (body: unknown): Record<string, string> =>
  typeof body === "string" ? { "content-type": "multipart/form-data; boundary=x" } : {}
const WITHOUT_BODY = new Set([
  "DELETE /api/projects/{id}",
  "DELETE /api/projects/{id}/members/{userId}",
  "DELETE /api/tickets/{id}",
  "DELETE /api/tickets/{id}/attachments/{attachmentId}",
  "DELETE /api/tickets/{id}/phases/{phase}/document/approval",
  "DELETE /api/tickets/{id}/phases/{phase}/document/comments/{commentId}",
  "DELETE /api/jobs/{id}",
  "POST /api/jobs/{id}/cancellation",
  "DELETE /api/secrets/{id}",
  "DELETE /api/claws/templates/{id}",
  "DELETE /api/claws/schedules/{id}",
  "POST /api/claws/schedules/{id}/executions",
])

async function routesOfProjects(): Promise<{ name: string; method: string; path: string }[]> {
  const { paths } = await ok(admin<{ paths: Record<string, Record<string, unknown>> }>("GET", "/api/openapi.json"))
  const ids: Record<string, string> = { projects: stage.project.id, tickets: ticket.id, jobs: job.id, secrets: stage.secret.id, ...claws }
  return Object.entries(paths).flatMap(([template, methods]) => {
    const id = ids[/^\/api\/([\w/]+)\/\{id\}/.exec(template)?.[1] ?? ""]
    if (!id) return []
    const path = template
      .replace("{id}", id)
      .replace("{phase}", "research")
      .replace("{n}", "1")
      .replace("{userId}", tokens["outsider"]?.id ?? "")
      .replace(/\{\w+\}/g, "none")
    return Object.keys(methods).map((method) => ({ name: `${method.toUpperCase()} ${template}`, method: method.toUpperCase(), path }))
  })
}

describe("a project for members", () => {
  it("does not exist for anybody else, on any route", async () => {
    const routes = await routesOfProjects()
    expect(routes.length).toBeGreaterThan(25)
    for (const { name, method, path } of routes) {
      if (method !== "GET" && !WITHOUT_BODY.has(name)) expect(Object.keys(BODIES), name).toContain(name)
      const { status } = await as("outsider")(method, path, BODIES[name], typeOf(BODIES[name]))
      expect(status, name).toBe(404)
    }
    const picture = `/api/tickets/${ticket.id}/attachments/none`
    for (const path of [picture, `/api/jobs/${job.id}/log`, `/api/jobs/${job.id}/live`, `/api/jobs/${job.id}/artifacts/patch.diff`]) {
      const headers = path.endsWith("live") ? { upgrade: "websocket" } : {}
      expect((await as("outsider")("GET", path, undefined, headers)).status, path).toBe(404)
    }
  })

  it("is only read by whom it knows as a viewer, whatever their role in the installation", async () => {
    for (const { name, method, path } of await routesOfProjects()) {
      const { status } = await as("reader")(method, path, BODIES[name], typeOf(BODIES[name]))
      if (method === "GET") expect([200, 404], name).toContain(status)
      else expect(status, name).toBe(403)
    }
    expect((await as("reader")("PUT", prompt, { template: "x" })).status).toBe(403)
    expect((await as("reader")("POST", "/api/tickets/archivals", { ids: [ticket.id] })).status).toBe(403)
    expect((await as("reader")("POST", "/api/tickets", { projectId: stage.project.id, title: "x" })).status).toBe(403)
  })

  it("shows in no list of theirs, and in those of its members", async () => {
    const seen = async (who: string, path: string) => JSON.stringify(await ok(as(who)<unknown>("GET", path))).includes(stage.project.id)
    for (const path of ["/api/projects", "/api/tickets", "/api/jobs", "/api/secrets", "/api/dashboard", ...CLAWS]) {
      expect(await seen("outsider", path), path).toBe(false)
      expect(await seen("reader", path), path).toBe(true)
    }
    for (const path of [prompt, `/api/tickets?projectId=${stage.project.id}`]) {
      const { status, body } = await as("outsider")<Items>("GET", path)
      expect(status === 422 || body.items.length === 0, path).toBe(true)
    }
    expect((await as("outsider")("POST", "/api/tickets", { projectId: stage.project.id, title: "x" })).status).toBe(422)
    expect((await as("outsider")("POST", "/api/tickets/archivals", { ids: [ticket.id] })).status).toBe(422)
    expect((await as("outsider")("POST", "/api/prompts/ticket_research/preview", { ticketId: ticket.id })).status).toBe(404)
  })

  it("is worked in by a member's grant, and nowhere else by it", async () => {
    const made = await ok(as("worker")<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "Water the roses" }))
    expect((await as("worker")("PATCH", `/api/tickets/${made.id}`, { title: "Water them" })).status).toBe(200)
    const elsewhere = await ok(
      admin<Project>("POST", "/api/projects", { name: "Open field", repositoryUrl: "https://forge.test/acme/field" }),
    )
    const theirs = await ok(admin<Ticket>("POST", "/api/tickets", { projectId: elsewhere.id, title: "Mow" }))
    expect((await as("worker")("PATCH", `/api/tickets/${theirs.id}`, { title: "x" })).status).toBe(403)
    expect((await as("worker")("PATCH", `/api/projects/${elsewhere.id}`, { name: "x" })).status).toBe(403)
    expect((await as("worker")("POST", "/api/projects", { name: "Mine", repositoryUrl: "https://forge.test/acme/mine" })).status).toBe(403)
    expect((await as("worker")("PUT", "/api/prompts/ticket_research", { template: "x" })).status).toBe(403)
  })

  it("is run by its own admins: members and visibility are nobody else's", async () => {
    const members = `/api/projects/${stage.project.id}/members`
    const outsider = tokens["outsider"]?.id
    expect((await as("worker")("PUT", `${members}/${outsider}`, { role: "viewer" })).status).toBe(403)
    expect((await as("worker")("PATCH", `/api/projects/${stage.project.id}`, { visibility: "everyone" })).status).toBe(403)
    expect(await ok(as("boss")("PUT", `${members}/${outsider}`, { role: "viewer" }))).toMatchObject({ userId: outsider, role: "viewer" })
    expect((await as("outsider")("GET", `/api/tickets/${ticket.key}`)).status).toBe(200)
    const { items } = await ok(as("boss")<{ items: Member[] }>("GET", members))
    expect(items.map(({ role }) => role)).toEqual(["admin", "viewer", "member", "admin", "viewer"])
    expect((await as("boss")("DELETE", `${members}/${outsider}`)).status).toBe(204)
    expect((await as("boss")("DELETE", `${members}/${outsider}`)).status).toBe(404)
    expect((await as("outsider")("GET", `/api/tickets/${ticket.key}`)).status).toBe(404)
    expect((await as("boss")("PUT", `${members}/usr_${"0".repeat(32)}`, { role: "viewer" })).status).toBe(404)
  })

  it("tells each caller what they may do there", async () => {
    const path = `/api/projects/${stage.project.id}`
    const roleOf = async (ask: Caller) => (await ok(ask<Project>("GET", path))).role
    expect(await roleOf(admin)).toBe("admin")
    expect(await Promise.all(["reader", "worker", "boss"].map((who) => roleOf(as(who))))).toEqual(["viewer", "member", "admin"])
    const { items } = await ok(as("worker")<{ items: Project[] }>("GET", "/api/projects"))
    expect(items.find(({ id }) => id === stage.project.id)?.role).toBe("member")
    expect(new Set(items.filter(({ id }) => id !== stage.project.id).map(({ role }) => role))).toEqual(new Set(["viewer"]))
    expect(await ok(as("worker")("PATCH", path, { agentInstructions: "Mind the thorns." }))).toMatchObject({ role: "member" })
  })

  it("belongs to the member who made it", async () => {
    const body = { name: "A bed of one's own", repositoryUrl: "https://forge.test/acme/bed", visibility: "members" }
    const { id, role } = await ok(as("outsider")<Project>("POST", "/api/projects", body))
    expect(role).toBe("admin")
    expect((await as("outsider")("GET", `/api/projects/${id}`)).status).toBe(200)
    expect((await as("reader")("GET", `/api/projects/${id}`)).status).toBe(404)
  })

  it("is spoken of in the feed to members alone", async () => {
    const open = async (who: string) => {
      const headers = { upgrade: "websocket", authorization: `Bearer ${tokens[who]?.token}` }
      const { webSocket } = await send(new Request(`${ORIGIN}/api/feed`, { headers }))
      if (!webSocket) throw new Error("the feed was refused")
      const heard: string[] = []
      webSocket.addEventListener("message", ({ data }) => void heard.push(String(data)))
      webSocket.accept()
      return heard
    }
    const [inside, outside] = await Promise.all([open("reader"), open("outsider")])
    const other = await ok(admin<Project>("POST", "/api/projects", { name: "Next door", repositoryUrl: "https://forge.test/acme/door" }))
    await ok(admin("PATCH", `/api/tickets/${ticket.id}`, { severity: "high" }))
    await ok(admin("PATCH", `/api/projects/${other.id}`, { name: "Next gate" }))
    const both = (heard: string[]) => heard.filter((line) => line.includes(other.id)).length === 2
    await until("what follows", () => both(inside) && both(outside))
    expect(inside.some((line) => line.includes(ticket.id))).toBe(true)
    expect(outside.filter((line) => line.includes(stage.project.id))).toEqual([])

    // Whom a project opens to or closes on hears so, and nothing more.
    const heard = () => outside.filter((line) => line.includes(stage.project.id)).length
    const member = `/api/projects/${stage.project.id}/members/${tokens["outsider"]?.id}`
    await ok(admin("PUT", member, { role: "viewer" }))
    await until("the grant", () => heard() === 1)
    expect((await admin("DELETE", member)).status).toBe(204)
    await until("its end", () => heard() === 2)
    await ok(admin("PATCH", `/api/projects/${other.id}`, { visibility: "members" }))
    await until("the closed door", () => outside.filter((line) => line.includes(other.id)).length === 3)
    await ok(admin("PATCH", `/api/projects/${other.id}`, { name: "Next hedge" }))
    await ok(admin("PATCH", `/api/tickets/${ticket.id}`, { severity: "low" }))
    await until("what members hear", () => inside.filter((line) => line.includes(ticket.id)).length >= 2)
    expect(outside.filter((line) => line.includes(other.id))).toHaveLength(3)
    expect(heard()).toBe(2)
  })
})
