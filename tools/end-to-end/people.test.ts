import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Prompt } from "#contract/prompts.ts"
import type { Ticket } from "#contract/tickets.ts"
import { logIn, openContext, startBrowser } from "../browser.ts"
import { type Rig, startRig } from "../rig.ts"

// Two people in two browsers: an admin, and Grace whom they let in. What one changes, the other sees without a reload.

const GRACE = { name: "Grace Hopper", email: "grace@example.test", password: "correct horse battery" }
const NEW_PASSWORD = "another horse battery"
const MARK = "Answer in the manner of the shop, 7f3a."

let rig: Rig
let browser: Browser
let page: Page
let grace: Page
let ticket: Ticket
let project: Project
const complaints: { admin: string[]; grace: string[] } = { admin: [], grace: [] }
const at = (path: string) => rig.control.url + path
const button = (name: string | RegExp, on: Page = page) => on.getByRole("button", { name })
const heading = (name: string, on: Page = page) => on.getByRole("heading", { name, exact: true })
const dialog = (on: Page = page) => on.getByRole("dialog")

beforeAll(async () => {
  rig = await startRig({ agent: "opencode" })
  await rig.startHost()
  ;({ project } = await rig.prepare({ repository: "acme/shop", project: "Shop" }))
  ticket = await rig.api.post<Ticket>("/api/tickets", {
    projectId: project.id,
    title: "Umlauts in slugs",
    description: "`npm test` fails.",
  })
  browser = await startBrowser()
  ;[page, grace] = await Promise.all([open("admin"), open("grace")])
  await logIn(page, rig.control.url, rig.admin)
})
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

async function open(who: keyof typeof complaints): Promise<Page> {
  const opened = await openContext(browser, { viewport: { width: 1280, height: 900 } })
  complaints[who] = opened.complaints
  const made = await opened.context.newPage()
  made.setDefaultTimeout(20_000)
  return made
}

/** The browser notes each refusal of the server; what else it notes is a fault. */
const faults = (who: keyof typeof complaints) =>
  complaints[who].filter((text) => !/the server responded with a status of 4\d\d|WebSocket connection to .* failed/.test(text))

describe("a prompt of a project", () => {
  const text = () => page.getByLabel("Text", { exact: true })
  const preview = () => page.getByRole("region", { name: "Preview" })

  it("is corrected where it is wrong, looked at with a ticket, and saved", async () => {
    await page.goto(at("/"))
    await page.keyboard.press("Control+K")
    await page.getByRole("combobox").fill("prompts")
    await page.keyboard.press("Enter")
    await page.getByLabel("Those of").selectOption({ label: "Project Shop" })
    await page.getByRole("link", { name: "Research", exact: true }).click()
    await heading("Research").waitFor()
    await page.getByText("As shipped").waitFor()
    const shipped = await text().inputValue()

    await text().fill(`${MARK}\n\n${shipped.replace("{{ticketTitle}}", "{{ticketTitel}}")}`)
    await page.getByText("“ticketTitel” is no variable").waitFor()
    await page.getByText("Correct what is marked above first.").waitFor()
    const line = (await text().inputValue()).split("\n").findIndex((one) => one.includes("ticketTitel")) + 1
    await button(`Go to line ${line}, column 1`).click()
    expect(await page.evaluate("getSelection().toString()")).toBe("{{ticketTitel}}")
    expect(await page.evaluate("document.activeElement.scrollTop")).toBeGreaterThan(0)
    await page.keyboard.insertText("{{#ticketTitle")
    await page.getByText("The text cannot be parsed").waitFor()
    await page.keyboard.press("Control+Z")
    await page.getByText("“ticketTitel” is no variable").waitFor()
    await page.keyboard.insertText("{{ticketTitle}}")
    await page.getByText("This cannot be saved").waitFor({ state: "detached" })

    await preview().getByText(MARK).waitFor()
    expect(await preview().innerText()).toContain("Umlauts in slugs")
    await page.getByLabel("With the values of").selectOption("")
    await preview().getByText("There is none; the title is all that was said.").waitFor()
    await page.getByRole("tab", { name: "Changes" }).click()
    await page.getByRole("region", { name: "What this text changes" }).getByText(MARK).waitFor()

    await button("Save").click()
    await page.getByText("Project’s own").waitFor()
    expect(await rig.api.get(`/api/prompts/ticket_research?projectId=${project.id}`)).toMatchObject({ source: "project" })
  })

  it("reaches the agent of the next run", { timeout: 90_000 }, async () => {
    await page.goto(at(`/tickets/${ticket.key}`))
    const [started] = await Promise.all([page.waitForResponse(/\/phases\/research\/runs$/), button("Run research").click()])
    const { job }: { job: Job } = await started.json()
    await page.goto(at(`/jobs/${job.id}?tab=prompt`))
    const prompt = page.getByRole("region", { name: "Prompt" })
    await prompt.getByText(MARK).waitFor()
    expect(await prompt.innerText()).toContain("Umlauts in slugs")
    await rig.api.follow(job.id)
    expect(rig.model.requests().some(({ body }) => body.includes(MARK))).toBe(true)
  })

  it("that somebody else saves meanwhile is shown beside one's own, and neither is lost", async () => {
    const path = `/api/prompts/ticket_research?projectId=${project.id}`
    const saved = async () => (await rig.api.get<Prompt>(path)).template
    await page.goto(at(`/prompts/ticket_research?project=${project.id}`))
    await page.getByText("Project’s own").waitFor()
    await text().fill(`${MARK} Mine.`)
    await rig.api.put(path, { template: `${MARK} Theirs.` })
    await button("Save").click()
    await page.getByText("Somebody else saved this template while you were writing").waitFor()
    await page.getByRole("region", { name: "Their text against yours" }).getByText("Theirs.").waitFor()
    expect([await text().inputValue(), await saved()]).toEqual([`${MARK} Mine.`, `${MARK} Theirs.`])
    await button("Save mine over theirs").click()
    await page.getByText("Somebody else saved this template").waitFor({ state: "detached" })
    await page.getByRole("button", { name: "Save", exact: true }).waitFor()
    expect(await saved()).toBe(`${MARK} Mine.`)
  })

  it("is given up, and what it replaced counts again", async () => {
    await page.goto(at(`/projects/${project.slug}`))
    await page.getByRole("link", { name: "Research", exact: true }).click()
    await heading("Research").waitFor()
    await page.getByText("Project’s own").waitFor()
    await button("Reset…").click()
    await dialog().getByText("the text that this release ships with counts").waitFor()
    await dialog().getByRole("button", { name: "Reset template" }).click()
    await page.getByText("As shipped").waitFor()
    expect(await text().inputValue()).not.toContain(MARK)
    expect(await rig.api.get(`/api/prompts/ticket_research?projectId=${project.id}`)).toMatchObject({ source: "default" })
  })
})

