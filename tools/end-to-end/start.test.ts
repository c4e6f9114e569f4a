import type { ChildProcess } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Project } from "#contract/projects.ts"
import type { Ticket } from "#contract/tickets.ts"
import { createApi } from "../api.ts"
import { openContext, startBrowser } from "../browser.ts"
import { freePort, serve } from "../serve.ts"
import { interrupt, npmStart, processesOf, type Started } from "./npm-start.ts"

const state = mkdtempSync(join(tmpdir(), "viberglass-start-"))
const running = new Set<ChildProcess>()
let port: number
beforeAll(async () => {
  port = await freePort()
})
afterAll(() => {
  for (const child of running) child.kill("SIGKILL")
  rmSync(state, { recursive: true, force: true })
})

async function start(...options: string[]): Promise<Started> {
  const started = await npmStart(["--port", String(port), "--state", state, ...options])
  running.add(started.child)
  return started
}
const access = (): { url: string; email: string; password: string; token: string } =>
  JSON.parse(readFileSync(join(state, "access.json"), "utf8"))
const left = () => processesOf(state)

describe("npm start", () => {
  it("opens usable with a demo project, keeps everything through a restart, and leaves no process", { timeout: 120_000 }, async () => {
    const first = await start()
    expect(first.said).toContain(`http://127.0.0.1:${port}`)
    expect(first.said).toContain("SCRIPTED")
    expect(statSync(join(state, "access.json")).mode & 0o777).toBe(0o600)
    const { url, token, email, password } = access()
    expect(first.said).toContain(password)
    const api = createApi(url, token)
    const [project] = (await api.get<{ items: Project[] }>("/api/projects")).items
    expect(await api.get(`/api/projects/${project?.id}/readiness`)).toMatchObject({ ready: true })
    const ticket = await api.post<Ticket>("/api/tickets", { projectId: project?.id, title: "Kept" })

    const second = await start()
    expect(second.said).toContain(`Port ${port} is taken on 127.0.0.1`)
    expect(await second.ended).toBe(1)

    interrupt(first.child)
    await first.ended
    expect(await until(() => left().length === 0)).toBe(true)

    const again = await start()
    expect(access()).toEqual({ url, email, password, token })
    expect(await api.get<Ticket>(`/api/tickets/${ticket.key}`)).toMatchObject({ title: "Kept" })
    expect((await api.get<{ items: { connected: boolean }[] }>("/api/hosts")).items.filter(({ connected }) => connected).length).toBe(1)
    // A service manager's TERM reaches the program alone, not its group.
    for (const pid of left()) if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("run.mjs")) process.kill(Number(pid), "SIGTERM")
    await again.ended
    expect(await until(() => left().length === 0)).toBe(true)
  })

  it("refuses what it cannot do in one sentence", async () => {
    const wrong = await start("--engine", "podman")
    expect([await wrong.ended, wrong.said.trim().split("\n").at(-1)]).toEqual([64, expect.stringContaining("must be process or docker")])
  })
})

describe("a fresh installation", () => {
  it("makes its first admin by the setup link, once, and loads little script for the tickets", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "viberglass-setup-"))
    const control = await serve({ state: folder })
    const browser = await startBrowser()
    try {
      const { context, complaints } = await openContext(browser)
      const page = await context.newPage()
      await page.goto(`${control.url}/setup#${await control.createSetupLink()}`)
      await page.getByLabel("Name").fill("Ada")
      await page.getByLabel("E-mail").fill("ada@example.test")
      await page.getByLabel("Password", { exact: true }).fill("correct horse battery")
      await page.getByRole("button", { name: /admin|set up|create/i }).click()
      await page.getByRole("heading", { name: "Dashboard" }).waitFor()
      expect(complaints.filter((text) => !text.includes("401"))).toEqual([])

      const fresh = await context.newPage()
      const sizes: number[] = []
      fresh.on("response", (response) => {
        if (new URL(response.url()).pathname.endsWith(".js")) void response.body().then((body) => sizes.push(gzipSync(body).length))
      })
      await fresh.goto(`${control.url}/tickets`)
      await fresh.getByRole("heading", { name: "Tickets" }).waitFor()
      await fresh.waitForLoadState("networkidle")
      expect(sizes.length).toBeGreaterThan(0)
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60_000)
    } finally {
      await browser.close()
      await control.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

async function until(look: () => boolean): Promise<boolean> {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) if (look()) return true
  return false
}
