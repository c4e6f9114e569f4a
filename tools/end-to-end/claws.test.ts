import AxeBuilder from "@axe-core/playwright"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ClawExecution, ClawSchedule, ClawTemplate } from "#contract/claws.ts"
import type { Job } from "#contract/jobs.ts"
import type { Usage } from "#contract/usage.ts"
import { logIn, openContext, startBrowser } from "../browser.ts"
import { type Rig, startRig } from "../rig.ts"

// Recurring work on one machine: the control plane's own cron, a real agent CLI and git; only the model's answers and the
// forge's REST API are stood in for. Nobody here tells the cron when to look.

const REPOSITORY = "acme/recurring"
let rig: Rig
let project: string

beforeAll(async () => {
  rig = await startRig({ agent: "opencode" })
  await rig.startHost()
  project = (await rig.prepare({ repository: REPOSITORY, project: "Recurring" })).project.id
})
afterAll(() => rig?.close())

const template = (name: string, instructions: string) =>
  rig.api.post<ClawTemplate>("/api/claws/templates", { projectId: project, name, instructions })
const schedule = (templateId: string, name: string, more: object) =>
  rig.api.post<ClawSchedule>("/api/claws/schedules", { templateId, name, ...more })
const executions = async ({ id }: ClawSchedule) =>
  (await rig.api.get<{ items: ClawExecution[] }>(`/api/claws/schedules/${id}/executions`)).items

async function until<T>(what: string, ms: number, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error(`${what} did not come within ${ms / 1000} s`)
}

describe("a schedule that comes due", () => {
  it("opens a real pull request, and one that finds nothing to change succeeds with its note", { timeout: 240_000 }, async () => {
    const busy = await schedule((await template("Write it down", "SCRIPT-WRITE notes/today.txt")).id, "Each minute", { cron: "* * * * *" })
    const idle = await schedule((await template("Look around", "See whether something is to be done.")).id, "Beside", { cron: "* * * * *" })
    const first = (of: ClawSchedule) => until(`a run of ${of.name}`, 90_000, async () => (await executions(of)).at(-1))
    const [began, looked] = await Promise.all([first(busy), first(idle)])
    for (const { id } of [busy, idle]) await rig.api.patch(`/api/claws/schedules/${id}`, { enabled: false })
    expect(began).toMatchObject({ trigger: "schedule", dueAt: busy.nextRunAt })
    const ended = (of: ClawSchedule, { id }: ClawExecution) =>
      until(`the end of ${of.name}`, 90_000, async () => (await executions(of)).find((run) => run.id === id && run.endedAt !== null))

    const done = await ended(busy, began)
    const job = await rig.api.get<Job>(`/api/jobs/${done.jobId}`)
    expect([done.status, done.pullRequest]).toEqual(["succeeded", job.pullRequest?.url])
    expect((await rig.forge.pullRequests(REPOSITORY)).map(({ html_url }) => html_url)).toContain(done.pullRequest)
    expect(job.branch).toMatch(/write-it-down/)
    expect(await rig.forge.git(REPOSITORY, "show", `${job.branch}:notes/today.txt`)).toBe("Written by the scripted model.")
    expect(rig.model.requests().some(({ keyAccepted }) => keyAccepted)).toBe(true)

    const nothing = await ended(idle, looked)
    expect(nothing).toMatchObject({ status: "succeeded", reason: "nothing had to be changed" })
    expect(nothing.pullRequest).toBeUndefined()
    const { total } = await rig.api.get<Usage>(`/api/usage?scheduleId=${idle.id}`)
    expect(total).toMatchObject({ jobs: 1, succeeded: 1 })
    expect(total.inputTokens).toBeGreaterThan(0)
  })
})

