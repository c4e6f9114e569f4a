import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:https"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import { ROOT } from "../build.ts"

// The deploy as an operator runs it. The account is a stand-in (testbed/wrangler.mjs); the build, wrangler's own checks, the
// migrations on a D1, and the https address that is asked for its health are real.

interface Account {
  databases: { name: string }[]
  secrets: string[]
  versions: { name: string; vars: Record<string, string>; routes: unknown[] }[]
}
const SECRETS = ["MASTER_KEYS", "WORKER_TOKEN_KEY", "SESSION_KEY"]

let folder: string
let server: Server
let origin: string
let sick = false

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "viberglass-deploy-"))
  mkdirSync(join(folder, "bin"))
  symlinkSync(join(ROOT, "testbed/wrangler.mjs"), join(folder, "bin/wrangler"))
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
  spawnSync("openssl", [...request, "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert])
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    const live = account().versions.at(-1)
    response.writeHead(live && !sick ? 200 : 503).end(JSON.stringify({ status: "ok", version: `0.1.0+${live?.vars["RELEASE"]}` }))
  })
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve))
  const address = server.address()
  origin = `https://localhost:${typeof address === "object" && address ? address.port : 0}`
})
beforeEach(() => {
  sick = false
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const file = () => join(folder, "account.json")
const account = (): Account => ({
  databases: [],
  secrets: [],
  versions: [],
  ...(existsSync(file()) ? JSON.parse(readFileSync(file(), "utf8")) : {}),
})
const calls = (): string[][] =>
  readFileSync(join(folder, "calls.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

/** One of the scripts, with no variable of this machine that names an account. */
async function script(name: string, args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(ROOT, `tools/${name}.ts`), ...args], {
    cwd: ROOT,
    env: {
      ...{ PATH: [join(folder, "bin"), process.env["PATH"]].join(delimiter), HOME: folder, WRANGLER_STATE: folder },
      ...{
        CLOUDFLARE_API_TOKEN: "token-of-the-test",
        CLOUDFLARE_ACCOUNT_ID: "account",
        PUBLIC_URL: origin,
        WRANGLER_SEND_METRICS: "false",
      },
      ...{ NODE_EXTRA_CA_CERTS: join(folder, "cert.pem"), HEALTHY_WITHIN_MS: "3000", ...env },
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let text = ""
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()))
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, text })))
}

it("says all that it lacks before anything is changed", async () => {
  expect(await script("deploy", [])).toMatchObject({ code: 64, text: expect.stringContaining("<dev|prod>: name one") })
  expect(await script("deploy", ["staging"])).toMatchObject({ code: 64, text: expect.stringContaining('there is no "staging"') })
  const told = await script("deploy", ["dev"], { CLOUDFLARE_API_TOKEN: "", PUBLIC_URL: "" })
  expect(told).toMatchObject({ code: 1, text: expect.stringContaining("CLOUDFLARE_API_TOKEN: is not set") })
  const secrets = await script("deploy", ["dev"])
  expect(secrets.code).toBe(1)
  for (const name of SECRETS) expect(secrets.text).toContain(`npx wrangler secret put ${name} --env dev`)
  expect(calls()).toEqual([["secret", "list", "--name", "viberglass-dev", "--format", "json"]])
})

it("makes what lacks, migrates, deploys, sees the new release well, and hands over a link for the first admin once", async () => {
  writeFileSync(file(), JSON.stringify({ secrets: SECRETS }))
  const first = await script("deploy", ["dev"])
  expect(first.text).toContain(`${origin} is up`)
  expect(first.code).toBe(0)
  const [version] = account().versions
  expect(version).toMatchObject({ name: "viberglass-dev", vars: { ENVIRONMENT: "dev", PUBLIC_URL: origin, MANAGED_DEFAULTS: "{}" } })
  const order = calls().map((call) => call.slice(0, 3).join(" "))
  expect(order.indexOf("d1 migrations apply")).toBeLessThan(order.findIndex((call) => call.startsWith("deploy")))
  const [, token = ""] = /\/setup#([0-9a-f]{64})/.exec(first.text) ?? []
  expect(token).toHaveLength(64)
  // Neither a command line nor the database has it: there is only its hash.
  expect(JSON.stringify(calls())).not.toContain(token)

  const again = await script("setup-link", ["dev"])
  expect(again.text).toMatch(/\/setup#[0-9a-f]{64}/)
  expect(again.text).not.toContain(token)
})

it("goes back to the version before when the new one is not well, and says so", async () => {
  const [before] = account().versions
  sick = true
  const refused = await script("deploy", ["dev"])
  expect(refused.code).toBe(1)
  expect(refused.text).toContain("did not answer well within 3 s (503")
  expect(refused.text).toContain("The version before serves again")
  expect(account().versions.at(-1)).toEqual(before)
})

it("applies migrations alone, and says why there is no way down", async () => {
  expect(await script("migrate-latest", ["dev"])).toMatchObject({ code: 0, text: expect.stringContaining("No migrations to apply") })
  expect(await script("migrate-latest", ["prod"])).toMatchObject({
    code: 1,
    text: expect.stringContaining("There is no D1 database viberglass"),
  })
  expect(await script("migrate-down", [])).toMatchObject({ code: 64, text: expect.stringContaining("time-travel restore") })
})