describe("a user", () => {
  it("is added by an admin and logs in with what was handed over", async () => {
    await page.goto(at("/users"))
    await button("Add a user").click()
    await dialog().getByLabel("Name").fill(GRACE.name)
    await dialog().getByLabel("E-mail").fill(rig.admin.email)
    await dialog().getByLabel("First password").fill(GRACE.password)
    await dialog().getByRole("button", { name: "Add the user" }).click()
    await dialog().getByText("E-mail is taken").waitFor()
    await dialog().getByLabel("E-mail").fill(GRACE.email)
    await dialog().getByRole("button", { name: "Add the user" }).click()
    expect(await dialog().getByRole("region", { name: "What to hand over" }).innerText()).toContain(GRACE.password)
    await dialog().getByRole("button", { name: "Done" }).click()
    await page.getByRole("table", { name: "Users" }).getByText(GRACE.email).waitFor()

    await logIn(grace, rig.control.url, GRACE)
    await grace.getByRole("link", { name: "Users" }).click()
    await grace.getByText("Only an admin may do this.").waitFor()
    expect(await button(/^Change /, grace).count()).toBe(0)
    await grace.goto(at("/clankers/new"))
    await grace.getByText("Only an admin may do this.").waitFor()
    await grace.goto(at("/prompts/ticket_research"))
    await grace.getByText("The installation’s templates are for its admins.").waitFor()
  })

  it("changes their own password, and stays", async () => {
    await grace.goto(at("/settings"))
    const fill = async (current: string) => {
      await grace.getByLabel("Current password").fill(current)
      await grace.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD)
      await grace.getByLabel("New password again").fill(NEW_PASSWORD)
      await button("Change password", grace).click()
    }
    await fill("not the password")
    await grace.getByText("Current password is not right").waitFor()
    await fill(GRACE.password)
    await grace.getByText("Your password is changed.").waitFor()
    await grace.reload()
    await heading("Settings", grace).waitFor()
    await grace.getByText("Only an admin may do this.").first().waitFor()
  })
})

