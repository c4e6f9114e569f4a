import { beforeAll, describe, expect, it } from "vitest"
import type { AuditEntry } from "#contract/audit.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { type Caller, caller, createUser, env, ok, setUp } from "./harness.ts"

type Page = { items: AuditEntry[]; nextCursor: string | null }

let admin: Caller
let adminId: string
let member: Caller
let memberId: string

beforeAll(async () => {
  await setUp()
  const [one, other] = [await createUser("admin"), await createUser("member")]
  ;[admin, adminId, member, memberId] = [caller(one.token), one.id, caller(other.token), other.id]
})
const audit = (query = "") => ok(admin<Page>("GET", `/api/audit${query}`))

describe("the audit log", () => {
  it("says who did what to what, when and from where, the newest first, and never with what", async () => {
    const body = { name: "AUDITED", location: "database", value: "do-not-tell-0815" }
    const { id } = await ok(admin<Secret>("POST", "/api/secrets", body, { "cf-connecting-ip": "203.0.113.9" }))
    const project = await ok(member<Project>("POST", "/api/projects", { name: "Audited", repositoryUrl: "https://forge.test/a/b" }))
    await ok(admin("PUT", `/api/secrets/${id}`, { value: "do-not-tell-4711" }))
    const { items } = await audit()
    expect(items.slice(0, 3)).toMatchObject([
      { act: "put /api/secrets/:id", subject: `/api/secrets/${id}`, actor: { id: adminId, name: "The admin" }, status: 200, address: null },
      { act: "post /api/projects", subject: `/api/projects/${project.id}`, actor: { id: memberId, name: "The member" }, status: 201 },
      { act: "post /api/secrets", actor: { id: adminId }, address: "203.0.113.9", status: 201 },
    ])
    for (const { at, requestId, summary } of items) {
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000)
      expect(requestId).toMatch(/^req_/)
      expect(summary).toMatch(/^[A-Z]/)
    }
    expect(JSON.stringify(items)).not.toContain("do-not-tell")
    expect((await audit(`?subject=${id}`)).items.map(({ act }) => act)).toEqual(["put /api/secrets/:id", "post /api/secrets"])
    expect((await audit(`?actorId=${memberId}`)).items).toHaveLength(1)
    expect((await audit("?subject=100%25_")).items).toEqual([])
    await ok(member("DELETE", `/api/projects/${project.id}`))
    expect((await audit(`?subject=${project.id}`)).items).toMatchObject([
      { act: "delete /api/projects/:id", status: 204 },
      { act: "post /api/projects" },
    ])
  })

  it("has nothing of what was refused or only read", async () => {
    const before = (await audit()).items.length
    expect((await admin("POST", "/api/projects", { name: "" })).status).toBe(422)
    expect((await member("POST", "/api/users", { name: "x", email: "x@example.test", password: "correct horse battery" })).status).toBe(403)
    await ok(admin("GET", "/api/projects"))
    expect((await audit()).items).toHaveLength(before)
  })

  it("is paged, and each act is there once", async () => {
    for (let turn = 0; turn < 5; turn++) await ok(admin("PATCH", "/api/settings", { paused: turn % 2 === 0 }))
    const seen: string[] = []
    let cursor: string | null = ""
    for (let pages = 0; cursor !== null; pages++) {
      const page: Page = await audit(`?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
      expect(pages).toBeLessThan(20)
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toHaveLength((await env.DB.prepare("SELECT COUNT(*) AS n FROM audit_log").first<{ n: number }>())?.n ?? 0)
  })

  it("keeps who is gone by id, and what there is no route for any more by its own name", async () => {
    await env.DB.prepare(
      "INSERT INTO audit_log (id, at, actor, act, subject, request_id, status) VALUES ('req_old', 1, 'usr_gone', 'post /api/former', '/api/former', 'req_1', 200)",
    ).run()
    expect((await audit("?subject=former")).items).toEqual([
      expect.objectContaining({
        actor: { id: "usr_gone", name: null },
        act: "post /api/former",
        summary: null,
        at: "1970-01-01T00:00:00.001Z",
      }),
    ])
  })

  it("is for admins", async () => {
    expect((await member("GET", "/api/audit")).status).toBe(403)
    expect((await caller(null)("GET", "/api/audit")).status).toBe(401)
    expect((await admin("GET", "/api/audit?limit=0")).status).toBe(422)
    expect((await admin("GET", "/api/audit?actorId=x")).status).toBe(422)
  })
})
