import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Clanker, ClankerRevisionWithContents } from "#contract/clankers.ts"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import type { Ticket } from "#contract/tickets.ts"
import type { ApiError } from "../api.ts"
import { logIn, openContext, startBrowser } from "../browser.ts"
import { type Rig, startRig } from "../rig.ts"
import { looksRight } from "./looks-right.ts"

// A clanker's whole life by a person in Chromium, on the real control plane with a real host, worker and agent CLI.

let rig: Rig
let browser: Browser
let page: Page
let complaints: string[]
let clanker: Clanker
let projectId: string
const at = (path: string) => rig.control.url + path
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" })
const dialog = () => page.getByRole("dialog")
const read = (idOrSlug = clanker.id) => rig.api.get<Clanker>(`/api/clankers/${idOrSlug}`)
const result = () => page.getByRole("status", { name: "Result of the self-test" })

beforeAll(async () => {
  rig = await startRig({ agent: "opencode" })
  await rig.startHost()
  const prepared = await rig.prepare({ repository: "acme/shop", project: "Shop" })
  clanker = prepared.clanker
  projectId = prepared.project.id
  browser = await startBrowser()
  const opened = await openContext(browser, { viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" })
  complaints = opened.complaints
  page = await opened.context.newPage()
  page.setDefaultTimeout(20_000)
  await logIn(page, rig.control.url, rig.admin)
  complaints.length = 0
})
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

describe("trying a clanker", () => {
  it("starts a worker that gets its secrets, and shows what the agent said", { timeout: 90_000 }, async () => {
    await page.goto(at(`/clankers/${clanker.slug}`))
    await page.getByText("Not tried yet.").waitFor()
    // Its key is the project's: the test is a job of that project.
    expect(await page.getByLabel("With the secrets of").inputValue()).toBe(projectId)
    await button("Try it").focus()
    await page.keyboard.press("Enter")
    await button("Trying…").waitFor()
    await result().getByText("Succeeded").waitFor({ timeout: 60_000 })
    await result().getByText("Ready.").waitFor()
    const { selfTest } = await read()
    expect(selfTest).toMatchObject({
      status: "succeeded",
      revision: 1,
      answer: "Ready.",
      failure: null,
      agentVersion: expect.stringMatching(/^1\./),
    })
    expect(selfTest?.seconds).toBeGreaterThanOrEqual(0)
    const job = await rig.api.get<Job>(`/api/jobs/${selfTest?.jobId}`)
    expect(job).toMatchObject({ kind: "self-test", status: "succeeded", branch: null, commit: null, pullRequest: null, projectId })
    expect(job.steps.every(({ state }) => state === "done")).toBe(true)
    const { items } = await rig.api.get<{ items: StoredEvent[] }>(`/api/jobs/${job.id}/events?limit=1000`)
    expect(items.filter(({ kind }) => kind === "pushed" || kind === "checkpoint")).toEqual([])
    // Nobody asked the forge for anything.
    expect(rig.forge.requests).toEqual([])
    await looksRight(page, "a clanker that was tried")

    await result().getByRole("link", { name: "Its log" }).click()
    await page.getByRole("heading", { level: 1, name: "Self-test" }).waitFor()
    await page.getByText("A self-test pushes nothing").waitFor()
    await looksRight(page, "the job of a self-test")
  })

  it("says in words what is wrong with it", { timeout: 90_000 }, async () => {
    const { clanker: wrong } = await rig.prepare(
      { repository: "acme/wrong", project: "Wrong" },
      { modelKey: "not-the-key", clanker: { name: "Wrong key" } },
    )
    await page.goto(at(`/clankers/${wrong.slug}`))
    await button("Try it").click()
    await result().getByText("The model's provider refused the agent's key.").waitFor({ timeout: 60_000 })
    await result().getByText("Rotate the agent's secret, then retry.").waitFor()
    await looksRight(page, "a clanker that failed its test")
    expect(complaints).toEqual([])
  })
})

describe("changing a clanker", () => {
  it("makes revisions that can be compared, used and left again", { timeout: 90_000 }, async () => {
    await page.goto(at(`/clankers/${clanker.slug}/edit`))
    await page
      .getByLabel("Upload .md", { exact: true })
      .setInputFiles({ name: "AGENTS.md", mimeType: "text/markdown", buffer: Buffer.from("Be kind.\n") })
    await expect
      .poll(() =>
        page
          .getByLabel(/^AGENTS\.md/)
          .first()
          .inputValue(),
      )
      .toBe("Be kind.\n")
    await page.getByLabel("Upload .md Files").setInputFiles([
      { name: "review.md", mimeType: "text/markdown", buffer: Buffer.from("# Review\n") },
      { name: "How we test.md", mimeType: "text/markdown", buffer: Buffer.from("# Test\n") },
    ])
    const path = page.getByLabel(/^Path of skill 2/)
    await expect.poll(() => path.inputValue()).toBe("skills/How-we-test.md")
    await button("Add Skill").click()
    expect(await page.getByLabel(/^Path of skill 3/).inputValue()).toBe("skills/skill.md")
    await button("Remove").last().click()
    await path.fill("../escape.md")
    await page.getByText("must be like skills/review.md").waitFor()
    await page.getByText("A skill file needs another path.").waitFor()
    expect(await button("Save changes").getAttribute("aria-disabled")).toBe("true")
    await path.fill("skills/test.md")
    await page.getByLabel("Max execution time (seconds)").fill("900")
    await looksRight(page, "a clanker's form")
    await button("Save changes").click()
    await page.getByText("jobs use revision 1 until it is started again").waitFor()
    const stored = await rig.api.get<ClankerRevisionWithContents>(`/api/clankers/${clanker.id}/revisions/2`)
    expect(stored.files.map((file) => [file.path, file.content])).toEqual([
      ["AGENTS.md", "Be kind.\n"],
      ["skills/review.md", "# Review\n"],
      ["skills/test.md", "# Test\n"],
    ])

    await button("Compare revision 2").focus()
    await page.keyboard.press("Enter")
    const configuration = dialog().getByRole("region", { name: "Configuration: from revision 1 to revision 2" })
    await configuration.getByText('"maxExecutionTime": 900').waitFor()
    await dialog().getByRole("region", { name: "skills/test.md: from revision 1 to revision 2" }).getByText("# Test").waitFor()
    await looksRight(page, "two revisions")
    await dialog().getByLabel("From", { exact: true }).selectOption({ label: "Revision 2, newest" })
    await dialog().getByText("Both revisions say the same.").waitFor()
    await page.keyboard.press("Escape")
    await dialog().waitFor({ state: "hidden" })

    await button("Start again").click()
    await page.getByText("Jobs use revision 2").waitFor()
    await button("Go back to revision 1").click()
    await page.getByText("Jobs use revision 1", { exact: true }).waitFor()
    await button("Refresh").click()
    await page.getByText("Host connected").waitFor()
  })

  it("is done to a copy without touching the original", async () => {
    await page.goto(at(`/clankers/${clanker.slug}`))
    await button("Copy").click()
    await page.getByRole("heading", { level: 1, name: `Edit Copy of ${clanker.name}` }).waitFor()
    await page.getByLabel("Name", { exact: true }).fill("The other one")
    await button("Save changes").click()
    await page.getByRole("heading", { level: 1, name: "The other one" }).waitFor()
    const copy = await read(`${clanker.slug}-2`)
    expect(copy).toMatchObject({ name: "The other one", status: "inactive", deployment: null, secretIds: clanker.secretIds })
    expect((await read()).name).toBe(clanker.name)
    for (let model = 1; model <= 9; model++) await rig.api.patch(`/api/clankers/${copy.id}`, { agentSettings: { model: `m${model}` } })
    await button("Compare revision 10").waitFor()
    expect(await button("Compare revision 1").count()).toBe(0)
    await button("Show older revisions").click()
    await button("Compare revision 1").waitFor()
    const tried = button("Try it")
    await page.getByText("Start it first: it takes no jobs now.").waitFor()
    expect(await tried.getAttribute("aria-disabled")).toBe("true")
  })

  it("takes a pasted configuration, and says clearly what is wrong with another", async () => {
    await page.goto(at("/clankers/new"))
    await page.getByText("Paste JSON").click()
    const json = page.getByLabel("Deployment configuration as JSON")
    const fill = async (text: string) => {
      await json.fill(text)
      await button("Fill the fields").click()
    }
    await fill('{ "computeType": "docker", ')
    await page.getByText("This is not JSON.").waitFor()
    await fill('{ "computeType": "kubernetes" }')
    await page.getByText('"computeType" must be "lambda", "ecs" or "docker".').waitFor()
    await fill('{ "computeType": "docker", "memorySize": 3008 }')
    await page.getByText("memorySize is not a field of this strategy. Nothing was filled in.").waitFor()
    await looksRight(page, "a pasted configuration that is refused")
    await fill('{ "computeType": "lambda", "imageUri": "x/viberator-worker:dev-latest", "vpcConfig": { "subnetIds": ["subnet-..."] } }')
    await page.getByText(/filled Image URI and Subnets/).waitFor()
    expect(await page.getByLabel(/^Subnets/).inputValue()).toBe("subnet-...")
    expect(await page.getByLabel(/^Task family/).count()).toBe(0)
    await page.getByLabel("Name", { exact: true }).fill("Pasted")
    await page.getByLabel("Max concurrency").fill("0")
    await button("Create clanker").click()
    await page.getByText("must be at least 1").waitFor()
    await page.getByLabel("Max concurrency").fill("1")
    await button("Create clanker").click()
    await page.getByRole("heading", { level: 1, name: "Pasted" }).waitFor()
    expect((await read("pasted")).deploymentConfig).toMatchObject({ computeType: "lambda", vpcConfig: { subnetIds: ["subnet-..."] } })
  })

  it("says before a start what that start would refuse, where there is no AWS", async () => {
    await page.goto(at("/clankers/pasted"))
    await page.getByText("A start needs more").waitFor()
    expect(await button("Start").getAttribute("aria-disabled")).toBe("true")
    const refused = await rig.api.put(`/api/clankers/${(await read("pasted")).id}/deployment`, {}).catch((error: ApiError) => error.reply)
    const needs = page.locator(".clanker-needs").getByRole("listitem")
    expect(await needs.count()).toBe(Object.keys(Object(Object(refused).detail).fields).length)
    await needs.getByText(/^Subnets: "subnet-..." is not subnet-/).waitFor()
    await needs.getByText("Access to AWS: an admin sets it up").waitFor()
    await looksRight(page, "a clanker that cannot be started yet")
    await page.goto(at("/settings"))
    await page.getByText("This installation has no access to AWS, so clankers run on Docker hosts alone.").waitFor()
    expect(await button("Check AWS access").count()).toBe(0)
    await looksRight(page, "settings without AWS")
  })
})

describe("ending a clanker", () => {
  it("deactivated it cannot be chosen, and everybody is told why", async () => {
    await page.goto(at(`/clankers/${clanker.slug}`))
    await button("Deactivate").click()
    await dialog().getByText("running ones go on to their end").waitFor()
    await dialog().getByRole("button", { name: "Deactivate" }).click()
    await page.getByText("It takes no jobs: a ticket or a project can use it after a start.").waitFor()
    // What it deployed stays, and can still be seen.
    await page.getByText("Image digest").waitFor()
    const { key } = await rig.api.post<Ticket>("/api/tickets", { projectId, title: "x" })
    await page.goto(at(`/tickets/${key}`))
    await page
      .getByText(/Start the clanker .* takes no jobs now/)
      .first()
      .waitFor()
    expect(await button("Run research").getAttribute("aria-disabled")).toBe("true")
    await page.goto(at("/projects/shop"))
    await page.getByText(`Start the clanker ${clanker.name}: it takes no jobs now.`).first().waitFor()
    const option = page.getByLabel("Default clanker").locator("option", { hasText: "The other one" })
    expect(await option.textContent()).toBe("The other one (inactive: start it first)")
    expect(await option.isDisabled()).toBe(true)
    // The browser itself notes the clanker that was refused with 422.
    expect(complaints.filter((text) => !text.includes("422"))).toEqual([])
  })

  it("deleted it names what goes and what stays, and leaves its name with what it did", async () => {
    await rig.api.patch(`/api/projects/${projectId}`, { defaultClankerId: null })
    await page.goto(at(`/clankers/${clanker.slug}`))
    await button("Delete").click()
    await dialog().getByText("2 revisions").waitFor()
    await looksRight(page, "deleting a clanker")
    await dialog().getByRole("button", { name: "Delete clanker" }).click()
    await page.getByText(/is deleted\. The image .* stays on the host this machine\./).waitFor()
    await page.waitForURL(/\/clankers$/)
    await page.goto(at("/jobs?kind=self-test"))
    await page.getByRole("cell", { name: clanker.name, exact: true }).waitFor()
  })
})

describe("a host", () => {
  it("is registered with a command that is shown once, connects live, and is revoked", { timeout: 60_000 }, async () => {
    await page.goto(at("/hosts"))
    await button("Register a host").first().click()
    await dialog().getByLabel("Name").fill("build-box-1")
    await page.keyboard.press("Enter")
    const command = dialog().getByRole("region", { name: "Connect command" })
    await command.waitFor()
    const [token = "no token"] = /vh_\w+/.exec((await command.textContent()) ?? "") ?? []
    await looksRight(page, "a host's command")
    await dialog().getByRole("button", { name: "I have copied it" }).click()
    const row = page.getByRole("row").filter({ hasText: "build-box-1" })
    await row.getByText("Not connected").waitFor()
    expect(await page.content()).not.toContain(token)
    const { items } = await rig.api.get<{ items: { id: string; name: string }[] }>("/api/hosts")
    const id = items.find(({ name }) => name === "build-box-1")?.id ?? ""
    await rig.startHost("build-box-1", process.env["PATH"], { id, token })
    await row.getByText("Connected", { exact: true }).waitFor()
    await row.getByText(/^0 of \d+$/).waitFor()
    await looksRight(page, "hosts")
    await button("Revoke build-box-1").click()
    await dialog().getByRole("button", { name: "Revoke host" }).click()
    await row.waitFor({ state: "detached" })
    await page.getByLabel(/^Show \d+ revoked host/).check()
    await row.getByText("Revoked").waitFor()
  })
})