describe("a project for its members", () => {
  const row = (on: Page) => on.getByRole("table", { name: "Projects" }).getByText("Shop", { exact: true })
  const form = (on: Page) => on.getByRole("form", { name: "Repository" })

  it("is gone for others as soon as it is closed", async () => {
    await grace.getByRole("link", { name: "Projects", exact: true }).click()
    await row(grace).waitFor()
    await page.goto(at(`/projects/${project.slug}`))
    await page.getByRole("radio", { name: "Members only" }).check()
    await page.getByRole("form", { name: "Who sees this project" }).getByRole("button", { name: "Save" }).click()
    await page.getByText("Who sees this project: saved.").waitFor()
    await row(grace).waitFor({ state: "detached" })
    // In a tab of its own: the first one goes on listening.
    const tab = await grace.context().newPage()
    for (const path of [`/projects/${project.slug}`, `/tickets/${ticket.key}`]) {
      await tab.goto(at(path))
      await tab.getByText("Not found").waitFor()
    }
    await tab.close()
  })

  it("lets a viewer read and a member work, as its admin says", async () => {
    await button("Add a member").click()
    await dialog()
      .getByLabel("User")
      .selectOption({ label: `${GRACE.name} (${GRACE.email})` })
    await dialog().getByRole("radio", { name: "Viewer" }).check()
    await dialog().getByRole("button", { name: "Add the member" }).click()
    await page.getByRole("table", { name: "Members" }).getByText(GRACE.email).waitFor()

    await row(grace).click()
    await form(grace).getByText("In this project you may only read.").waitFor()
    expect(await grace.getByRole("link", { name: "New ticket" }).count()).toBe(1)
    await grace.getByText("Only admins of this project or of the installation may do this.").first().waitFor()
    expect(await button("Add a member", grace).count()).toBe(0)

    await button(`Change the role of ${GRACE.name}`).click()
    await dialog().getByRole("radio", { name: "Member" }).check()
    await dialog().getByRole("button", { name: "Save" }).click()
    await form(grace).getByText("Nothing to save yet.").waitFor()
    await grace.getByRole("main").getByRole("link", { name: "Tickets" }).click()
    await grace.getByText("Umlauts in slugs").click()
    await button("Edit", grace).first().click()
    await dialog(grace).getByLabel("Title").fill("Umlauts in every slug")
    await dialog(grace).getByRole("button", { name: "Save" }).click()
    await heading("Umlauts in every slug", grace).waitFor()

    await grace.getByRole("link", { name: "Projects", exact: true }).click()
    await row(grace).waitFor()
    await button(`Remove ${GRACE.name}`).click()
    await dialog().getByRole("button", { name: "Remove member" }).click()
    await row(grace).waitFor({ state: "detached" })
  })

  it("goes into the archive and comes out again", async () => {
    await button("Archive project").click()
    await page.getByText("This project is in the archive").waitFor()
    await page.getByRole("link", { name: "Projects", exact: true }).first().click()
    await heading("Projects").waitFor()
    await row(page).waitFor({ state: "detached" })
    await page.getByRole("radio", { name: "Archived" }).check({ force: true })
    await row(page).click()
    await button("Take it out").click()
    await button("Archive project").waitFor()
    expect(await rig.api.get(`/api/projects/${project.id}`)).toMatchObject({ archivedAt: null, visibility: "members" })
  })
})

describe("an admin", () => {
  it("pauses the installation and sets its rules", async () => {
    await page.goto(at("/settings"))
    await button("Pause").click()
    await page.getByText("Paused", { exact: true }).waitFor()
    await button("Resume").click()
    await page.getByText("Starts jobs").waitFor()
    await page.getByLabel("Jobs at once").fill("0")
    await button("Save the rules").click()
    await page
      .getByRole("form", { name: "Rules of the installation" })
      .getByText(/^Jobs at once /)
      .waitFor()
    await page.getByLabel("Jobs at once").fill("7")
    await page.getByLabel("Jobs of one project at once").fill("3")
    await page.getByRole("checkbox", { name: "Documents need a second approver" }).check()
    await button("Save the rules").click()
    await page.getByText("The rules are saved.").waitFor()
    const rules = { maxConcurrency: 7, projectConcurrency: 3, requireSecondApprover: true, paused: false }
    expect(await rig.api.get("/api/settings")).toMatchObject(rules)
  })

  it("cannot leave the installation without one", async () => {
    await page.goto(at("/users"))
    await button("Change Local admin").click()
    await page.getByRole("menuitem", { name: "Disable…" }).click()
    await dialog().getByRole("button", { name: "Disable user" }).click()
    await dialog().getByText("This is the only admin: make somebody else one first.").waitFor()
    await dialog().getByRole("button", { name: "Keep it" }).click()
  })

  it("disables a user, who is out at once and is told so at the door", async () => {
    const disabled = () => page.getByRole("table", { name: "Users" }).getByText("Disabled").filter({ visible: true })
    await grace.getByRole("link", { name: "Projects", exact: true }).click()
    await heading("Projects", grace).waitFor()
    await button(`Change ${GRACE.name}`).click()
    await page.getByRole("menuitem", { name: "Disable…" }).click()
    await dialog().getByRole("button", { name: "Disable user" }).click()
    await disabled().waitFor()
    await grace.waitForURL(/\/login/)
    const enter = async () => {
      await grace.getByLabel("E-mail").fill(GRACE.email)
      await grace.getByLabel("Password").fill(NEW_PASSWORD)
      await button("Log in", grace).click()
    }
    await enter()
    await grace.getByText("This account is disabled: ask an admin of this installation.").waitFor()

    await button(`Change ${GRACE.name}`).click()
    await page.getByRole("menuitem", { name: "Enable…" }).click()
    await dialog().getByRole("button", { name: "Enable user" }).click()
    await disabled().waitFor({ state: "detached" })
    await enter()
    await heading("Projects", grace).waitFor()
    expect([faults("admin"), faults("grace")]).toEqual([[], []])
  })
})