describe("a person in Chromium", () => {
  let browser: Browser
  let page: Page
  let complaints: string[]
  const at = (path: string) => rig.control.url + path
  const button = (name: string | RegExp) => page.getByRole("button", { name })

  beforeAll(async () => {
    browser = await startBrowser()
    const opened = await openContext(browser, { viewport: { width: 1280, height: 900 }, timezoneId: "Europe/Berlin" })
    complaints = opened.complaints
    page = await opened.context.newPage()
    page.setDefaultTimeout(20_000)
    await logIn(page, rig.control.url, rig.admin)
  })
  afterAll(() => browser?.close())

  it(
    "writes a template, schedules it with the next runs in sight, runs it now, follows its job, and pauses it",
    { timeout: 180_000 },
    async () => {
      await page.getByRole("link", { name: "Claws" }).click()
      await page.getByRole("link", { name: "New template" }).click()
      await page.getByLabel("Name").fill("Weekly care")
      await page.getByLabel("Instructions", { exact: true }).fill("SCRIPT-WRITE care.txt")
      await button("Create template").click()
      await page.getByRole("heading", { level: 1, name: "Weekly care" }).waitFor()

      await page.getByRole("link", { name: "New schedule" }).click()
      await page.getByLabel("Name").fill("Monday mornings")
      const cron = page.getByLabel("Cron expression")
      await cron.fill("0 25 * * 1")
      await page.getByText(/^Cron expression cannot be read/).waitFor()
      await cron.fill("30 7 * * 1")
      await page.getByText("At 07:30, only on Monday").waitFor()
      const next = page.getByRole("list", { name: "Next runs" }).getByRole("listitem")
      await next
        .filter({ hasText: /^.*Mon, .*07:30$/ })
        .nth(4)
        .waitFor()
      await page.getByLabel("Time zone").fill("Nowhere/Else")
      await page.getByText(/Time zone must be an IANA time zone/).waitFor()
      await page.getByLabel("Time zone").fill("Europe/Berlin")
      await page.getByRole("checkbox", { name: "Tell another program" }).check()
      await page.getByLabel("URL").fill("https://receiver.test/hook")
      await button("Create schedule").click()
      await page
        .getByRole("dialog")
        .getByText(/^whsec_/)
        .waitFor()
      await button("I have copied it").click()
      await page.getByRole("heading", { level: 1, name: "Monday mornings" }).waitFor()
      expect(await page.content()).not.toContain("whsec_")

      await button("Run now").click()
      const runs = page.getByRole("table", { name: "Runs of Monday mornings" })
      await runs.getByText("Running", { exact: true }).waitFor()
      // Told by the feed: the page is not loaded again.
      await runs.getByText("Succeeded", { exact: true }).waitFor({ timeout: 90_000 })
      await runs.getByRole("link", { name: "Pull request" }).waitFor()
      await runs.getByRole("link", { name: "Job" }).click()
      await page.getByRole("heading", { level: 1, name: "Claw" }).waitFor()
      await page.getByRole("link", { name: "Monday mornings" }).click()

      await button("Pause").click()
      await page.getByText("None while it is paused.").waitFor()
      await page.getByRole("link", { name: "Claws" }).first().click()
      const row = page.getByRole("row", { name: /Monday mornings/ })
      await row
        .getByRole("list", { name: "Newest runs of Monday mornings" })
        .getByText(/^Succeeded/)
        .waitFor()
      await row.getByRole("button", { name: "Resume Monday mornings" }).focus()
      await page.keyboard.press("Enter")
      await row
        .getByText(/Mon, .*07:30/)
        .last()
        .waitFor()
      // A schedule that has run is what keeps its template; the dialog says so before anybody tries.
      await page.getByRole("radio", { name: "Task templates" }).check({ force: true })
      await page.getByRole("link", { name: /Weekly care/ }).click()
      await button("Delete").click()
      await page.getByText("It has 1 schedule: delete them first.").first().waitFor()
      await page.keyboard.press("Escape")
      // The browser itself notes each preview that was refused; nothing else may have been noted.
      expect(complaints.filter((text) => !text.includes("422"))).toEqual([])
      complaints.length = 0
    },
  )

  it("sees what was used: in a chart, and in a table for who cannot see it", async () => {
    await page.goto(at("/usage"))
    await page
      .getByRole("img", { name: /Cost and tokens of each day/ })
      .locator("canvas")
      .waitFor()
    await page.getByText("The same as a table").click()
    await page.getByRole("table", { name: "Usage by day" }).getByText(new Date().toISOString().slice(0, 10)).waitFor()
    await page.getByRole("table", { name: "Usage by project" }).getByRole("link", { name: "Recurring" }).waitFor()
    await page.getByRole("radio", { name: "By ticket" }).check({ force: true })
    await page.getByRole("table", { name: "Usage by ticket" }).getByText("Without a ticket").waitFor()
    expect(complaints).toEqual([])
  })

  it.each(["light", "dark"] as const)("finds nothing that axe would, in %s", { timeout: 120_000 }, async (colorScheme) => {
    const [one] = (await rig.api.get<{ items: ClawSchedule[] }>("/api/claws/schedules")).items
    const pages = [
      ...["/claws", "/claws?view=templates", "/claws/templates/new", `/claws/templates/${one?.templateId}`],
      ...[
        `/claws/templates/${one?.templateId}/edit`,
        "/claws/schedules/new",
        `/claws/schedules/${one?.id}`,
        `/claws/schedules/${one?.id}/edit`,
      ],
      ...["/claws/schedules/sch_00000000000000000000000000000000", "/usage"],
    ]
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    for (const path of pages) {
      await page.goto(at(path))
      await page.getByRole("heading", { level: 1 }).waitFor()
      await page.waitForLoadState("networkidle")
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${path}: ${id}: ${nodes[0]?.html}`)).toEqual([])
    }
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([])
  })
})
