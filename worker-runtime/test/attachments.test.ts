// A ticket's pictures: from the control plane into a folder that the agent reads, and never into the change.
import { createHash } from "node:crypto"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import type { Payload } from "#contract/worker.ts"
import { createLog } from "../log.ts"
import { onlineLine } from "../platform/online.ts"
import { createRedactor } from "../redact.ts"
import { run } from "../run.ts"
import { AGENT_CLOCKS } from "../steps/run-agent.ts"
import { startFakeControlPlane } from "./fake-control-plane.ts"
import type { FakeControlPlane } from "./fake-control-plane.ts"
import { startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
let plane: FakeControlPlane
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
afterEach(() => plane.close())

/** Not text: every byte there is, in an order that UTF-8 does not know. */
const screenshot = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 167) % 256)
const named = (id: string, name: string, size = screenshot.length) => ({ id, name, mime: "image/png", size })
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

async function work(attachments: Payload["attachments"], prompt: string) {
  const base = rig.payload()
  const { secrets = [], ...payload } = { ...base, job: { ...base.job, kind: "research" as const }, attachments, prompt }
  plane = await startFakeControlPlane({ payload, secrets })
  plane.attachments.set("att_1", screenshot)
  const redactor = createRedactor()
  const log = createLog({ redactor, fields: {} })
  const launch = { jobId: payload.job.id, attempt: 1, controlPlaneUrl: plane.url, launchToken: "vl_test_1_nonce_mac" }
  const line = onlineLine({ launch, compute: { kind: "process", id: "1" }, redactor, log, now: Date.now, random: () => 0 })
  const clocks = { ...AGENT_CLOCKS, firstEventMs: 20_000, stopGraceMs: 300 }
  return { start: () => run({ line, env: rig.env(), redactor, log, now: Date.now, machine: new AbortController().signal, clocks }) }
}

const document = () => {
  const [result] = plane.results
  return result?.outcome.status === "succeeded" ? (result.outcome.document ?? "") : JSON.stringify(result)
}
/** The agent answers with the digests of the files it finds, and its prompt. */
const LOOKS = `cd "$VIBERATOR_ATTACHMENTS" && sha256sum * > "$VIBERATOR_OUTPUT/document.md"; echo "folder: $PWD" >> "$VIBERATOR_OUTPUT/document.md"
cat "$HOME/prompt" >> "$VIBERATOR_OUTPUT/document.md"; echo '{"type":"result","subtype":"success","is_error":false,"result":"Done."}'`

async function agentThatLooks(): Promise<void> {
  const { writeFileSync } = await import("node:fs")
  const script = `#!/bin/sh\n[ "$1" = --version ] && { echo 2.1.328; exit 0; }\ncat > "$HOME/prompt"\n${LOOKS}\n`
  writeFileSync(`${rig.folder}/bin/claude`, script, { mode: 0o755 })
}

test("a screenshot reaches the agent's folder byte for byte, under the name that the prompt tells", async () => {
  await agentThatLooks()
  const { start } = await work([named("att_1", "../Login page.png")], "Look at $VIBERATOR_ATTACHMENTS/1-Login-page.png")
  expect(await start()).toBe(0)
  const [, folder = ""] = /^folder: (.+)$/m.exec(document()) ?? []
  expect(folder).toMatch(/^\/.+\/attachments$/)
  expect(document()).toContain(`${hash(screenshot)}  1-Login-page.png`)
  expect(document()).toContain(`Look at ${folder}/1-Login-page.png`)
  expect(plane.events.filter(({ kind }) => kind === "notice")).toEqual([])
})

test("one that is gone, or is not what was promised, is told, and the work goes on without it", async () => {
  await agentThatLooks()
  const { start } = await work([named("att_1", "a.png"), named("att_gone", "b.png"), named("att_1", "c.png", 1)], "Look.")
  expect(await start()).toBe(0)
  expect(document()).toContain("1-a.png")
  expect(document()).toContain("These attachments could not be fetched; go on without them: 2-b.png, 3-c.png")
  expect(plane.events).toContainEqual(
    expect.objectContaining({ kind: "notice", code: "attachments-missing", text: expect.stringContaining("2-b.png, 3-c.png") }),
  )
  expect(plane.calls.filter(({ path }) => path === "/attachments/att_gone")).toHaveLength(1)
})

test("a lost connection is no missing picture: it is asked for again", async () => {
  await agentThatLooks()
  const { start } = await work([named("att_1", "a.png")], "Look.")
  let asked = 0
  plane.intercept = ({ path }) => (path === "/attachments/att_1" && ++asked === 1 ? "drop" : null)
  expect(await start()).toBe(0)
  expect(asked).toBe(2)
  expect(document()).toContain(`${hash(screenshot)}  1-a.png`)
})

test("a payload without a control plane says which it could not have", async () => {
  rig.agent(`echo '{"type":"result","subtype":"success","is_error":false,"result":"Done."}'`)
  plane = await startFakeControlPlane({ payload: {}, secrets: [] })
  const base = rig.payload()
  const { events } = await rig.run({ ...base, job: { ...base.job, kind: "research" }, attachments: [named("att_1", "a.png")] })
  expect(events).toContainEqual(expect.objectContaining({ kind: "notice", code: "attachments-missing" }))
})
