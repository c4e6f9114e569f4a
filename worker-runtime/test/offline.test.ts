// A worker without a control plane, as a process: what it prints, and to whom.
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { z } from "zod"
import { eventSchema, resultSchema } from "#contract/worker.schema.ts"
import type { Payload } from "#contract/worker.ts"
import { buildWorker } from "../build.ts"
import { FINISHED, startRig, TOKEN } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
let bundle: string
beforeAll(async () => {
  rig = await startRig()
  bundle = await buildWorker(fileURLToPath(new URL("../..", import.meta.url)))
})
afterAll(() => rig.close())

const logLine = z.object({ at: z.iso.datetime(), level: z.enum(["info", "warn", "error"]), event: z.string() })

async function offline(env: Record<string, string>, { args = [], input = "" }: { args?: string[]; input?: string } = {}) {
  const { path, workDirectory } = rig.env()
  const child = spawn(process.execPath, [bundle, ...args], { env: { PATH: path, VIBERATOR_WORK_DIR: workDirectory, ...env } })
  const printed = { stdout: "", stderr: "" }
  child.stdout.on("data", (chunk: Buffer) => (printed.stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (printed.stderr += chunk.toString()))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve))
  return { code, ...printed }
}

const parsed = (text: string): unknown[] => {
  expect(text.endsWith("\n")).toBe(true)
  return text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line))
}

/** Every line is one of the contract's, in order; answers the outcome. */
function readEvents(stdout: string) {
  const lines = parsed(stdout)
  const events = lines.slice(0, -1).map((line) => eventSchema.parse(line))
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1))
  const { outcome, lastSeq } = resultSchema.parse(lines.at(-1))
  expect(lastSeq).toBe(events.length)
  return { outcome, events }
}

const SCRIPT = `echo '{"type":"assistant","message":{"content":[{"type":"text","text":"my key is ${TOKEN}"}]}}'
echo "noise on stderr ${TOKEN}" >&2; echo "not json"; [ -z "$VIBERATOR_PAYLOAD" ] || exit 9; echo n > new; ${FINISHED}`

test("VIBERATOR_PAYLOAD: standard output is events as lines of JSON, standard error is the log, and neither holds a secret", async () => {
  rig.agent(SCRIPT)
  const payload = rig.payload()
  const file = join(rig.folder, "payload.json")
  writeFileSync(file, JSON.stringify(payload))
  const { code, stdout, stderr } = await offline({ VIBERATOR_PAYLOAD: file })
  expect(code).toBe(0)
  const { outcome, events } = readEvents(stdout)
  expect(outcome).toMatchObject({ status: "succeeded", branch: payload.repository.branch, changedFiles: ["new"] })
  expect(events.map((event) => (event.kind === "text" ? event.delta : "")).join("")).toContain("my key is [redacted]")
  for (const line of parsed(stderr)) logLine.parse(line)
  expect(stdout + stderr).not.toContain(TOKEN)
})

test("the payload comes from an address, whose query is in no line of either", async () => {
  rig.agent(SCRIPT)
  const payload: Payload = rig.payload({ job: { ...rig.payload().job, kind: "research" } })
  const server = createServer((_request, response) => void response.end(JSON.stringify(payload)))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const signature = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
  const { code, stdout, stderr } = await offline({ VIBERATOR_PAYLOAD: `http://127.0.0.1:${port}/p.json?X-Amz-Signature=${signature}` })
  server.close()
  expect(code).toBe(0)
  expect(readEvents(stdout).outcome).toMatchObject({ status: "succeeded", document: "All done." })
  for (const line of parsed(stderr)) logLine.parse(line)
  expect(stdout + stderr).not.toContain(signature)
})

test("the payload comes on standard input; one that breaks the contract names the field", async () => {
  const { code, stdout } = await offline(
    {},
    { args: ["--payload", "-"], input: JSON.stringify({ ...rig.payload(), agent: { slug: "hal" } }) },
  )
  expect(code).toBe(0)
  expect(readEvents(stdout).outcome).toMatchObject({ status: "failed", failure: { kind: "invalid-payload", field: "agent.slug" } })
})
