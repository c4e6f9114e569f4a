import { readFileSync } from "node:fs"
import type { Browser, Locator, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { DocumentComment, PhaseDocument, Ticket } from "#contract/tickets.ts"
import { logIn, openContext, startBrowser } from "../browser.ts"
import { type Rig, startRig } from "../rig.ts"
import { looksRight } from "./looks-right.ts"

// One ticket from its first screenshot to the archive, by a person in Chromium, against the real control plane, host, agent CLI and git.

let rig: Rig
let browser: Browser
let page: Page
let complaints: string[]
let projectId: string
let key: string
const at = (path: string) => rig.control.url + path
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" })
const dialog = () => page.getByRole("dialog")
const panel = (name: string) => page.getByRole("region", { name, exact: true })
const document = (phase = "research") => `/api/tickets/${key}/phases/${phase}/document`
const ticket = () => rig.api.get<Ticket>(`/api/tickets/${key}`)

beforeAll(async () => {
  rig = await startRig({ agent: "opencode" })
  await rig.startHost()
  projectId = (await rig.prepare({ repository: "acme/shop", project: "Shop" })).project.id
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

/** What the browser does when a picture of the clipboard is pasted, or a file is let go above the page. */
const hand = (into: Locator, act: "paste" | "drop", { name, picture }: { name: string; picture: Buffer }) =>
  into.evaluate(
    (element, { act, name, base64 }) => {
      const { DataTransfer, File, ClipboardEvent, DragEvent } = element.ownerDocument.defaultView
      const files = new DataTransfer()
      files.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.codePointAt(0) ?? 0)], name, { type: "image/png" }))
      const bubbles = { bubbles: true, cancelable: true }
      element.dispatchEvent(
        act === "paste"
          ? new ClipboardEvent(act, { ...bubbles, clipboardData: files })
          : new DragEvent(act, { ...bubbles, dataTransfer: files }),
      )
    },
    { act, name, base64: picture.toString("base64") },
  )

const isDrawn = (picture: Locator) => expect.poll(() => picture.evaluate(({ naturalWidth }) => naturalWidth)).toBeGreaterThan(0)

