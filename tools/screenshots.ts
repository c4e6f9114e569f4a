// Every page in both themes at 360 and 1440 px, of the real product after a day's work: docs/screenshots/<page>-<theme>-<width>.png.
// Those of AWS need moto (testbed/aws.ts); without it they are left out.
// With words behind it only the pages whose names begin with one of them: `npm run screenshots -- ticket login`.
import { randomBytes } from "node:crypto"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import type { Clanker } from "#contract/clankers.ts"
import type { ClawExecution, ClawSchedule, ClawTemplate } from "#contract/claws.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project } from "#contract/projects.ts"
import type { Prompt } from "#contract/prompts.ts"
import type { PhaseDocument, Ticket } from "#contract/tickets.ts"
import type { Person, Role } from "#contract/users.ts"
import { hasMoto } from "../testbed/aws.ts"
import type { Api } from "./api.ts"
import { startAwsRig } from "./aws-rig.ts"
import { logIn, openContext, startBrowser } from "./browser.ts"
import { ROOT } from "./build.ts"
import { type Rig, startRig } from "./rig.ts"

const FOLDER = join(ROOT, "docs/screenshots")
const WIDTHS = [360, 1440] as const
const THEMES = ["light", "dark"] as const
/** Pages that are there whatever the day was like. */
const ALWAYS: Record<string, At> = {
  "projects-archived": "/projects?archived=true",
  "project-new": "/projects/new",
  clankers: "/clankers",
  "clanker-new": "/clankers/new",
  secrets: "/secrets",
  hosts: "/hosts",
  users: "/users",
  audit: "/audit",
  "api-docs": "/api/docs",
  settings: "/settings",
}

const wanted = process.argv.slice(2)
const isWanted = (name: string) => wanted.length === 0 || wanted.some((word) => name.startsWith(word))
if (wanted.length === 0) rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const rig = hasMoto ? await startAwsRig({ images: true }) : await startRig({ agent: "opencode" })
const browser = await startBrowser()
const pages = await aDaysWork(rig)
for (const width of WIDTHS) {
  for (const colorScheme of THEMES) {
    const { context } = await openContext(browser, {
      viewport: { width, height: width === 360 ? 740 : 900 },
      colorScheme,
      reducedMotion: "reduce",
    })
    const page = await context.newPage()
    await shoot(page, "login", `${rig.control.url}/login`, `${colorScheme}-${width}`)
    await logIn(page, rig.control.url, rig.admin)
    for (const [name, at] of Object.entries(pages)) {
      const [path, open] = typeof at === "string" ? [at] : at
      await shoot(page, name, rig.control.url + path, `${colorScheme}-${width}`, open)
    }
    await context.close()
  }
}
await browser.close()
await rig.close()
process.exit(0)

/** `open` leads to a state of the page that has no address of its own. */
async function shoot(page: Page, name: string, url: string, suffix: string, open?: (page: Page) => Promise<void>): Promise<void> {
  if (!isWanted(name)) return
  await page.goto(url)
  await page.getByRole("heading", { level: 1 }).waitFor()
  await page.waitForLoadState("networkidle")
  // `#` names a heading to be brought into sight: pages have no anchors of their own.
  const below = decodeURIComponent(new URL(url).hash.slice(1))
  const heading = `[...document.querySelectorAll("h2")].find(({ textContent }) => textContent === ${JSON.stringify(below)})`
  if (below) await page.evaluate(`${heading}.scrollIntoView({ block: "center" })`)
  await open?.(page)
  await page.screenshot({ path: join(FOLDER, `${name}-${suffix}.png`), animations: "disabled" })
}

type At = string | readonly [path: string, open: (page: Page) => Promise<void>]

