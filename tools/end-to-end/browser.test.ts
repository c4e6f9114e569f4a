import AxeBuilder from "@axe-core/playwright"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { Ticket } from "#contract/tickets.ts"
import { fixedSlugify } from "../../testbed/demo-repository.ts"
import { logIn, openContext, startBrowser } from "../browser.ts"
import { type Rig, startRig } from "../rig.ts"
import { MODEL_KEY } from "../world.ts"

// A person in Chromium against the real control plane, by roles and names. Console errors count: the CSP must let everything through.

let rig: Rig
let browser: Browser
let page: Page
let complaints: string[]
const at = (path: string) => rig.control.url + path
const button = (name: string | RegExp) => page.getByRole("button", { name })
const field = (label: string | RegExp) => page.getByLabel(label, { exact: typeof label === "string" })
const heading = (name: string | RegExp) => page.getByRole("heading", { name })

beforeAll(async () => {
  rig = await startRig({ agent: "opencode" })
  await rig.startHost()
  await rig.forge.createRepository({ name: "acme/shop", files: (await import("../../testbed/demo-repository.ts")).demoFiles })
  browser = await startBrowser()
  const opened = await openContext(browser, { viewport: { width: 1280, height: 900 } })
  complaints = opened.complaints
  page = await opened.context.newPage()
  page.setDefaultTimeout(20_000)
})
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

async function newSecret(name: string, value: string): Promise<void> {
  await page.goto(at("/secrets"))
  await button("New secret").first().click()
  const dialog = page.getByRole("dialog")
  await dialog.getByLabel("Name").fill(name)
  await dialog.getByLabel("Value").fill(value)
  await dialog.getByRole("button", { name: "Store the secret" }).click()
  await page.getByText(name, { exact: true }).first().waitFor()
}

async function newTicket(title: string, description: string): Promise<string> {
  await page.goto(at("/tickets/new"))
  await field("Title").fill(title)
  await field(/^Description/)
    .first()
    .fill(description)
  await button("Create ticket").click()
  await page.waitForURL(/\/tickets\/[A-Z]+-\d+$/)
  return new URL(page.url()).pathname.split("/").at(-1) ?? ""
}

