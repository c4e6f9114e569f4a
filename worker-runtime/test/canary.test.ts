// Known values go into a job whose agent prints whatever it can get hold of; then everything that the worker leaves behind
// is searched for them. A value that nobody hides is planted beside them: where that is not found, the search is blind.
import { spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { Server } from "node:http"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { demoFiles } from "../../testbed/demo-repository.ts"
import { startForge } from "../../testbed/forge.ts"
import type { Forge } from "../../testbed/forge.ts"
import { ANSWERS } from "../broker/answers.fixture.ts"
import { buildWorker } from "../build.ts"
import { startFakeControlPlane } from "./fake-control-plane.ts"
import type { FakeControlPlane } from "./fake-control-plane.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
/** Nobody hides it. */
const PLAIN = "canary-in-plain-sight-42"
const SECRETS = {
  model: "sk-model's+/~=key-0123456789",
  scm: "scm-token-canary-0123456789",
  npm: "npm secret 'with' \"quotes\" & a\\b $100% ünï/+=",
  launch: `vl_job_canary0000001_1_${"nonce".repeat(5)}_mac`,
}

/** It calls its model, well and badly, and prints what it got, its environment and its parent's, in every spelling. */
const AGENT = `#!/usr/bin/env node
import { readFileSync, writeFileSync, mkdirSync } from "node:fs"
if (process.argv[2] === "--version") { console.log("2.1.328 (fake)"); process.exit(0) }
readFileSync(0)
const say = (line) => console.log(JSON.stringify(line))
const { ANTHROPIC_BASE_URL: base, ANTHROPIC_API_KEY: key, NPM_TOKEN: npm, VIBERATOR_OUTPUT: output } = process.env
const call = async (body) => {
  const response = await fetch(base + "/v1/messages", { method: "POST", headers: { "x-api-key": key, "content-type": "application/json" }, body })
  return JSON.stringify([...response.headers]) + await response.text()
}
const read = (path) => { try { return readFileSync(path, "utf8") } catch (error) { return String(error) } }
const parent = [process.ppid].flatMap((pid) => ["environ", "cmdline"].map((name) => read("/proc/" + pid + "/" + name)))
const spellings = (text) => [text, encodeURIComponent(text), JSON.stringify(text), "'" + text.replaceAll("'", "'\\\\''") + "'",
  ...["", "x", "xy"].flatMap((before) => ["base64", "base64url"].map((name) => Buffer.from(before + text + "end").toString(name))),
  Buffer.from(text).toString("hex")]
const loot = ["${PLAIN}", await call("{}"), await call('{"quote":true}'), JSON.stringify(process.env), ...parent, ...spellings(npm)].join("\\n")
say({ type: "system", subtype: "init", model: "m", session_id: "s" })
say({ type: "assistant", message: { content: [{ type: "text", text: loot }, { type: "thinking", thinking: loot },
  { type: "tool_use", id: "t1", name: "Bash", input: { command: loot, [loot]: loot } }] } })
say({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: "t1", content: loot }] } })
console.log(loot)
console.error(loot)
mkdirSync("src", { recursive: true })
writeFileSync("src/canary.txt", "${PLAIN}\\n")
writeFileSync(output + "/pull-request.md", "fix: ${PLAIN}\\n\\n" + loot)
say({ type: "result", subtype: "success", is_error: false, result: loot })
`

let folder: string
let forge: Forge
let plane: FakeControlPlane
let provider: Server
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "viberator-canary-"))
  forge = await startForge({ folder: join(folder, "forge"), users: [{ login: "bot", token: SECRETS.scm, access: "write" }] })
  await forge.createRepository({ name: "acme/demo", files: demoFiles })
  mkdirSync(join(folder, "bin"))
  writeFileSync(join(folder, "bin/claude"), AGENT)
  writeFileSync(join(folder, "bin/package.json"), '{ "type": "module" }')
  chmodSync(join(folder, "bin/claude"), 0o755)
})
afterAll(async () => {
  provider.close()
  await plane.close()
  await forge.close()
  rmSync(folder, { recursive: true, force: true })
})

