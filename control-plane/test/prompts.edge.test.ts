import { beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { Prompt } from "#contract/prompts.ts"
import type { Ticket } from "#contract/tickets.ts"
import { type Caller, caller, connectHost, createStage, createUser, ok, setUp, type Stage } from "./harness.ts"

let admin: Caller
let stage: Stage

beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  await connectHost(admin)
  stage = await createStage(admin, "Prompts")
})

describe("prompts", () => {
  it("come from the project, else the installation, else the product; unknown variables are refused with their place", async () => {
    const path = "/api/prompts/ticket_research"
    const own = `${path}?projectId=${stage.project.id}`
    const read = (from: string) => ok(admin<{ template: string; source: string }>("GET", from))
    expect(await read(own)).toMatchObject({ source: "default" })
    await ok(admin("PUT", path, { template: "For all: {{ticketTitle}}" }))
    expect(await read(own)).toMatchObject({ source: "installation", template: "For all: {{ticketTitle}}" })
    await ok(admin("PUT", own, { template: "For one: {{ticketTitle}}" }))
    const inherited = { template: "For all: {{ticketTitle}}", source: "installation" }
    expect(await read(own)).toMatchObject({ source: "project", template: "For one: {{ticketTitle}}", inherited })
    expect(await read(path)).toMatchObject({ ...inherited, inherited: { source: "default" } })
    const sources = async (query: string) =>
      (await ok(admin<{ items: { source: string }[] }>("GET", `/api/prompts${query}`))).items.map(({ source }) => source)
    expect(await sources(`?projectId=${stage.project.id}`)).toEqual(["project", ...Array.from({ length: 6 }, () => "default")])
    expect(await sources("")).toEqual(["installation", ...Array.from({ length: 6 }, () => "default")])
    const { id } = await ok(admin<Ticket>("POST", "/api/tickets", { projectId: stage.project.id, title: "{{ticketDescription}} $& stays" }))
    const { job } = await ok(admin<{ job: Job }>("POST", `/api/tickets/${id}/phases/research/runs`, {}))
    const { prompt } = await ok(admin<{ prompt: string }>("GET", `/api/jobs/${job.id}/prompt`))
    expect(prompt).toContain("For one:")
    expect(prompt).toContain("{{ticketDescription}} $& stays")
    expect((await admin("PUT", path, { template: "{{nobody}}" })).status).toBe(422)
    await ok(admin("DELETE", own))
    await ok(admin("DELETE", path))
    expect(await read(own)).toMatchObject({ source: "default" })
  })

  it("are not overwritten by who began from an older text, unless they say nothing of it", async () => {
    const path = `/api/prompts/ticket_research?projectId=${stage.project.id}`
    const save = (template: string, baseRevision?: number) => admin<Prompt>("PUT", path, { template, baseRevision })
    const shipped = await ok(admin<Prompt>("GET", path))
    expect(shipped.revision).toBe(0)
    const two = await Promise.all([save("One", 0), save("Two", 0)])
    expect(two.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    const { template, revision } = await ok(admin<Prompt>("GET", path))
    expect((await save("Three", 0)).body).toMatchObject({ error: { code: "version.stale", detail: { revision } } })
    expect([(await save(template, 0)).status, (await admin<Prompt>("GET", path)).body.revision]).toEqual([200, revision])
    const next = await ok(save("Three", revision))
    expect([next.template, next.revision > revision]).toEqual(["Three", true])
    expect((await save("Four", revision)).status).toBe(409)
    expect((await admin("DELETE", `${path}&baseRevision=${revision}`)).body).toMatchObject({ error: { code: "version.stale" } })
    const last = await ok(save("Whatever was there"))
    expect(await ok(admin("DELETE", `${path}&baseRevision=${last.revision}`))).toMatchObject({ source: "default", revision: 0 })
    expect((await save("Five", last.revision)).status).toBe(409)
    expect((await admin("DELETE", `${path}&baseRevision=${last.revision}`)).status).toBe(200)
    for (const wrong of [-1, 1.5, "1"]) expect((await admin("PUT", path, { template: "x", baseRevision: wrong })).status).toBe(422)
  })
})