describe("a person", () => {
  it("is told when the password is wrong, and logs in with the right one", async () => {
    await page.goto(at("/tickets"))
    await page.waitForURL(/\/login/)
    await field("E-mail").fill(rig.admin.email)
    await field("Password").fill("not the password")
    await button("Log in").click()
    await page.getByText("do not belong together").waitFor()
    // The browser itself notes the 401 of the wrong password; nothing else may have been noted.
    expect(complaints.filter((text) => !text.includes("401"))).toEqual([])
    complaints.length = 0
    await logIn(page, rig.control.url, rig.admin)
    await heading("Dashboard").waitFor()
  })

  it("stores secrets, makes a project and a clanker, and starts it", async () => {
    await newSecret("OPENAI_API_KEY", MODEL_KEY)
    await newSecret("GITHUB_TOKEN", "demo-forge-token-83ab29")

    await page.goto(at("/clankers/new"))
    await field("Name").fill("Shop worker")
    await page.getByRole("radio", { name: "OpenCode" }).check()
    await field(/^Model/).fill("scripted")
    await field(/^Base URL/).fill(rig.model.openaiBaseUrl)
    await page.getByRole("radio", { name: "Docker" }).check()
    await page.getByRole("checkbox", { name: /^OPENAI_API_KEY/ }).check()
    await button("Create clanker").click()
    await page.waitForURL(/\/clankers\/shop-worker$/)
    await button("Start").click()
    await page.getByText("Takes jobs", { exact: true }).waitFor()
    await page.getByRole("list", { name: "Deployment steps" }).getByText("Check image").waitFor()
    await page.getByText("The worker keeps this key.").waitFor()

    await page.goto(at("/projects/new"))
    await field("Name").fill("Shop")
    await field("Repository URL").fill(rig.forge.cloneUrl("acme/shop"))
    await field(/^API URL/).fill(rig.forge.apiUrl)
    await field("Credential")
      .selectOption({ label: "GITHUB_TOKEN" })
      .catch(() => field("Credential").selectOption({ index: 1 }))
    await field("Default clanker").selectOption({ label: "Shop worker" })
    await button("Create project").click()
    await page.waitForURL(/\/projects\/[^/]+$/)
    await heading("Shop").waitFor()
  })

  it("files a ticket, reads the research and the plan, approves them, and opens the pull request", { timeout: 120_000 }, async () => {
    const key = await newTicket("Umlauts in slugs", "`npm test` **fails**.")
    await button("Approve and start planning").click({ timeout: 60_000 })
    await button("Approve and start execution").click({ timeout: 60_000 })
    const link = page.getByRole("link", { name: /pull request|#\d+/i }).first()
    await link.waitFor({ timeout: 60_000 })
    const ticket = await rig.api.get<Ticket>(`/api/tickets/${key}`)
    expect(ticket).toMatchObject({ status: "in_review", phase: "execution", pullRequest: { state: "open" } })
    expect(await rig.forge.git("acme/shop", "show", `${ticket.branch}:src/slugify.js`)).toBe(fixedSlugify.trim())
    expect(complaints).toEqual([])
  })

  it("watches a job live, through dropped connections, without a line lost or repeated", { timeout: 90_000 }, async () => {
    const drops: (() => Promise<void>)[] = []
    await page.routeWebSocket(/\/live\?/, (socket) => {
      socket.connectToServer()
      drops.push(() => socket.close({ code: 4000, reason: "dropped by the test" }))
    })
    const key = await newTicket("A long one", "SCRIPT-SLEEP-6 SCRIPT-TALK-4 `npm test` fails.")
    const { phases } = await rig.api.get<Ticket>(`/api/tickets/${key}`)
    const jobId = phases.research.jobId ?? ""
    await page.setViewportSize({ width: 1280, height: 4000 })
    await page.goto(at(`/jobs/${jobId}?tab=log`))
    const log = page.getByRole("region", { name: "Raw log" })
    await log.getByText("run-agent started").waitFor()
    for (const turn of [1, 2]) {
      await drops.at(-1)?.()
      await until(() => drops.length > turn)
    }
    await rig.api.follow(jobId)
    await log.getByText("report finished").waitFor()
    const watched = await log.innerText()
    await page.reload()
    await log.getByText("report finished").waitFor()
    expect(watched).toBe(await log.innerText())
    expect(watched.match(/run-agent started/g)?.length).toBe(1)
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  it("cancels a job", { timeout: 60_000 }, async () => {
    const key = await newTicket("To be cancelled", "SCRIPT-SLEEP-100 `npm test` fails.")
    const { phases } = await rig.api.get<Ticket>(`/api/tickets/${key}`)
    await page.goto(at(`/jobs/${phases.research.jobId}`))
    await button(/^Cancel/)
      .first()
      .click()
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /cancel/i })
      .last()
      .click()
    const ended = await rig.api.follow(phases.research.jobId ?? "")
    expect(ended).toMatchObject({ status: "cancelled", evidence: { proven: true } })
    await page.getByText("Cancelled", { exact: true }).first().waitFor()
  })

  it("reads why a job failed, and what to do", { timeout: 60_000 }, async () => {
    const key = await newTicket("To fail", "FAULT-401 `npm test` fails.")
    const { phases } = await rig.api.get<Ticket>(`/api/tickets/${key}`)
    await page.goto(at(`/jobs/${phases.research.jobId}`))
    await page.getByText("The model's provider refused the agent's key.").first().waitFor({ timeout: 40_000 })
    await page.getByText("Rotate the agent's secret, then retry.").first().waitFor()
    await button("Retry").first().waitFor()

    await button("Retry with…").click()
    const dialog = page.getByRole("dialog")
    await dialog.getByRole("checkbox", { name: "Begin afresh" }).check()
    const [asked] = await Promise.all([
      page.waitForResponse(/\/retries$/),
      dialog.getByRole("button", { name: "Retry", exact: true }).click(),
    ])
    expect([asked.status(), asked.request().postDataJSON()]).toEqual([202, { fresh: true }])
    const { job }: { job: Job } = await asked.json()
    await page.waitForURL(`**/jobs/${job.id}`)
    expect(complaints).toEqual([])
  })
})

async function until(look: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !look(); await new Promise((resolve) => setTimeout(resolve, 50)))
    if (Date.now() > end) throw new Error("waited 20 s")
}

describe("every page", () => {
  const pages = [
    "/",
    "/tickets",
    "/tickets/new",
    "/jobs",
    "/projects",
    "/projects/new",
    "/clankers",
    "/clankers/new",
    "/clankers/shop-worker",
    "/clankers/shop-worker/edit",
    "/secrets",
    "/hosts",
    "/prompts",
    "/prompts/ticket_research",
    "/prompts/no_such_template",
    "/users",
    "/settings",
    "/audit",
    "/api/docs",
    "/projects?archived=true",
    "/no-such-page",
  ]

  it.each(["light", "dark"] as const)("is free of what axe finds, in %s", { timeout: 120_000 }, async (colorScheme) => {
    const tickets = await rig.api.get<{ items: Ticket[] }>("/api/tickets")
    const jobs = await rig.api.get<{ items: Job[] }>("/api/jobs")
    const projects = await rig.api.get<{ items: { slug: string }[] }>("/api/projects")
    const all = [...pages, `/tickets/${tickets.items.at(-1)?.key}`, `/jobs/${jobs.items[0]?.id}`, `/projects/${projects.items[0]?.slug}`]
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    for (const path of all) {
      await page.goto(at(path))
      await page.getByRole("heading", { level: 1 }).waitFor()
      await page.waitForLoadState("networkidle")
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${path}: ${id}: ${nodes[0]?.html}`)).toEqual([])
    }
    expect(complaints).toEqual([])
  })

  it.each(["light", "dark"] as const)("before the log-in is free of what axe finds too, in %s", async (colorScheme) => {
    const opened = await openContext(browser, { viewport: { width: 1280, height: 900 }, colorScheme, reducedMotion: "reduce" })
    const outside = await opened.context.newPage()
    for (const [path, name] of [
      ["/login", "Log in"],
      ["/setup", "Set up Viberglass"],
      ["/setup#token", "Set up Viberglass"],
    ] as const) {
      // The second of two addresses that differ behind # alone would not load anew.
      await outside.goto("about:blank")
      await outside.goto(at(path))
      await outside.getByRole("heading", { level: 1, name }).waitFor()
      const { violations } = await new AxeBuilder({ page: outside }).analyze()
      expect(violations.map(({ id, nodes }) => `${path}: ${id}: ${nodes[0]?.html}`)).toEqual([])
    }
    expect(opened.complaints).toEqual([])
    await opened.context.close()
  })

  it("shows the API to who is not signed in, each part with what it takes and answers", async () => {
    const opened = await openContext(browser, { viewport: { width: 1280, height: 900 } })
    const outside = await opened.context.newPage()
    await outside.goto(at("/api/docs"))
    await outside.getByText("Create a ticket").click()
    const body = outside.getByRole("region", { name: "Body" }).filter({ visible: true })
    await expect.poll(() => body.textContent()).toContain("projectId: string")
    await outside.getByRole("region", { name: "Answer 201" }).filter({ visible: true }).waitFor()
    expect(opened.complaints).toEqual([])
    await opened.context.close()
  })

  it("carries the security headers, assets too", async () => {
    const html = await fetch(at("/tickets"))
    const [, script = ""] = /src="(\/assets\/[^"]+\.js)"/.exec(await html.text()) ?? []
    for (const path of ["/tickets", script, "/api/openapi.json"]) {
      const { headers } = await fetch(at(path))
      expect(headers.get("content-security-policy"), path).toContain("script-src 'self'")
      expect(headers.get("x-content-type-options"), path).toBe("nosniff")
    }
  })
})