async function startProvider(): Promise<{ url: string; keys: string[] }> {
  const keys: string[] = []
  provider = createServer((request, response) => {
    const key = String(request.headers["x-api-key"])
    keys.push(key)
    let body = ""
    request.on("data", (chunk: Buffer) => (body += chunk.toString()))
    request.on("end", () => {
      const quotes = body.includes("quote")
      response.writeHead(quotes ? 403 : 200, { "content-type": "application/json" })
      response.end(quotes ? JSON.stringify({ error: { message: `${key} may not do this` } }) : ANSWERS["anthropic message"].body)
    })
  })
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve))
  const address = provider.address()
  return { url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`, keys }
}

test("known values occur nowhere in what a job leaves behind", async () => {
  const { url, keys } = await startProvider()
  const repository = forge.cloneUrl("acme/demo")
  const id = "job_canary0000001"
  plane = await startFakeControlPlane({
    payload: {
      protocol: 1,
      job: { id, kind: "execution", attempt: 1, deadlineAt: "2030-01-01T00:00:00Z" },
      project: { name: "Demo", slug: "demo", settings: {} },
      task: { ticketKey: "WEB-1", title: "Canary" },
      prompt: "Work.",
      repository: { url: repository, baseBranch: "main", branch: "viberator/WEB-1", pullRequest: { repository, baseBranch: "main" } },
      agent: { slug: "claude-code", baseUrl: url },
      limits: { maxExecutionMs: 60_000 },
      scm: { provider: "github", apiUrl: forge.apiUrl, secretName: "GITHUB_TOKEN" },
    },
    secrets: [
      { name: "GITHUB_TOKEN", use: "scm", from: "value", value: SECRETS.scm },
      { name: "ANTHROPIC_API_KEY", use: "agent", from: "value", value: SECRETS.model },
      { name: "NPM_TOKEN", use: "agent", from: "value", value: SECRETS.npm },
    ],
  })
  const log = await runWorker(id)
  expect(plane.results[0]?.outcome).toMatchObject({ status: "succeeded" })
  expect(keys).toEqual([SECRETS.model, SECRETS.model])

  const work = join(folder, "work", id)
  const own = readdirSync(join(work, "own"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ndjson"))
  const left: Record<string, string> = {
    "what the control plane was told": plane.calls.map(({ body }) => body).join("\n"),
    events: JSON.stringify(plane.events),
    result: JSON.stringify(plane.results),
    ...Object.fromEntries([...plane.artifacts].map(([name, content]) => [`artifact ${name}`, content])),
    ...Object.fromEntries(own.map((name) => [`file ${name}`, readFileSync(join(work, "own", name), "utf8")])),
    commits: await forge.git("acme/demo", "log", "-p", "--all", "--format=fuller"),
    "pull requests": JSON.stringify(await forge.pullRequests("acme/demo")),
  }
  expect(Object.keys(left).toSorted()).toEqual([
    "artifact change.patch",
    "artifact transcript.ndjson",
    "commits",
    "events",
    "file journal-1.ndjson",
    "file transcript.ndjson",
    "pull requests",
    "result",
    "what the control plane was told",
  ])
  for (const [place, text] of Object.entries(left)) expect([place, text.includes(PLAIN)]).toEqual([place, true])
  expect(log).toContain(id)
  expect(Object.entries({ ...left, log }).flatMap(([place, text]) => findings(place, text))).toEqual([])
})

/** Every spelling of every secret that stands in the text, also where the text is JSON in JSON. */
function findings(place: string, text: string): string[] {
  return Object.entries(SECRETS).flatMap(([name, value]) => {
    const json = JSON.stringify(value).slice(1, -1)
    const spellings = {
      plain: value,
      url: encodeURIComponent(value),
      json,
      "json in json": JSON.stringify(json).slice(1, -1),
      shell: value.replaceAll("'", String.raw`'\''`),
      hex: Buffer.from(value).toString("hex"),
      ...Object.fromEntries([0, 1, 2].map((shift) => [`base64+${shift}`, coreOfBase64(value, shift)])),
    }
    return Object.entries(spellings).flatMap(([spelling, form]) =>
      text.includes(form) || text.includes(form.replaceAll("+", "-").replaceAll("/", "_")) ? [`${place}: ${name} (${spelling})`] : [],
    )
  })
}

function coreOfBase64(value: string, shift: number): string {
  const encoded = Buffer.from(`${"x".repeat(shift)}${value}`)
    .toString("base64")
    .replaceAll("=", "")
  return encoded.slice(shift === 0 ? 0 : shift + 1, -2)
}

function runWorker(id: string): Promise<string> {
  const path = [join(folder, "bin"), dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter)
  return buildWorker(root).then(
    (bundle) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [bundle], {
          env: {
            PATH: path,
            VIBERATOR_WORK_DIR: join(folder, "work"),
            VIBERATOR_KEEP_WORK: "1",
            VIBERATOR_JOB_ID: id,
            VIBERATOR_ATTEMPT: "1",
            CONTROL_PLANE_URL: plane.url,
            VIBERATOR_LAUNCH_TOKEN: SECRETS.launch,
          },
        })
        let said = ""
        child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
        child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
        child.once("error", reject)
        child.once("close", () => resolve(said))
      }),
  )
}
