import { createExecutionContext } from "cloudflare:test"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import type { ErrorReply } from "#contract/errors.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import { overrides } from "../context.ts"
import worker from "../worker.ts"
import { ON_ECS, SEEDS, withoutCluster } from "./fake-aws.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  logged,
  ok,
  ORIGIN,
  send,
  setUp,
  type Stage,
  until,
} from "./harness.ts"
import { overheard } from "./counted-database.ts"
import { ROUTES } from "./route-rules.ts"

let admin: Caller
let adminToken: string
let stage: Stage
const callers: Record<string, Caller> = {}

beforeAll(async () => {
  await setUp()
  adminToken = (await createUser("admin")).token
  admin = caller(adminToken)
  await connectHost(admin)
  stage = await createStage(admin, "Routes")
  Object.assign(callers, {
    nobody: caller(null),
    "a stranger's token": caller(`vg_${"0".repeat(64)}`),
    viewer: caller((await createUser("viewer")).token),
    "member, read scope": caller((await createUser("member", ["read"])).token),
    member: caller((await createUser("member", ["read", "write"])).token),
    "admin, write scope": caller((await createUser("admin", ["read", "write"])).token),
    admin,
  })
})

const MAY: Record<string, readonly string[]> = {
  read: ["viewer", "member, read scope", "member", "admin, write scope", "admin"],
  write: ["member", "admin, write scope", "admin"],
  admin: ["admin"],
}

const fail = () => Promise.reject(new Error("the disk is on fire"))

describe("every route × every kind of caller", () => {
  it("is in the hand-written list", async () => {
    const { body } = await admin<{ paths: Record<string, Record<string, unknown>> }>("GET", "/api/openapi.json")
    const declared = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(declared.toSorted()).toEqual(Object.keys(ROUTES).toSorted())
  })

  it.each(Object.entries(ROUTES))("%s is for %s", async (name, rule) => {
    const [method = "", template = ""] = name.split(" ")
    const filled = template
      .replace("{phase}", "research")
      .replace("{key}", "ticket_research")
      .replace("{n}", "1")
      .replace("{id}", "nothing_here")
    const path = template.includes("/prompts/") ? `${filled}?projectId=${stage.project.id}` : filled
    for (const [who, call] of Object.entries(callers)) {
      const { status } = await call(method, path, method === "GET" ? undefined : { "not a field": 1 })
      const shut = rule !== "public" && !(MAY[rule] ?? []).includes(who)
      if (rule !== "public") expect([401, 403].includes(status), `${who}: ${status}`).toBe(shut)
      expect(status, who).not.toBe(500)
    }
  })
})

describe("what is not in the document", () => {
  beforeAll(() => void (overrides.variables = { AWS_EVENTS_KEYS: JSON.stringify(["k".repeat(32)]) }))
  afterAll(() => void delete overrides.variables)

  it.each([
    ["GET", "/api/jobs/job_000000000000/live"],
    ["GET", "/api/jobs/job_000000000000/log"],
    ["GET", "/api/jobs/job_000000000000/artifacts/patch.diff"],
    ["GET", "/api/tickets/tkt_000000000000/attachments/att_000000000000"],
    ["GET", "/api/feed"],
    ["GET", "/api/hosts/connection"],
    ["POST", "/worker/v1/jobs/job_000000000000/claim"],
    ["POST", "/worker/v1/jobs/job_000000000000/events"],
    ["POST", "/worker/v1/jobs/job_000000000000/result"],
    ["POST", "/worker/v1/jobs/job_000000000000/credentials"],
    ["PUT", "/worker/v1/jobs/job_000000000000/artifacts/patch.diff"],
    ["GET", "/worker/v1/jobs/job_000000000000/attachments/att_000000000000"],
    ["GET", "/worker/v1/jobs/job_000000000000/resume/checkpoint"],
    ["POST", "/hooks/aws"],
  ])("%s %s lets nobody in without its own token", async (method, path) => {
    const body = method === "GET" ? undefined : {}
    expect((await caller(null)(method, path, body)).status).toBe(401)
    expect((await caller("vg_nonsense")(method, path, body)).status).toBe(401)
  })
})