describe("a ticket", () => {
  it("is filed with pictures, and loses none when an upload fails", { timeout: 90_000 }, async () => {
    await page.goto(at("/tickets/new"))
    await page.getByLabel("Title").fill("Umlauts in slugs")
    const shot = await page.screenshot()
    const description = page.getByRole("textbox", { name: /^Description/ })
    await description.fill("`npm test` **fails**, see ![the forum](https://forum.example/shot.png):\n")
    await description.press("Control+End")
    await hand(description, "paste", { name: "image.png", picture: shot })
    await expect.poll(() => description.inputValue()).toContain("![pasted.png](pasted.png)")
    await page.getByLabel("Add files").setInputFiles([
      { name: "list.png", mimeType: "image/png", buffer: shot },
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") },
    ])
    await page.getByText("notes.txt was left out: only pictures").waitFor()
    await hand(page.getByRole("heading", { level: 1 }), "drop", { name: "dropped.png", picture: shot })
    await page.getByText("dropped.png").waitFor()
    await page.getByText("Preview", { exact: true }).click()
    await isDrawn(page.getByRole("img", { name: "pasted.png" }))
    await looksRight(page, "a new ticket with files")

    let uploads = 0
    await page.route(/\/attachments$/, (route) => {
      uploads += 1
      return uploads === 2 ? route.abort("connectionreset") : route.continue()
    })
    await button("Create ticket").click()
    await page.waitForURL(/\/tickets\/[A-Z]+-\d+$/)
    key = new URL(page.url()).pathname.split("/").at(-1) ?? ""
    await page.getByText("one file is not uploaded yet: try again there. Research was not started.").waitFor()
    expect((await ticket()).attachments.map(({ name }) => name)).toEqual(["pasted.png", "dropped.png"])
    expect((await ticket()).phases.research.jobId).toBeUndefined()
    await page.getByText("Not uploaded.").waitFor()
    await button("Try again").click()
    await button(/^Show list\.png/).waitFor()
    expect((await ticket()).attachments.map(({ name }) => name)).toEqual(["pasted.png", "dropped.png", "list.png"])
    // The browser itself notes the upload that was cut.
    expect(complaints.filter((text) => !text.includes("ERR_CONNECTION_RESET"))).toEqual([])
    complaints.length = 0
    await button("Dismiss").click()
  })

  it("shows its pictures, large on demand, and lets one go", { timeout: 60_000 }, async () => {
    await isDrawn(page.getByRole("img", { name: "pasted.png" }))
    await page.getByRole("link", { name: "the forum" }).waitFor()
    await button(/^Show pasted\.png/).click()
    await isDrawn(dialog().getByRole("img", { name: "pasted.png" }))
    await page.keyboard.press("ArrowRight")
    await isDrawn(dialog().getByRole("img", { name: "dropped.png" }))
    await looksRight(page, "a picture")
    await page.keyboard.press("Escape")
    await dialog().waitFor({ state: "hidden" })
    await button("Remove list.png…").click()
    await dialog().getByRole("button", { name: "Remove the file" }).click()
    await button(/^Show list\.png/).waitFor({ state: "detached" })
    expect((await ticket()).attachments.map(({ name }) => name)).toEqual(["pasted.png", "dropped.png"])
    expect(complaints).toEqual([])
  })

  it("is researched, and its document is edited against somebody else's edit", { timeout: 120_000 }, async () => {
    await button("Run research").click()
    await button("Edit").nth(1).waitFor({ timeout: 60_000 })
    const { jobId } = (await ticket()).phases.research
    expect((await rig.api.get<{ prompt: string }>(`/api/jobs/${jobId}/prompt`)).prompt).toContain("1-pasted.png")
    await panel("Research").getByRole("button", { name: "Edit", exact: true }).click()
    const editor = panel("Research").getByRole("textbox", { name: "Document" })
    const { content } = await rig.api.get<PhaseDocument>(document())
    await editor.fill(`${content}\nMine.\n`)
    await rig.api.put(document(), { content: `${content}\nTheirs.\n`, baseRevision: 1 })
    await page.getByText("Revision 2 came while you were writing").waitFor()
    const difference = page.getByRole("region", { name: "Revision 2 against your text" })
    await difference.getByText("Theirs.").waitFor()
    await difference.getByText("Mine.").waitFor()
    await looksRight(page, "two edits at once")
    await editor.fill(`${content}\nTheirs.\n\nMine.\n`)
    await button("Save mine as revision 3").click()
    await panel("Research").getByText("Revision 3", { exact: true }).waitFor()
    expect((await rig.api.get<PhaseDocument>(document())).content).toBe(`${content}\nTheirs.\n\nMine.\n`)
  })

  it("is commented on by keyboard, line by line, and downloaded", { timeout: 60_000 }, async () => {
    const research = panel("Research")
    await research.getByText("Lines", { exact: true }).click()
    await button("Comment on line 1").focus()
    for (const press of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(press)
    await page.getByRole("textbox", { name: "Comment on line 3" }).waitFor()
    await page.keyboard.type("Which node version was this?")
    await page.keyboard.press("Control+Enter")
    const remark = page.getByRole("article")
    await remark.getByText("Which node version was this?").waitFor()
    await expect.poll(() => button("Comment on line 3").evaluate((number) => number === number.ownerDocument.activeElement)).toBe(true)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Never mind.")
    await page.keyboard.press("Control+Enter")
    await remark.filter({ hasText: "Never mind." }).getByRole("button", { name: "Resolve" }).click()
    await page.getByText("1 resolved").waitFor()
    await button("Comment on line 1").click()
    await page.keyboard.type("Tpyo.")
    await page.keyboard.press("Control+Enter")
    await remark.filter({ hasText: "Tpyo." }).getByRole("button", { name: "Edit" }).click()
    await looksRight(page, "lines with comments, one of them edited")
    await remark.getByRole("textbox", { name: "Comment" }).fill("Typo.")
    await remark.getByRole("button", { name: "Save" }).click()
    await remark.filter({ hasText: "Typo." }).getByRole("button", { name: "Delete…" }).click()
    await dialog().getByRole("button", { name: "Delete comment" }).click()
    await remark.filter({ hasText: "Typo." }).waitFor({ state: "detached" })
    const { items } = await rig.api.get<{ items: DocumentComment[] }>(`${document()}/comments`)
    expect(items.map(({ line, status, body }) => [line, status, body])).toEqual([
      [4, "resolved", "Never mind."],
      [3, "open", "Which node version was this?"],
    ])
    const [file] = await Promise.all([page.waitForEvent("download"), research.getByRole("button", { name: "Download as .md" }).click()])
    expect(file.suggestedFilename()).toBe(`${key}-research.md`)
    expect(readFileSync(await file.path(), "utf8")).toBe((await rig.api.get<PhaseDocument>(document())).content)
  })

  it("asks for the line of a comment under which the document moved on", { timeout: 60_000 }, async () => {
    await button("Comment on line 2").click()
    await page.keyboard.type("Say since when.")
    const { content, revision } = await rig.api.get<PhaseDocument>(document())
    await rig.api.put(document(), { content: `# A new first line\n${content}`, baseRevision: revision })
    await page.getByText("The document is at revision 4 now").waitFor()
    await page.getByText("Say since when.").waitFor()
    await looksRight(page, "a comment without its line")
    await button("Comment on line 3").click()
    await page.keyboard.press("Control+Enter")
    await page.getByRole("article").filter({ hasText: "Say since when." }).waitFor()
    const { items } = await rig.api.get<{ items: DocumentComment[] }>(`${document()}/comments?status=open`)
    expect(items.map(({ line, revision, body }) => [line, revision, body])).toEqual([
      [3, 4, "Say since when."],
      [3, 3, "Which node version was this?"],
    ])
  })

  it(
    "is revised: feedback and the open comment are in the job's prompt, and the new revision shows its difference",
    { timeout: 120_000 },
    async () => {
      const research = panel("Research")
      await research.getByRole("button", { name: "Revise…" }).click()
      await dialog().getByText("2 open comments go along").waitFor()
      await dialog().getByText("Which node version was this?").waitFor()
      await dialog().getByLabel("Feedback").fill("Leave out who said what.")
      await dialog().getByLabel("Clanker").selectOption({ label: "opencode on this machine" })
      await looksRight(page, "asking for a revision")
      await dialog().getByRole("button", { name: "Start the revision" }).click()
      await research.getByText(/^Revising 4\./).waitFor()
      await research.getByText("Revision 5", { exact: true }).waitFor({ timeout: 60_000 })
      const { jobId = "" } = (await ticket()).phases.research
      const job = await rig.api.get<Job>(`/api/jobs/${jobId}`)
      expect(job).toMatchObject({ kind: "research", revisionOf: 4, status: "succeeded" })
      const { prompt } = await rig.api.get<{ prompt: string }>(`/api/jobs/${jobId}/prompt`)
      for (const said of [
        "Which node version was this?",
        "Line 3 of revision 3",
        "Line 3 of revision 4",
        "Say since when.",
        "Leave out who said what.",
      ])
        expect(prompt).toContain(said)
      expect(prompt).not.toContain("Never mind.")

      await research.getByText("Lines (2 open)").click()
      await research.getByRole("heading", { name: "Open on former revisions" }).waitFor()
      await research.getByText("Line 3 of revision 3").waitFor()
      await research.getByText("Revisions (5)").click()
      const changed = page.getByRole("region", { name: "What revision 5 changed" })
      await changed.getByText("removed: # A new first line").waitFor()
      await research.getByLabel("Revision 5 compared with").selectOption({ label: "Revision 1" })
      await page.getByText("Both revisions say the same.").waitFor()
      await research.getByLabel("Revision 5 compared with").selectOption({ label: "Revision 2" })
      await page.getByRole("region", { name: "From revision 2 to revision 5" }).getByText("removed: Theirs.").waitFor()
      await looksRight(page, "revisions")
    },
  )

  it("says beforehand that somebody else has to approve, where that is asked for", { timeout: 60_000 }, async () => {
    await rig.api.patch("/api/settings", { requireSecondApprover: true })
    await page.reload()
    await page.getByText("Somebody else has to approve this").waitFor()
    expect(await button("Approve").count()).toBe(0)
    await looksRight(page, "a second approver")
    await rig.api.patch("/api/settings", { requireSecondApprover: false })
    await page.reload()
    await button("Approve").waitFor()
  })

  it("is approved and goes on in one act, is rejected and taken back, and becomes a pull request", { timeout: 180_000 }, async () => {
    await page.route(/\/phases\/planning\/runs$/, (route) => route.abort("connectionreset"))
    await button("Approve and start planning").click()
    await page.getByText(`${key}: Research is approved, but planning did not start. The server could not be reached.`).waitFor()
    await panel("Research").getByText("Approved", { exact: true }).waitFor()
    await page.unroute(/\/phases\/planning\/runs$/)
    expect(complaints.filter((text) => !text.includes("ERR_CONNECTION_RESET"))).toEqual([])
    complaints.length = 0
    await button("Run planning").click()
    await button("Reject…").click({ timeout: 60_000 })
    await dialog().getByLabel("What is wrong").fill("Too brief.")
    await dialog().getByRole("button", { name: "Reject" }).click()
    await panel("Planning").getByText("Rejected", { exact: true }).waitFor()
    await button("Back to draft").click()
    await button("Approve and start execution").click()
    await panel("Execution").getByText("Pull request #1", { exact: true }).waitFor({ timeout: 90_000 })
    await panel("Execution").getByText(`goes on with the branch viberator/${key} and pull request #1`).waitFor()
    await page.getByText("rejected revision 1 of the plan").waitFor()
    await page.getByText("Too brief.").waitFor()
    expect(await ticket()).toMatchObject({ status: "in_review", phase: "execution", pullRequest: { state: "open" } })
    expect(complaints).toEqual([])
  })
})

describe("the archive", () => {
  it("takes a ticket, says what it cannot do there, and gives it back", { timeout: 60_000 }, async () => {
    await page.goto(at(`/tickets/${key}`))
    await button("More about this ticket").click()
    await page.getByRole("menuitem", { name: "Archive the ticket" }).click()
    await page.getByText("This ticket is archived").waitFor()
    await button("Run execution again").waitFor({ state: "detached" })
    await looksRight(page, "an archived ticket")
    expect((await ticket()).archivedAt).not.toBeNull()
    await button("Bring it back").click()
    await button("Run execution again").waitFor()
    expect((await ticket()).archivedAt).toBeNull()
  })

  it("takes many at once, and names those that stand in the way", { timeout: 90_000 }, async () => {
    const more = (title: string, description: string) => rig.api.post<Ticket>("/api/tickets", { projectId, title, description })
    const idle = await more("An idle one", "Later.")
    await more("Another idle one", "Later still.")
    const busy = await more("One at work", "SCRIPT-SLEEP-100")
    const { job } = await rig.api.post<{ job: Job }>(`/api/tickets/${busy.id}/phases/research/runs`, {})
    await page.goto(at("/tickets"))
    await page.getByRole("checkbox", { name: "Select all tickets on this page" }).check()
    const all = (await rig.api.get<{ items: Ticket[] }>("/api/tickets")).items.length
    await page.getByText(`${all} tickets selected`).waitFor()
    await looksRight(page, "selected tickets")
    await button("Archive").click()
    await page.getByText("Nothing was archived").waitFor()
    await page.getByRole("alert").getByRole("link", { name: busy.key }).waitFor()
    await looksRight(page, "a refused archival")
    await button(`Archive the other ${all - 1}`).click()
    await page.getByText(`${all - 1} tickets are archived.`).waitFor()
    await page.getByRole("link", { name: idle.key }).waitFor({ state: "detached" })
    await page.getByRole("link", { name: busy.key }).waitFor()

    await page.getByRole("checkbox", { name: "Archived" }).check()
    await page.waitForURL(/archived=true/)
    await page.getByRole("link", { name: idle.key }).waitFor()
    await page.getByRole("checkbox", { name: `Select ${idle.key}` }).focus()
    await page.keyboard.press("Space")
    await button("Bring back").click()
    await page.getByText("1 ticket is back.").waitFor()
    expect((await rig.api.get<Ticket>(`/api/tickets/${idle.id}`)).archivedAt).toBeNull()
    await rig.api.request("POST", `/api/jobs/${job.id}/cancellation`)
    // The browser notes the refused archival's 409 by itself.
    expect(complaints.filter((text) => !text.includes("409"))).toEqual([])
  })
})

describe("a document", () => {
  it("is written by hand where no clanker has to, and opens the next phase", { timeout: 60_000 }, async () => {
    const { key, id } = await rig.api.post<Ticket>("/api/tickets", { projectId, title: "By hand", description: "Small." })
    await page.goto(at(`/tickets/${key}`))
    await button("Run planning").and(page.locator("[aria-disabled]")).waitFor()
    await button("Write the research yourself").click()
    const editor = page.getByRole("textbox", { name: "Document" })
    await editor.fill("# Known\n\nOne line in `src/slugify.js`.\n")
    await looksRight(page, "a first revision by hand")
    await button("Save revision 1").click()
    await page.getByRole("heading", { name: "Known" }).waitFor()
    await button("Run planning").and(page.locator(":not([aria-disabled])")).waitFor()
    const { revisions } = await rig.api.get<PhaseDocument>(`/api/tickets/${id}/phases/research/document`)
    expect(revisions).toMatchObject([{ n: 1, source: "manual" }])
  })
})

describe("a person who signs out", () => {
  it("is asked about files that were not sent, and leaves none to the next one", { timeout: 60_000 }, async () => {
    const { key } = await rig.api.post<Ticket>("/api/tickets", { projectId, title: "Left behind", description: "" })
    await page.goto(at(`/tickets/${key}`))
    await page.route(/\/attachments$/, (route) => route.abort("connectionreset"))
    await page.getByLabel("Add files").setInputFiles({ name: "mine.png", mimeType: "image/png", buffer: await page.screenshot() })
    await page.getByText("Not uploaded.").waitFor()
    await page.unroute(/\/attachments$/)
    // Going elsewhere on the site loses nothing.
    await page.getByRole("link", { name: "Jobs", exact: true }).click()
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor()
    await page.goBack()
    await page.getByText("Not uploaded.").waitFor()

    const asked = page.waitForEvent("dialog")
    await button(/Account and theme/).click()
    await page.getByRole("menuitem", { name: "Sign out" }).click()
    const question = await asked
    expect(question.type()).toBe("beforeunload")
    await question.accept()
    await page.waitForURL(/\/login/)
    await page.getByLabel("E-mail").fill(rig.admin.email)
    await page.getByLabel("Password").fill(rig.admin.password)
    await button("Log in").click()
    await page.getByRole("link", { name: "Tickets", exact: true }).click()
    await page.getByRole("link", { name: key }).click()
    await button("Add files").waitFor()
    expect(await page.getByText("mine.png").count()).toBe(0)
  })
})
