import { createExecutionContext } from "cloudflare:test"
import { beforeAll, describe, expect, it } from "vitest"
import type { Clanker, ClankerRevision, ClankerRevisionWithContents } from "#contract/clankers.ts"
import type { Changed } from "#contract/feed.ts"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
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

let token: string
let admin: Caller
let stage: Stage

beforeAll(async () => {
  await setUp()
  token = (await createUser("admin")).token
  admin = caller(token)
  await connectHost(admin)
  stage = await createStage(admin, "Clankers")
})

type Page = { items: ClankerRevision[]; nextCursor: string | null }
const docker = { computeType: "docker" }
const agentsMd = { path: "AGENTS.md", content: "Be kind: ü." }
const review = { path: "skills/review.md", content: "# Review" }

describe("a clanker's revisions", () => {
  let clanker: Clanker
  let path: string

  beforeAll(async () => {
    const body = { name: "Revised", agent: "opencode", deploymentConfig: docker, files: [agentsMd], secretIds: [stage.secret.id] }
    clanker = await ok(admin<Clanker>("POST", "/api/clankers", body))
    path = `/api/clankers/${clanker.id}`
    await ok(admin("PATCH", path, { files: [agentsMd, review], agentSettings: { model: "m" }, maxExecutionTime: 600 }))
    await ok(admin("PATCH", path, { files: [review], deploymentConfig: { ...docker, containerImage: "worker:2" } }))
  })

  it("are listed newest first, with what each was, and none of them is deployed before a start", async () => {
    const { items, nextCursor } = await ok(admin<Page>("GET", `/api/clankers/${clanker.slug}/revisions`))
    expect(nextCursor).toBeNull()
    expect(items.map(({ n, deployed }) => [n, deployed])).toEqual([
      [3, false],
      [2, false],
      [1, false],
    ])
    expect(items[0]).toMatchObject({
      agent: "opencode",
      deploymentConfig: { computeType: "docker", containerImage: "worker:2" },
      files: [{ path: "skills/review.md", size: 8 }],
    })
    expect(items[1]).toMatchObject({ agentSettings: { model: "m" }, maxExecutionTime: 600 })
    expect(items[2]).toEqual({
      n: 1,
      agent: "opencode",
      agentSettings: {},
      deploymentConfig: clanker.deploymentConfig,
      secretIds: [stage.secret.id],
      files: [{ path: "AGENTS.md", size: 12 }],
      maxExecutionTime: null,
      deployed: false,
      createdAt: clanker.createdAt,
    })
  })

  it("come in pages, each once", async () => {
    const first = await ok(admin<Page>("GET", `${path}/revisions?limit=2`))
    const second = await ok(admin<Page>("GET", `${path}/revisions?limit=2&cursor=${first.nextCursor}`))
    expect([first, second].map(({ items }) => items.map(({ n }) => n))).toEqual([[3, 2], [1]])
    expect(second.nextCursor).toBeNull()
    expect((await admin("GET", `${path}/revisions?cursor=nonsense`)).body.error.detail?.["fields"]).toEqual({
      cursor: "is not one that a list gave",
    })
  })

  it("are read one by one, with the contents of their files", async () => {
    const read = async (n: number) => (await ok(admin<ClankerRevisionWithContents>("GET", `${path}/revisions/${n}`))).files
    expect(await read(1)).toEqual([{ ...agentsMd, size: 12 }])
    expect(await read(2)).toEqual([
      { ...agentsMd, size: 12 },
      { ...review, size: 8 },
    ])
    expect(await read(3)).toEqual([{ ...review, size: 8 }])
    expect((await admin("GET", `${path}/revisions/4`)).body.error.code).toBe("not-found")
    expect((await admin("GET", `${path}/revisions/0`)).body.error.detail?.["fields"]).toEqual({ n: "must be at least 1" })
    expect((await admin("GET", "/api/clankers/nobody/revisions/1")).status).toBe(404)
  })

  it("say which one is deployed, after a newer one and after going back", async () => {
    const start = async (revision: number) => {
      await ok(admin("PUT", `${path}/deployment`, { revision }))
      await until(`revision ${revision} at work`, async () => {
        const { status, servingRevision } = await ok(admin<Clanker>("GET", path))
        return status === "active" && servingRevision === revision
      })
      const { items } = await ok(admin<Page>("GET", `${path}/revisions`))
      return items.filter(({ deployed }) => deployed).map(({ n }) => n)
    }
    expect(await start(3)).toEqual([3])
    expect(await start(1)).toEqual([1])
    expect(await ok(admin<ClankerRevision>("GET", `${path}/revisions/1`))).toMatchObject({ n: 1, deployed: true })
  })

  it("follow each other when several people edit at once, and nobody's edit is lost", async () => {
    const { id } = await ok(admin<Clanker>("POST", "/api/clankers", { name: "Edited by many", deploymentConfig: docker }))
    const edits = [
      { maxExecutionTime: 600 },
      { agentSettings: { model: "one" } },
      { files: [review] },
      { description: "Ours", agent: "opencode" },
    ]
    await Promise.all(edits.map((edit) => ok(admin("PATCH", `/api/clankers/${id}`, edit))))
    const edited = await ok(admin<Clanker>("GET", `/api/clankers/${id}`))
    expect(edited).toMatchObject({ maxExecutionTime: 600, agentSettings: { model: "one" }, agent: "opencode", description: "Ours" })
    expect(edited.files.map(({ path: name }) => name)).toEqual([review.path])
    const { items } = await ok(admin<Page>("GET", `/api/clankers/${id}/revisions`))
    expect(items.map(({ n }) => n)).toEqual([5, 4, 3, 2, 1])
    await ok(admin("DELETE", `/api/clankers/${id}`))
  })

  it("go with the clanker, and an edit that changes nothing makes none", async () => {
    const gone = await ok(admin<Clanker>("POST", "/api/clankers", { name: "Short", deploymentConfig: docker, files: [review, agentsMd] }))
    await ok(admin("PATCH", `/api/clankers/${gone.id}`, { files: [agentsMd, review], name: "Shorter" }))
    expect((await ok(admin<Page>("GET", `/api/clankers/${gone.id}/revisions`))).items).toHaveLength(1)
    await ok(admin("DELETE", `/api/clankers/${gone.id}`))
    expect((await admin("GET", `/api/clankers/${gone.id}/revisions`)).status).toBe(404)
  })
})