describe("what is refused", () => {
  it("an unknown API path, as JSON", async () => {
    const { status, body, headers } = await admin("GET", "/api/nothing/here")
    expect(status).toBe(404)
    expect(body.error).toMatchObject({ code: "not-found", requestId: headers.get("x-request-id") })
  })

  it("a body that is not JSON with 400, a wrong one with 422 and a sentence for each field, an oversize one with 413", async () => {
    expect((await admin("POST", "/api/projects", "{")).body.error.code).toBe("request.malformed")
    const wrong = await admin("POST", "/api/projects", {
      name: "",
      repositoryUrl: "https://user:pass@forge.test/x",
      branchNameTemplate: "{{ nobody }}",
      surprise: 1,
    })
    expect(wrong.status).toBe(422)
    expect(wrong.body.error.detail?.["fields"]).toMatchObject({
      name: "must not be empty",
      repositoryUrl: expect.stringContaining("credentials"),
      branchNameTemplate: expect.stringContaining('unknown token "nobody"'),
      surprise: "is not a field here",
    })
    expect(
      (await admin("POST", "/api/tickets", { projectId: stage.project.id, title: "x", description: "x".repeat(1_100_000) })).status,
    ).toBe(413)
    expect(
      (await admin("POST", "/api/tickets", { projectId: stage.project.id, title: "x", description: "x".repeat(110_000) })).status,
    ).toBe(422)
  })

  it("files of a clanker outside their folder, by path", async () => {
    const files = [{ path: "skills/../../etc/passwd.md", content: "x" }]
    const { status, body } = await admin("POST", "/api/clankers", { name: "x", deploymentConfig: { computeType: "docker" }, files })
    expect(status).toBe(422)
    expect(Object.keys(body.error.detail?.["fields"] ?? {})).toEqual(["files.0.path"])
  })

  it("everything, with the list of what is missing, when the configuration is incomplete", async () => {
    const response = await worker.fetch(
      new Request(`${ORIGIN}/health`),
      { ...env, MASTER_KEYS: "", PUBLIC_URL: "" },
      createExecutionContext(),
    )
    expect(response.status).toBe(503)
    expect(await response.json<ErrorReply>()).toMatchObject({
      error: {
        code: "config.invalid",
        detail: { problems: [expect.stringMatching(/^PUBLIC_URL/), expect.stringMatching(/^MASTER_KEYS/)] },
      },
    })
  })
})

describe("idempotency", () => {
  it("gives a repeat the first answer and another body 409", async () => {
    const body = { projectId: stage.project.id, title: "Once" }
    const key = { "idempotency-key": "key-1" }
    const first = await admin<Ticket>("POST", "/api/tickets", body, key)
    const second = await admin<Ticket>("POST", "/api/tickets", body, key)
    expect([first.status, second.status]).toEqual([201, 201])
    expect(second.body.id).toBe(first.body.id)
    expect((await admin("POST", "/api/tickets", { ...body, title: "Other" }, key)).body.error.code).toBe("idempotency.conflict")
  })
})

describe("secrets", () => {
  it("are write-only, sealed in their row, rotated, and kept while somebody uses them", async () => {
    const made = await ok(
      admin<Secret>("POST", "/api/secrets", { name: "DEPLOY_KEY", location: "database", value: "canary-value-1234567890" }),
    )
    expect(made).toMatchObject({ name: "DEPLOY_KEY", version: 1, usedBy: [] })
    const row = await env.DB.prepare("SELECT * FROM secrets WHERE id = ?").bind(made.id).first<{ sealed: string }>()
    expect(row?.sealed).toMatch(/^v1\.k1\.[\w-]+\.[\w-]+$/)
    expect(JSON.stringify(row)).not.toContain("canary-value")
    expect(await ok(admin<Secret>("PUT", `/api/secrets/${made.id}`, { value: "canary-value-0987654321" }))).toMatchObject({ version: 2 })
    expect((await admin("POST", "/api/secrets", { name: "DEPLOY_KEY", location: "env" })).body.error.code).toBe("secret.name-taken")
    expect((await admin("POST", "/api/secrets", { name: "GIT_TOKEN", location: "env" })).status).toBe(422)
    expect((await admin("DELETE", `/api/secrets/${stage.secret.id}`)).body.error).toMatchObject({ code: "secret.in-use" })
    expect((await admin("DELETE", `/api/secrets/${made.id}`)).status).toBe(204)
    expect(logged.join("\n")).not.toContain("canary-value")
  })
})