/** A ticket with its pull request, one with a plan to read, one at work, one that failed; answers each page's path. */
async function aDaysWork({ api, startHost, prepare, control }: Rig): Promise<Record<string, At>> {
  await startHost()
  const { project, clanker } = await prepare({ repository: "acme/demo", project: "Demo" })
  const ticket = (title: string, description: string, more: object = {}) =>
    api.post<Ticket>("/api/tickets", { projectId: project.id, title, description, ...more })
  const run = async (id: string, phase: string) => (await api.post<{ job: Job }>(`/api/tickets/${id}/phases/${phase}/runs`, {})).job
  const through = async (id: string, phase: string, approve: boolean) => {
    const job = await api.follow((await run(id, phase)).id)
    if (!approve) return job
    const { revision } = await api.get<PhaseDocument>(`/api/tickets/${id}/phases/${phase}/document`)
    await api.put(`/api/tickets/${id}/phases/${phase}/document/approval`, { state: "approved", revision })
    return job
  }
  const done = await ticket("slugify loses letters with accents", "`npm test` fails. “Über uns!” must become `uber-uns`.", {
    severity: "high",
    labels: ["bug"],
  })
  await through(done.id, "research", true)
  await through(done.id, "planning", true)
  const executed = await through(done.id, "execution", false)
  const planned = await ticket(
    "Say in the README how to run the tests",
    "Newcomers ask.\n\n- where the tests are\n- how to run one of them",
    { labels: ["docs"] },
  )
  await through(planned.id, "research", true)
  await through(planned.id, "planning", false)
  await discuss(api, planned.id)
  const reported = await ticket("The list of tickets is hard to read", "Look at ![list.png](list.png): everything has the same weight.")
  await attachPicture(`${control.url}/api/tickets/${reported.id}/attachments`)
  const shelved = await ticket("Translate the slugs", "A wish of last year.")
  await api.patch(`/api/tickets/${shelved.id}`, { archived: true })
  const failed = await ticket("Slugs for titles in Greek", "FAULT-401", { severity: "low" })
  const failure = await through(failed.id, "research", false)
  const working = await ticket("Keep dots in version numbers", "SCRIPT-SLEEP-580 “v1.2” should stay `v1.2`.", { severity: "critical" })
  const live = await run(working.id, "research")
  await changed(api, clanker, project.id)
  await company(api, project.id)
  const claws = await recurring(api, project.id)
  await ticket("Nobody has looked at this yet", "A wish.", { category: "Ideas" })
  return {
    dashboard: "/",
    tickets: "/tickets",
    "tickets-board": "/tickets?view=board",
    "ticket-new": "/tickets/new",
    "ticket-done": `/tickets/${done.key}`,
    "ticket-plan": `/tickets/${planned.key}`,
    "ticket-running": `/tickets/${working.key}`,
    "ticket-files": `/tickets/${reported.key}`,
    ...statesOf(api, planned),
    "ticket-archived": `/tickets/${shelved.key}`,
    jobs: "/jobs",
    "job-done": `/jobs/${executed.id}`,
    "job-log": `/jobs/${executed.id}?tab=log`,
    "job-failed": `/jobs/${failure.id}`,
    "job-retry": [`/jobs/${failure.id}`, beginAfresh],
    "job-running": `/jobs/${live.id}`,
    ...claws,
    projects: "/projects",
    project: `/projects/${project.slug}`,
    "project-members": `/projects/${project.slug}#Members`,
    clanker: `/clankers/${clanker.slug}`,
    "clanker-revisions": [`/clankers/${clanker.slug}`, compareRevisions],
    ...(hasMoto ? await onAws(api) : {}),
    prompts: `/prompts?project=${project.id}`,
    prompt: `/prompts/ticket_research?project=${project.id}`,
    ...ALWAYS,
  }
}

