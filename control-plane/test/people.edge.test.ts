import { beforeAll, describe, expect, it } from "vitest"
import type { z } from "zod"
import type { Project } from "#contract/projects.ts"
import type { userSchema } from "#contract/users.schema.ts"
import { type Caller, caller, connectHost, createStage, createUser, env, ok, ORIGIN, send, setUp, startResearch } from "./harness.ts"

type Person = z.output<typeof userSchema>
let admin: Caller
let adminId: string

beforeAll(async () => {
  await setUp()
  const made = await createUser("admin")
  adminId = made.id
  admin = caller(made.token)
})

const signIn = (email: string, password: string) =>
  send(
    new Request(`${ORIGIN}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { origin: ORIGIN, "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    }),
  )
const whoIs = (cookie: string) => send(new Request(`${ORIGIN}/api/users/me`, { headers: { cookie } }))

describe("users", () => {
  it("are added by an admin, sign in, and are out as soon as they are disabled or get a new password", async () => {
    const first = { name: "Grace", email: "Grace@Example.test", role: "member", password: "correct horse battery" }
    const grace = await ok(admin<Person>("POST", "/api/users", first))
    expect(grace).toMatchObject({ name: "Grace", email: "grace@example.test", role: "member", disabled: false })
    expect(JSON.stringify(grace)).not.toContain("horse")
    expect((await admin("POST", "/api/users", first)).body.error).toMatchObject({
      code: "user.email-taken",
      detail: { fields: { email: "is taken" } },
    })
    expect((await admin("POST", "/api/users", { ...first, email: "x@example.test", password: "short" })).status).toBe(422)

    const signedIn = await signIn("grace@example.test", first.password)
    const [cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";")
    expect((await whoIs(cookie)).status).toBe(200)
    await ok(admin("PATCH", `/api/users/${grace.id}`, { password: "another horse battery" }))
    expect((await whoIs(cookie)).status).toBe(401)
    expect((await signIn("grace@example.test", first.password)).status).toBe(401)
    expect((await signIn("grace@example.test", "another horse battery")).status).toBe(200)

    expect(await ok(admin("PATCH", `/api/users/${grace.id}`, { disabled: true }))).toMatchObject({ disabled: true })
    const again = await signIn("grace@example.test", "another horse battery")
    const [late = ""] = (again.headers.get("set-cookie") ?? "").split(";")
    expect((await whoIs(late)).status).toBe(401)
  })

  it("are let in by no cookie that was not signed here, nor by one whose session is over", async () => {
    const person = { name: "Ada", email: "ada@example.test", role: "member", password: "correct horse battery" }
    await ok(admin("POST", "/api/users", person))
    const [cookie = ""] = ((await signIn(person.email, person.password)).headers.get("set-cookie") ?? "").split(";")
    const [name = "", value = ""] = cookie.split("=", 2)
    const [token = "", signature = ""] = decodeURIComponent(value).split(".")
    const forged = [token, `${token}.`, `${token}.${"A".repeat(43)}=`, `x${token}.${signature}`, `.${signature}`]
    for (const wrong of forged) expect((await whoIs(`${name}=${encodeURIComponent(wrong)}`)).status, wrong.slice(-10)).toBe(401)
    expect((await whoIs(cookie)).status).toBe(200)
    await env.DB.prepare("UPDATE sessions SET expires_at = ? WHERE token = ?")
      .bind(Date.now() - 1000, token)
      .run()
    expect((await whoIs(cookie)).status).toBe(401)
  })

  it("change their role by an admin's word; the last admin stays one", async () => {
    const { id } = await ok(admin<Person>("POST", "/api/users", { name: "Linus", email: "l@example.test", password: "0123456789" }))
    await ok(admin("PATCH", `/api/users/${adminId}`, { password: "correct horse battery" }))
    const { email = "" } = await ok(admin<Person>("GET", `/api/users/${adminId}`))
    const [cookie = ""] = ((await signIn(email, "correct horse battery")).headers.get("set-cookie") ?? "").split(";")
    const refused = [{ role: "member" }, { disabled: true }, { role: "viewer", password: "another horse battery" }]
    for (const patch of refused) expect((await admin("PATCH", `/api/users/${adminId}`, patch)).body.error.code).toBe("user.last-admin")
    // What is refused changes nothing, the sessions and the password least of all.
    expect((await whoIs(cookie)).status).toBe(200)
    expect((await signIn(email, "correct horse battery")).status).toBe(200)
    expect(await ok(admin("PATCH", `/api/users/${id}`, { role: "viewer", name: "L." }))).toMatchObject({ role: "viewer", name: "L." })
    expect((await admin("PATCH", `/api/users/usr_${"0".repeat(32)}`, { role: "admin" })).status).toBe(404)
    await ok(admin("PATCH", `/api/users/${id}`, { role: "admin" }))
    await ok(admin("PATCH", `/api/users/${id}`, { role: "member" }))
  })

  it("show their e-mail address to admins and to nobody else but themselves", async () => {
    const lea = await createUser("member")
    const project = await ok(caller(lea.token)<Project>("POST", "/api/projects", { name: "Hers", repositoryUrl: "https://forge.test/a/b" }))
    const members = `/api/projects/${project.id}/members`
    await ok(caller(lea.token)("PUT", `${members}/${adminId}`, { role: "viewer" }))
    type People = { items: { id?: string; userId?: string; email?: string }[] }
    const mails = async (as: Caller, path: string) =>
      (await ok(as<People>("GET", path))).items.flatMap(({ id, userId, email }) => (email ? [{ id: id ?? userId, email }] : []))
    const [own, theAdmins] = [lea.id, adminId].map((id) => ({ id, email: `${id}@example.test` }))
    for (const path of ["/api/users", members]) {
      expect(await mails(caller(lea.token), path), path).toEqual([own])
      expect(await mails(admin, path), path).toEqual(expect.arrayContaining([own, theAdmins]))
      expect(await mails(caller((await createUser("viewer")).token), members)).toEqual([])
    }
    const readAs = (as: Caller, id: string) => ok(as<Person>("GET", `/api/users/${id}`))
    expect(await readAs(caller(lea.token), adminId)).not.toHaveProperty("email")
    expect(await readAs(caller(lea.token), lea.id)).toMatchObject(own ?? {})
  })

  it("come in pages, each once, and can be read one by one", async () => {
    const seen: string[] = []
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { items: Person[]; nextCursor: string | null } = await ok(
        admin("GET", `/api/users?limit=2${cursor && `&cursor=${cursor}`}`),
      )
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toContain(adminId)
    expect(await ok(admin("GET", `/api/users/${adminId}`))).toMatchObject({ id: adminId, role: "admin" })
  })
})

describe("a project", () => {
  const body = { name: "Old barn", repositoryUrl: "https://forge.test/acme/barn" }

  it("changes its key until a ticket carries it", async () => {
    const [barn, other] = [await ok(admin<Project>("POST", "/api/projects", body)), await ok(admin<Project>("POST", "/api/projects", body))]
    const path = `/api/projects/${barn.id}`
    expect((await admin("PATCH", path, { key: other.key })).body.error.code).toBe("project.key-taken")
    expect((await admin("PATCH", path, { key: "barn" })).status).toBe(422)
    expect(await ok(admin("PATCH", path, { key: "BARN" }))).toMatchObject({ key: "BARN" })
    await ok(admin("POST", "/api/tickets", { projectId: barn.id, title: "Paint" }))
    expect((await admin("PATCH", path, { key: "BARNS", name: "x" })).body.error.code).toBe("project.key-fixed")
    expect(await ok(admin("PATCH", path, { key: "BARN", name: "Red barn" }))).toMatchObject({ key: "BARN", name: "Red barn" })
  })

  it("are made thirty at once, each with a slug and key of its own; a chosen key goes to one of them", async () => {
    const make = (over: object = {}) =>
      admin<Project>("POST", "/api/projects", { name: "Crowd", repositoryUrl: "https://forge.test/acme/demo", ...over })
    const made = await Promise.all(Array.from({ length: 30 }, () => ok(make())))
    expect(new Set(made.map(({ key }) => key)).size).toBe(30)
    expect(made.map(({ slug }) => slug).toSorted()).toEqual(
      ["crowd", ...Array.from({ length: 29 }, (_, index) => `crowd-${index + 2}`)].toSorted(),
    )
    const chosen = await Promise.all(Array.from({ length: 5 }, () => make({ key: "CROWN" })))
    expect(chosen.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409])
    expect((await make({ key: "CROWN" })).body).toMatchObject({ error: { code: "project.key-taken" } })
  })

  it("in the archive leaves the list and begins nothing new, until it is taken out", async () => {
    await connectHost(admin)
    const { project } = await createStage(admin, "Shed")
    const { ticket } = await startResearch(admin, project.id)
    const path = `/api/projects/${project.id}`
    const archived = await ok(admin<Project>("PATCH", path, { archived: true }))
    expect(archived.archivedAt).not.toBeNull()
    expect(await ok(admin("PATCH", path, { archived: true }))).toMatchObject({ archivedAt: archived.archivedAt })
    const listed = async (query: string) => JSON.stringify(await ok(admin("GET", `/api/projects${query}`))).includes(project.id)
    expect([await listed(""), await listed("?archived=true")]).toEqual([false, true])
    expect((await admin("POST", "/api/tickets", { projectId: project.id, title: "x" })).body.error.code).toBe("project.archived")
    const run = `/api/tickets/${ticket.id}/phases/research/runs`
    expect((await admin("POST", run, {})).body.error.code).toBe("project.archived")
    expect((await admin("GET", `/api/tickets/${ticket.id}`)).status).toBe(200)
    expect(await ok(admin("PATCH", path, { archived: false }))).toMatchObject({ archivedAt: null })
    expect((await admin("POST", "/api/tickets", { projectId: project.id, title: "x" })).status).toBe(201)
  })
})
