import { afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Project } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import type { Ticket, TimelineEntry } from "#contract/tickets.ts"
import { overrides } from "../context.ts"
import { type Caller, caller, createUser, env, logged, ok, setUp } from "./harness.ts"

let admin: Caller
const MINUTE = 60_000
const TOKEN = "forge-token-71c0de-of-pull-requests"

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  overrides.resolve = async () => ["140.82.121.4"]
})
afterEach(async () => {
  delete overrides.fetch
  await env.DB.prepare("UPDATE tickets SET pull_request = NULL").run()
})

/** A forge that says this of every pull request, and notes what it was asked. */
function forge(answer: (url: string) => Response): { url: string; authorization: string | null }[] {
  const asked: { url: string; authorization: string | null }[] = []
  overrides.fetch = async (input, init) => {
    asked.push({ url: String(input), authorization: new Headers(init?.headers).get("authorization") })
    return answer(String(input))
  }
  return asked
}
const says =
  (state: "open" | "closed", merged = false) =>
  () =>
    Response.json({ state, merged, title: "of no interest" })
const tick = (at: number) => ok(admin("POST", "/api/settings/ticks", { at: new Date(at).toISOString() }))

let count = 0
/** A ticket whose execution has opened a pull request, in a project with a credential unless told otherwise. */
async function inReview(project: object = {}, withToken = true): Promise<{ id: string; number: number; read: () => Promise<Ticket> }> {
  count++
  const number = count
  const repositoryUrl = "https://github.com/acme/shop.git"
  const { id: projectId } = await ok(admin<Project>("POST", "/api/projects", { name: `Reviewed ${count}`, repositoryUrl, ...project }))
  const secret = await ok(admin<Secret>("POST", "/api/secrets", { name: "GITHUB_TOKEN", location: "database", value: TOKEN, projectId }))
  if (withToken) await ok(admin("PATCH", `/api/projects/${projectId}`, { scm: { provider: "github", secretId: secret.id } }))
  const { id } = await ok(admin<Ticket>("POST", "/api/tickets", { projectId, title: "Reviewed" }))
  const pullRequest = { url: `https://github.com/acme/shop/pull/${number}`, number, state: "open", branch: `viberator/${number}` }
  await env.DB.prepare("UPDATE tickets SET pull_request = ? WHERE id = ?").bind(JSON.stringify(pullRequest), id).run()
  return { id, number, read: () => ok(admin<Ticket>("GET", `/api/tickets/${id}`)) }
}

describe("an open pull request", () => {
  it("is asked about every five minutes, and its ticket resolved when it was merged", async () => {
    const { id, number, read } = await inReview()
    const asked = forge(says("open"))
    const begin = Date.now()
    for (const minutes of [0, 1, 4, 6]) await tick(begin + minutes * MINUTE)
    const call = { url: `https://api.github.com/repos/acme/shop/pulls/${number}`, authorization: `Bearer ${TOKEN}` }
    expect(asked).toEqual([call, call])
    expect(await read()).toMatchObject({ status: "in_review" })

    forge(says("closed", true))
    await tick(begin + 12 * MINUTE)
    expect(await read()).toMatchObject({ status: "resolved", pullRequest: { state: "merged" } })
    const { items } = await ok(admin<{ items: TimelineEntry[] }>("GET", `/api/tickets/${id}/timeline`))
    expect(items[0]).toMatchObject({ act: "pull-request-merged", actor: "The forge" })
    const later = forge(says("open"))
    await tick(begin + 60 * MINUTE)
    expect(later).toEqual([])
    expect(logged.join("\n")).not.toContain(TOKEN)
  })

  it("that was closed gives its ticket back, and one forge that fails keeps nobody else waiting", async () => {
    const [broken, closed] = [await inReview({ repositoryUrl: "https://forge.example/acme/broken" }), await inReview()]
    const asked = forge((url) => (url.includes("broken") ? new Response("no", { status: 502 }) : says("closed")()))
    await tick(Date.now())
    expect(asked.map(({ url }) => url)).toContain(`https://forge.example/api/v3/repos/acme/broken/pulls/${broken.number}`)
    expect(await broken.read()).toMatchObject({ pullRequest: { state: "open" } })
    expect(await closed.read()).toMatchObject({ status: "open", pullRequest: { state: "closed" } })
    expect(logged.join("\n")).toContain("the forge answered 502")
  })

  it("is left alone where the control plane holds no credential", async () => {
    await inReview({}, false)
    const asked = forge(says("closed"))
    await tick(Date.now())
    expect(asked).toEqual([])
  })
})