describe("clankers", () => {
  const docker = { computeType: "docker", containerImage: "viberator-worker:latest", networkMode: "bridge" }
  afterEach(() => {
    delete overrides.fetch
    delete overrides.variables
  })

  it.each([
    ["aws_lambda_container", SEEDS.lambda],
    ["aws_ecs", SEEDS.ecs],
    ["docker", docker],
  ])("take the documented configuration of %s word for word", async (strategy, deploymentConfig) => {
    const made = await ok(admin<Clanker>("POST", "/api/clankers", { name: `A ${strategy}`, deploymentConfig }))
    expect(made).toMatchObject({
      status: "inactive",
      agent: "claude-code",
      strategy,
      deploymentConfig,
      revision: 1,
      acceptsJobs: false,
      changesPending: false,
    })
  })

  it("get a slug of their own, and a new revision by an edit that waits for the next start", async () => {
    const body = { name: "Twin", deploymentConfig: docker }
    const [first, second] = [
      await ok(admin<Clanker>("POST", "/api/clankers", body)),
      await ok(admin<Clanker>("POST", "/api/clankers", body)),
    ]
    expect([first.slug, second.slug]).toEqual(["twin", "twin-2"])
    const edited = await ok(
      admin<Clanker>("PATCH", `/api/clankers/${stage.clanker.id}`, { agentSettings: { model: "other" }, description: "x" }),
    )
    expect(edited).toMatchObject({ revision: 2, deployedRevision: 1, changesPending: true, acceptsJobs: true, description: "x" })
    expect(await ok(admin<Clanker>("PATCH", `/api/clankers/${stage.clanker.id}`, { name: "Only a name" }))).toMatchObject({ revision: 2 })
  })

  it("keep their files with the revision, and end a start that cannot work as failed with a sentence", async () => {
    const files = [
      { path: "AGENTS.md", content: "Be kind." },
      { path: "skills/review.md", content: "# Review" },
    ]
    withoutCluster()
    const made = await ok(admin<Clanker>("POST", "/api/clankers", { name: "With files", deploymentConfig: ON_ECS, files }))
    expect(made.files).toEqual([
      { path: "AGENTS.md", size: 8 },
      { path: "skills/review.md", size: 8 },
    ])
    expect((await admin("PUT", `/api/clankers/${made.id}/deployment`, {})).status).toBe(202)
    const failed = await until("the end of the start", async () => {
      const seen = await ok(admin<Clanker>("GET", `/api/clankers/${made.id}`))
      return seen.status === "deploying" ? null : seen
    })
    expect(failed).toMatchObject({ status: "failed", acceptsJobs: false, statusMessage: expect.stringContaining("no cluster workers") })
    expect(await ok(admin("DELETE", `/api/clankers/${made.id}`))).toEqual({ remains: [] })
    expect((await admin("GET", `/api/clankers/${made.id}`)).status).toBe(404)
  })

  it("go on serving when a later start fails", async () => {
    const { clanker } = await createStage(admin, "Rolled")
    withoutCluster()
    await ok(admin("PATCH", `/api/clankers/${clanker.id}`, { deploymentConfig: ON_ECS }))
    await ok(admin("PUT", `/api/clankers/${clanker.id}/deployment`, {}))
    const after = await until("the end of the start", async () => {
      const seen = await ok(admin<Clanker>("GET", `/api/clankers/${clanker.id}`))
      return seen.status === "deploying" ? null : seen
    })
    expect(after).toMatchObject({ status: "failed", acceptsJobs: true, servingRevision: 1, deployedRevision: 1, changesPending: true })
    expect(await ok(admin<Clanker>("PUT", `/api/clankers/${clanker.id}/deployment`, { revision: 1 }))).toMatchObject({
      status: "deploying",
    })
  })

  it("are not deleted while a project uses them", async () => {
    expect((await admin("DELETE", `/api/clankers/${stage.clanker.id}`)).body.error).toMatchObject({
      code: "clanker.in-use",
      detail: { projects: [{ id: stage.project.id }] },
    })
  })

  it("that are not active take no job, and a project says why it is not ready", async () => {
    const { clanker, project } = await createStage(admin, "Inactive")
    expect(await ok(admin<Clanker>("DELETE", `/api/clankers/${clanker.id}/deployment`))).toMatchObject({
      status: "inactive",
      acceptsJobs: false,
    })
    const ticket = await ok(admin<Ticket>("POST", "/api/tickets", { projectId: project.id, title: "x" }))
    expect((await admin("POST", `/api/tickets/${ticket.id}/phases/research/runs`, {})).body.error.code).toBe("clanker.not-active")
  })
})

