import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"

/** Debian's Chromium without its calls home. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/** `CHROME_PATH`, else one on the PATH; null when this machine has none. */
export function findChromium(): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter)
  const candidates = [
    process.env["CHROME_PATH"],
    ...["chromium", "chromium-browser", "google-chrome"].flatMap((name) => folders.map((folder) => join(folder, name))),
  ]
  return candidates.find((path) => path !== undefined && existsSync(path)) ?? null
}

export function startBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error("No Chromium here: install Debian's package chromium, or set CHROME_PATH.")
  return chromium.launch({ executablePath, args: FLAGS })
}

/** Logs in by the form, as a person does. */
export async function logIn(page: Page, url: string, { email, password }: { email: string; password: string }): Promise<void> {
  await page.goto(`${url}/login`)
  await page.getByLabel("E-mail").fill(email)
  await page.getByLabel("Password").fill(password)
  await page.getByRole("button", { name: "Log in" }).click()
  await page.waitForURL((address) => !address.pathname.startsWith("/login"))
}

/** A context that notes what the browser complained of: refused by the CSP, failed scripts, errors in the console. */
export async function openContext(
  browser: Browser,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ context: BrowserContext; complaints: string[] }> {
  const context = await browser.newContext(options)
  const complaints: string[] = []
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text())
  })
  context.on("weberror", (error) => complaints.push(String(error.error())))
  return { context, complaints }
}
