import { afterEach, beforeAll, describe, expect, it } from "vitest"
import type { Project, ReadinessCheck } from "#contract/projects.ts"
import type { Secret } from "#contract/secrets.ts"
import { overrides } from "../context.ts"
import { type Caller, caller, createUser, logged, ok, setUp } from "./harness.ts"

let admin: Caller
const TOKEN = "forge-token-4f9a1c-of-readiness"

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  overrides.resolve = async () => ["140.82.121.4"]
})
afterEach(() => delete overrides.fetch)

/** A forge that answers git's first question so, and notes who asked. */
function forge(answer: () => Response): { asked: { url: string; authorization: string | null }[] } {
  const asked: { url: string; authorization: string | null }[] = []
  overrides.fetch = async (input, init) => {
    asked.push({ url: String(input), authorization: new Headers(init?.headers).get("authorization") })
    return answer()
  }
  return { asked }
}
const branches =
  (...names: string[]) =>
  () =>
    new Response(
      ["001e# service=git-upload-pack\n0000", ...names.map((name) => `003f${"a".repeat(40)} refs/heads/${name}\n`), "0000"].join(""),
    )

let count = 0
async function project(withToken: boolean, body: object = {}): Promise<string> {
  count++
  const made = await ok(
    admin<Project>("POST", "/api/projects", { name: `Probed ${count}`, repositoryUrl: `https://forge.example/acme/${count}`, ...body }),
  )
  if (!withToken) return made.id
  const secret = await ok(
    admin<Secret>("POST", "/api/secrets", { name: "GITHUB_TOKEN", location: "database", value: TOKEN, projectId: made.id }),
  )
  await ok(admin("PATCH", `/api/projects/${made.id}`, { scm: { provider: "github", secretId: secret.id } }))
  return made.id
}
const checks = async (id: string) => {
  const { checks: all } = await ok(admin<{ checks: ReadinessCheck[] }>("GET", `/api/projects/${id}/readiness`))
  return Object.fromEntries(all.map((check) => [check.name, check]))
}

describe("what readiness learns from the repository", () => {
  it("is that it answers and has the base branch: asked as git asks, with the credential, once in five minutes", async () => {
    const { asked } = forge(branches("dev", "main"))
    const id = await project(true)
    expect(await checks(id)).toMatchObject({ repository: { state: "ready" }, "scm-credential": { state: "ready" } })
    await checks(id)
    expect(asked).toEqual([
      {
        url: `https://forge.example/acme/${count}/info/refs?service=git-upload-pack`,
        authorization: `Basic ${btoa(`x-access-token:${TOKEN}`)}`,
      },
    ])
    await ok(admin("PATCH", `/api/projects/${id}`, { baseBranch: "trunk" }))
    expect(await checks(id)).toMatchObject({ repository: { state: "invalid", code: "repository.no-branch" } })
    expect(asked).toHaveLength(2)
    expect(logged.join("\n")).not.toContain(TOKEN)
  })

  it.each([
    [true, 401, "scm-credential", "invalid", "scm-credential.refused"],
    [true, 403, "scm-credential", "invalid", "scm-credential.refused"],
    [false, 401, "scm-credential", "missing", "scm-credential.needed"],
    [true, 404, "repository", "invalid", "repository.not-found"],
    [false, 502, "repository", "unknown", "repository.unreachable"],
    [false, 302, "repository", "unknown", "repository.unreachable"],
  ] as const)("with a credential: %s, answer %i: %s is %s", async (withToken, status, name, state, code) => {
    forge(() => new Response(null, { status, headers: status === 302 ? { location: "https://elsewhere.example/" } : {} }))
    expect((await checks(await project(withToken)))[name]).toMatchObject({ state, code })
  })

  it("is nothing when it lies in a private network, which is not called", async () => {
    const { asked } = forge(branches("main"))
    const id = await project(false, { repositoryUrl: "https://10.0.0.7/acme/demo" })
    const { repository } = await checks(id)
    expect(repository).toMatchObject({ state: "unknown", code: "repository.unreachable" })
    expect(repository?.action).toContain("private network")
    expect(asked).toEqual([])
  })
})