async function connectFeed(bearer: string): Promise<WebSocket> {
  const response = await send(new Request(`${ORIGIN}/api/feed`, { headers: { upgrade: "websocket", authorization: `Bearer ${bearer}` } }))
  const socket = response.webSocket
  if (!socket) throw new Error(`the feed was refused: ${response.status}`)
  socket.accept()
  return socket
}

/** A browser's feed: what it was told so far, and how to wait for one thing and forget it. */
async function openFeed(): Promise<(what: Pick<Changed, "noun" | "id">) => Promise<Changed>> {
  const socket = await connectFeed(token)
  const told: Changed[] = []
  socket.addEventListener("message", ({ data }) => void told.push(JSON.parse(String(data))))
  return ({ noun, id }) =>
    until(`a change of ${noun} ${id}`, () => {
      const at = told.findIndex((one) => one.noun === noun && one.id === id)
      return at === -1 ? null : (told.splice(at, 1)[0] ?? null)
    })
}

describe("a feed", () => {
  it("says nothing more once its token has run out, and is closed", async () => {
    const made = await ok(admin<{ token: string; prefix: string }>("POST", "/api/tokens", { name: "Short", scopes: ["read"] }))
    const expiresAt = Date.now() + 400
    await env.DB.prepare("UPDATE api_tokens SET expires_at = ? WHERE prefix = ?").bind(expiresAt, made.prefix).run()
    const socket = await connectFeed(made.token)
    const told: unknown[] = []
    let reason: string | null = null
    socket.addEventListener("message", ({ data }) => void told.push(data))
    socket.addEventListener("close", (event) => void (reason = event.reason))
    await until("the token to run out", () => Date.now() > expiresAt)
    await ok(admin<Project>("POST", "/api/projects", { name: "Unheard", repositoryUrl: "https://forge.test/acme/unheard" }))
    expect(await until("the close", () => reason)).toBe("expired")
    expect(told).toEqual([])
  })
})

describe("the feed tells of", () => {
  it("projects and secrets: made, changed and gone", async () => {
    const heard = await openFeed()
    const { id } = await ok(admin<Project>("POST", "/api/projects", { name: "Fed", repositoryUrl: "https://forge.test/acme/fed" }))
    expect(await heard({ noun: "project", id })).toEqual({
      type: "changed",
      noun: "project",
      id,
      projectId: id,
      version: expect.any(Number),
    })
    await ok(admin("PATCH", `/api/projects/${id}`, { name: "Fed well" }))
    await heard({ noun: "project", id })

    const value = { value: "a-value-for-the-feed" }
    const secret = await ok(admin<Secret>("POST", "/api/secrets", { name: "FED_KEY", location: "database", projectId: id, ...value }))
    expect(await heard({ noun: "secret", id: secret.id })).toMatchObject({ projectId: id })
    await ok(admin("PUT", `/api/secrets/${secret.id}`, value))
    await heard({ noun: "secret", id: secret.id })
    await ok(admin("DELETE", `/api/secrets/${secret.id}`))
    await heard({ noun: "secret", id: secret.id })

    await ok(admin("DELETE", `/api/projects/${id}`))
    await heard({ noun: "project", id })
  })

  it("clankers that no object knows yet, and hosts: made, changed and gone", async () => {
    const heard = await openFeed()
    const { id } = await ok(admin<Clanker>("POST", "/api/clankers", { name: "Fed", deploymentConfig: docker }))
    expect(await heard({ noun: "clanker", id })).toMatchObject({ projectId: null })
    await ok(admin("PATCH", `/api/clankers/${id}`, { name: "Fed well" }))
    await heard({ noun: "clanker", id })
    await ok(admin("DELETE", `/api/clankers/${id}`))
    await heard({ noun: "clanker", id })

    const host = await ok(admin<{ id: string }>("POST", "/api/hosts", { name: "fed" }))
    expect(await heard({ noun: "host", id: host.id })).toMatchObject({ projectId: null })
    await ok(admin("DELETE", `/api/hosts/${host.id}`))
    await heard({ noun: "host", id: host.id })
  })

  it("nothing while it is broken, and what was asked is done all the same", async () => {
    const { default: worker } = await import("../worker.ts")
    const broken = () => Promise.reject(new Error("the feed is broken"))
    const FEED = {
      idFromName: (name: string) => env.FEED.idFromName(name),
      get: () => ({ tell: broken, restrict: broken, revoke: broken, fetch: broken }),
    }
    const response = await worker.fetch(
      new Request(`${ORIGIN}/api/projects`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ name: "Unheard", repositoryUrl: "https://forge.test/acme/unheard" }),
      }),
      { ...env, FEED },
      createExecutionContext(),
    )
    expect(response.status).toBe(201)
    const { id } = await response.json<Project>()
    expect(await ok(admin<Project>("GET", `/api/projects/${id}`))).toMatchObject({ name: "Unheard" })
    expect(logged.join("\n")).toMatch(/"event":"feed\.silent".*"noun":"project".*the feed is broken/)
  })
})