describe("tickets and their documents", () => {
  it("go from research over an approved plan to execution, and no further than they are allowed", async () => {
    const ticket = await ok(admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "Gates" }))
    const path = `/api/tickets/${ticket.id}/phases`
    expect((await admin("POST", `${path}/execution/runs`, {})).body.error.code).toMatch(/^phase\./)
    expect((await admin("GET", `${path}/research/document`)).body.error.code).toBe("document.none")
    expect((await admin("PUT", `${path}/research/document`, { content: "# R", baseRevision: 1 })).body.error.code).toBe("document.stale")
    expect(await ok(admin<PhaseDocument>("PUT", `${path}/research/document`, { content: "# R", baseRevision: 0 }))).toMatchObject({
      state: "draft",
      revision: 1,
    })
    expect((await admin("PUT", `${path}/research/document/approval`, { state: "rejected", revision: 1 })).status).toBe(422)
    await ok(admin("PUT", `${path}/research/document/approval`, { state: "approved", revision: 1 }))
    expect(await ok(admin<Ticket>("GET", `/api/tickets/${ticket.key}`))).toMatchObject({
      phase: "planning",
      phases: { research: { document: "approved" } },
    })
    await ok(admin("PUT", `${path}/planning/document`, { content: "# P", baseRevision: 0 }))
    expect((await admin("POST", `${path}/execution/runs`, {})).body.error.code).toMatch(/^phase\./)
    await ok(admin("PUT", `${path}/planning/document/approval`, { state: "approved", revision: 1 }))
    await ok(admin("PUT", `${path}/planning/document`, { content: "# P2", baseRevision: 1 }))
    expect((await admin("POST", `${path}/execution/runs`, {})).body.error.code).toBe("phase.not-approved")
    const { items } = await ok(admin<{ items: { act: string }[] }>("GET", `/api/tickets/${ticket.id}/timeline`))
    expect(items.length).toBeGreaterThanOrEqual(6)
  })
})

describe("a secret of the installation", () => {
  it("is sent to another server only by an admin's word", async () => {
    const token = await ok(
      admin<Secret>("POST", "/api/secrets", { name: "SHARED_TOKEN", location: "database", value: "shared-token-0123456789" }),
    )
    const member = callers["member"] ?? admin
    const scm = { provider: "github", secretId: token.id }
    const body = { name: "Thief", repositoryUrl: "https://evil.test/a/b", scm }
    expect((await member("POST", "/api/projects", body)).status).toBe(403)
    const project = await ok(admin<Project>("POST", "/api/projects", { name: "Honest", repositoryUrl: "https://forge.test/a/b", scm }))
    expect((await member("PATCH", `/api/projects/${project.id}`, { repositoryUrl: "https://evil.test/a/b" })).status).toBe(403)
    expect((await member("PATCH", `/api/projects/${project.id}`, { scm: { ...scm, apiUrl: "https://evil.test/api" } })).status).toBe(403)
    expect((await member("PATCH", `/api/projects/${project.id}`, { name: "Renamed", scm })).status).toBe(200)
    expect((await admin("PATCH", `/api/projects/${project.id}`, { repositoryUrl: "https://forge.test/a/c" })).status).toBe(200)
  })
})