/** Clankers in AWS: started, refused there, and one that lacks something before a start. */
async function onAws(api: Api): Promise<Record<string, At>> {
  const clanker = async (name: string, deploymentConfig: object, starts = true) => {
    const { id, slug } = await api.post<Clanker>("/api/clankers", { name, agent: "opencode", deploymentConfig })
    if (!starts) return slug
    await api.put(`/api/clankers/${id}/deployment`, {})
    await api.deployed(id)
    return slug
  }
  const ecs = await clanker("Long jobs", { computeType: "ecs", cpu: 2048, memory: 8192 })
  const lambda = await clanker("Short jobs", { computeType: "lambda" })
  const refused = await clanker("Elsewhere", { computeType: "ecs", subnetIds: ["subnet-0123456789abcdef0"] })
  const lacking = await clanker("Unfinished", { computeType: "lambda", vpcConfig: { subnetIds: ["subnet-..."] } }, false)
  return {
    "clanker-ecs": `/clankers/${ecs}`,
    "clanker-ecs-form": [
      `/clankers/${ecs}/edit`,
      async (page) => {
        await page.getByText("More settings").click()
        await page.getByRole("heading", { name: "Where it runs" }).evaluate((heading) => heading.scrollIntoView({ block: "start" }))
      },
    ],
    "clanker-lambda": `/clankers/${lambda}`,
    "clanker-refused": `/clankers/${refused}`,
    "clanker-unfinished": `/clankers/${lacking}`,
    "settings-aws": [
      "/settings",
      async (page) => {
        await page.getByRole("button", { name: "Check AWS access" }).click()
        await page.getByText(/in the way/).waitFor()
        await page.getByRole("heading", { name: "AWS", exact: true }).evaluate((heading) => heading.scrollIntoView({ block: "start" }))
      },
    ],
  }
}

async function beginAfresh(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Retry with…" }).click()
  await page.getByRole("checkbox", { name: "Begin afresh" }).check()
}

async function compareRevisions(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Compare revision 2" }).click()
  await page.getByRole("region", { name: /^AGENTS.md: from revision/ }).waitFor()
}

/** A clanker that was tried, edited since, and not started again. */
async function changed(api: Api, { id }: Clanker, projectId: string): Promise<void> {
  const { job } = await api.post<{ job: Job }>(`/api/clankers/${id}/self-tests`, { projectId })
  await api.follow(job.id)
  const files = [
    { path: "AGENTS.md", content: "Run `npm test` before you say that you are done.\nKeep the diff small.\n" },
    { path: "skills/review.md", content: "# Review\n\nRead the diff as a stranger would.\n" },
  ]
  await api.patch(`/api/clankers/${id}`, { files, maxExecutionTime: 1800 })
}

/** What a ticket's page and the list show once somebody has begun something. */
function statesOf(api: Api, planned: Ticket): Record<string, At> {
  return {
    "ticket-lines": [`/tickets/${planned.key}`, (page) => viewOf(page, "Lines")],
    "ticket-revisions": [`/tickets/${planned.key}`, (page) => viewOf(page, "Revisions")],
    "ticket-revise": [
      `/tickets/${planned.key}`,
      async (page) => {
        await page.getByRole("button", { name: "Revise…" }).click()
        await page.getByText("go along").waitFor()
      },
    ],
    "ticket-own-work": [
      `/tickets/${planned.key}`,
      async (page) => {
        await api.patch("/api/settings", { requireSecondApprover: true })
        await page.reload()
        const notice = page.getByText("Somebody else has to approve this")
        await notice.waitFor()
        // The page has read it; the others are to look as they always do.
        await api.patch("/api/settings", { requireSecondApprover: false })
        await notice.scrollIntoViewIfNeeded()
      },
    ],
    "tickets-selected": [
      "/tickets",
      async (page) => {
        await page.getByRole("checkbox", { name: "Select all tickets on this page" }).check()
        await page.getByRole("button", { name: "Archive" }).click()
        await page.getByText("Nothing was archived").waitFor()
      },
    ],
  }
}