describe("a body that no route wants", () => {
  const sent = async (method: string, path: string, body: string, headers: Record<string, string> = {}) => {
    const request: Parameters<typeof worker.fetch>[0] = new Request(ORIGIN + path, {
      method,
      body,
      headers: { authorization: `Bearer ${adminToken}`, ...headers },
    })
    const { status } = await worker.fetch(request, env, createExecutionContext())
    return { status, bodyUsed: request.bodyUsed }
  }

  it("is read and thrown away, so that the answer is seen", async () => {
    const { id } = await ok(admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "x" }))
    const nobody = { authorization: `Bearer vg_${"0".repeat(64)}` }
    expect(await sent("DELETE", `/api/tickets/${id}`, "{}")).toEqual({ status: 204, bodyUsed: true })
    expect(await sent("DELETE", `/api/tickets/${id}`, "not JSON")).toEqual({ status: 404, bodyUsed: true })
    expect(await sent("POST", "/api/nothing", "x".repeat(3_000_000))).toEqual({ status: 404, bodyUsed: true })
    expect(await sent("POST", "/api/tickets", "{}", nobody)).toEqual({ status: 401, bodyUsed: true })
  })
})

describe("a database that fails", () => {
  it("puts no bound value into the log", async () => {
    const canary = "canary-in-a-query-0123456789"
    const failing = (spared: string) =>
      overheard(env.DB, { before: (question) => (spared !== "" && question.includes(spared) ? undefined : fail()) })
    try {
      overrides.database = failing("")
      expect((await caller(`vg_${"c".repeat(64)}`)("GET", "/api/tickets")).status).toBe(500)
      overrides.database = failing("api_tokens")
      expect((await admin("GET", `/api/tickets?q=${canary}`)).status).toBe(500)
      expect((await admin("POST", "/api/tickets", { projectId: stage.project.id, title: canary })).status).toBe(500)
    } finally {
      delete overrides.database
    }
    const failures = logged.filter((line) => line.includes("request.failed"))
    expect(failures.length).toBeGreaterThanOrEqual(3)
    expect(failures.join()).toContain("the disk is on fire")
    expect(logged.join()).not.toMatch(/canary-in-a-query|params:|c{64}/)
  })
})