/** A template with schedules: one that has worked, one that failed and one that is paused. */
async function recurring(api: Api, projectId: string): Promise<Record<string, At>> {
  const template = (name: string, instructions: string, more: object = {}) =>
    api.post<ClawTemplate>("/api/claws/templates", { projectId, name, instructions, ...more })
  const schedule = (templateId: string, name: string, more: object) =>
    api.post<ClawSchedule>("/api/claws/schedules", { templateId, name, timeZone: "Europe/Berlin", ...more })
  const run = async ({ id }: ClawSchedule) => {
    const { jobId } = await api.post<ClawExecution>(`/api/claws/schedules/${id}/executions`, {})
    if (jobId) await api.follow(jobId)
  }
  const upkeep = await template(
    "Update the dependencies",
    "Look for **newer versions**, one pull request for all.\n\nSCRIPT-WRITE versions.txt",
    {
      description: "Small steps each week rather than a big one each year.",
    },
  )
  const links = await template("Look for dead links", "FAULT-401 Follow each link of the README.", { opensPullRequest: false })
  const weekly = await schedule(upkeep.id, "Monday mornings", { cron: "0 9 * * 1", webhook: { url: "https://example.com/hooks/claws" } })
  const nightly = await schedule(links.id, "Each night", { cron: "30 2 * * *", timeZone: "America/New_York" })
  const paused = await schedule(upkeep.id, "Every two weeks", { interval: "2w", enabled: false })
  for (const one of [weekly, weekly, weekly, nightly]) await run(one)
  return {
    claws: "/claws",
    "claws-templates": "/claws?view=templates",
    "claw-template": `/claws/templates/${upkeep.id}`,
    "claw-template-new": "/claws/templates/new",
    "claw-schedule": `/claws/schedules/${weekly.id}`,
    "claw-schedule-edit": `/claws/schedules/${paused.id}/edit`,
    "claw-schedule-new": "/claws/schedules/new",
    usage: "/usage",
  }
}

/** People, a prompt of the project's own and a project that is done with. */
async function company(api: Api, projectId: string): Promise<void> {
  const password = randomBytes(12).toString("base64url")
  const person = (name: string, role: Role) =>
    api.post<Person>("/api/users", { name, email: `${name.toLowerCase()}@example.test`, role, password })
  const [grace, linus] = [await person("Grace", "member"), await person("Linus", "viewer")]
  await api.patch(`/api/users/${(await person("Edsger", "member")).id}`, { disabled: true })
  await api.put(`/api/projects/${projectId}/members/${grace.id}`, { role: "admin" })
  await api.put(`/api/projects/${projectId}/members/${linus.id}`, { role: "member" })
  const key = `/api/prompts/ticket_research?projectId=${projectId}`
  const { template } = await api.get<Prompt>(key)
  await api.put(key, { template: template.replace("Be exact and brief:", "Write in short sentences. Be exact and brief:") })
  const old = await api.post<Project>("/api/projects", { name: "Old shop", repositoryUrl: "https://github.com/acme/old-shop.git" })
  await api.patch(`/api/projects/${old.id}`, { archived: true })
}

/** Comments on a plan, one of them resolved, one on a former revision. */
async function discuss(api: Rig["api"], ticketId: string): Promise<void> {
  const document = `/api/tickets/${ticketId}/phases/planning/document`
  const comment = (revision: number, line: number, body: string) =>
    api.post<{ id: string }>(`${document}/comments`, { revision, line, body })
  const { content } = await api.get<PhaseDocument>(document)
  await comment(1, 3, "Is NFKD enough for “ß”?")
  await api.put(document, {
    baseRevision: 1,
    content: content.replace("Nothing stores slugs here.", "Two tables store slugs; they keep theirs."),
  })
  await comment(2, 8, "Which two? Please name them.")
  const done = await comment(2, 5, "And the linter?")
  await api.patch(`${document}/comments/${done.id}`, { status: "resolved" })
}

async function viewOf(page: Page, name: string): Promise<void> {
  const panel = page.getByRole("region", { name: "Planning", exact: true })
  await panel.getByText(name, { exact: false }).first().click()
  await panel.scrollIntoViewIfNeeded()
  await page.waitForLoadState("networkidle")
  await panel.evaluate((element) => element.scrollIntoView({ block: "start" }))
}

/** The page as it looks, attached by the person who looks at it. */
async function attachPicture(url: string): Promise<void> {
  const { context } = await openContext(browser, { viewport: { width: 900, height: 560 } })
  const page = await context.newPage()
  await logIn(page, rig.control.url, rig.admin)
  await page.goto(`${rig.control.url}/tickets`)
  await page.waitForLoadState("networkidle")
  const picture = await page.screenshot()
  await context.close()
  const body = new FormData()
  body.set("file", new File([new Uint8Array(picture)], "list.png", { type: "image/png" }))
  const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${rig.admin.token}` }, body })
  if (!answer.ok) throw new Error(`the picture was refused: ${await answer.text()}`)
}