describe("sessions", () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = { origin: ORIGIN }) =>
    send(
      new Request(ORIGIN + path, {
        method: "POST",
        headers: { "content-type": "application/json", "cf-connecting-ip": "203.0.113.9", ...headers },
        body: JSON.stringify(body),
      }),
    )

  it("begin with a setup link that works once, and need our own origin to change anything", async () => {
    const token = "a".repeat(64)
    const hash = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("")
    await env.DB.prepare("INSERT INTO setup_links (hash, expires_at) VALUES (?, ?)")
      .bind(hash, Date.now() + 60_000)
      .run()
    const person = { token, name: "Ada", email: "ada@example.test", password: "correct horse battery" }
    expect((await post("/api/setup", person, { origin: "https://evil.test" })).status).toBe(403)
    expect((await post("/api/setup", { ...person, token: "b".repeat(64) })).status).toBe(401)
    expect((await post("/api/setup", person)).status).toBe(201)
    expect((await post("/api/setup", person)).status).toBe(403)

    expect((await post("/api/auth/sign-in/email", { email: person.email, password: "wrong password" })).status).toBe(401)
    const signedIn = await post("/api/auth/sign-in/email", { email: person.email, password: person.password })
    expect(signedIn.status).toBe(200)
    expect(await signedIn.text()).toBe('{"ok":true}')
    const [cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";")
    expect(signedIn.headers.get("set-cookie")).toMatch(/^__Host-vg=[^;]+;.*Path=\/; HttpOnly; Secure; SameSite=Lax/)

    const me = await send(new Request(`${ORIGIN}/api/users/me`, { headers: { cookie } }))
    expect(await me.json()).toMatchObject({ name: "Ada", role: "admin" })
    const body = JSON.stringify({ projectId: stage.project.id, title: "From a browser" })
    const create = (origin: string) =>
      send(new Request(`${ORIGIN}/api/tickets`, { method: "POST", headers: { cookie, origin, "content-type": "application/json" }, body }))
    expect((await create("https://evil.test")).status).toBe(403)
    expect((await create(ORIGIN)).status).toBe(201)
    expect(
      (await send(new Request(`${ORIGIN}/api/feed`, { headers: { cookie, upgrade: "websocket", origin: "https://evil.test" } }))).status,
    ).toBe(403)
    expect(me.headers.get("set-cookie")).toBeNull()
    const soon = Date.now() + 86_400_000
    await env.DB.prepare("UPDATE sessions SET expires_at = ? WHERE expires_at > ?").bind(soon, soon).run()
    const renewed = await send(new Request(`${ORIGIN}/api/users/me`, { headers: { cookie } }))
    expect(renewed.headers.get("set-cookie")).toMatch(/^__Host-vg=[^;]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax/)
    const { results } = await env.DB.prepare("SELECT expires_at FROM sessions WHERE expires_at > ?")
      .bind(soon + 5 * 86_400_000)
      .all()
    expect(results).toHaveLength(1)

    const change = (currentPassword: string, newPassword: string) =>
      post("/api/auth/change-password", { currentPassword, newPassword, revokeOtherSessions: true }, { origin: ORIGIN, cookie })
    const fieldsOf = async (reply: Response) => [reply.status, (await reply.json<ErrorReply>()).error.detail?.["fields"]]
    expect(await fieldsOf(await change("wrong password", "a new horse battery"))).toEqual([422, { currentPassword: "is not right" }])
    expect(await fieldsOf(await change(person.password, "short"))).toEqual([422, { newPassword: "must have at least 10 characters" }])
    const changed = await change(person.password, "a new horse battery")
    expect([changed.status, await changed.text()]).toEqual([200, '{"ok":true}'])
    expect((await send(new Request(`${ORIGIN}/api/users/me`, { headers: { cookie } }))).status).toBe(401)
    expect((await change(person.password, "another horse battery")).status).toBe(401)
    const [fresh = ""] = (changed.headers.get("set-cookie") ?? "").split(";")
    expect((await send(new Request(`${ORIGIN}/api/users/me`, { headers: { cookie: fresh } }))).status).toBe(200)
    expect((await post("/api/auth/sign-out", {}, { origin: ORIGIN, cookie: fresh })).status).toBe(200)
    expect((await send(new Request(`${ORIGIN}/api/users/me`, { headers: { cookie: fresh } }))).status).toBe(401)
  })
})

describe("guessing", () => {
  it("is slowed down at the doors that take a password or a setup token", async () => {
    const knock = (path: string, address: string) =>
      send(
        new Request(ORIGIN + path, {
          method: "POST",
          headers: { origin: ORIGIN, "content-type": "application/json", "cf-connecting-ip": address },
          body: JSON.stringify({ token: "x".repeat(64), name: "x", email: "x@example.test", password: "guess number one" }),
        }),
      )
    for (const path of ["/api/auth/sign-in/email", "/api/setup"]) {
      for (let guess = 1; guess <= 10; guess++) expect((await knock(path, "203.0.113.77")).status).not.toBe(429)
      const refused = await knock(path, "203.0.113.77")
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"])
      expect((await knock(path, "203.0.113.78")).status).not.toBe(429)
    }
  })
})

describe("projects", () => {
  it("derive slug and key, refuse a taken key, and preview branches", async () => {
    const body = { name: "Web shop", repositoryUrl: "https://forge.test/acme/shop" }
    const [first, second] = [
      await ok(admin<Project>("POST", "/api/projects", body)),
      await ok(admin<Project>("POST", "/api/projects", body)),
    ]
    expect(first.key).toMatch(/^[A-Z]{2,5}$/)
    expect(second.key).not.toBe(first.key)
    expect(second.slug).toBe(`${first.slug}-2`)
    expect((await admin("POST", "/api/projects", { ...body, key: first.key })).body.error.code).toBe("project.key-taken")
    expect(
      await ok(
        admin("POST", "/api/projects/branch-preview", { template: "work/{{ticket}} by {{ clanker }}", ticket: "WEB-1", clanker: "c" }),
      ),
    ).toMatchObject({ branch: "work/WEB-1-by-c", errors: [] })
  })
})
