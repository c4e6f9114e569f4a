// The line to the control plane against a small one on the contract's schemas, with everything that goes wrong between.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { claimSchema } from "#contract/worker.schema.ts"
import type { Payload } from "#contract/worker.ts"
import { stopOf } from "../failure.ts"
import type { Line } from "../line.ts"
import { createLog } from "../log.ts"
import { onlineLine } from "../platform/online.ts"
import { createRedactor } from "../redact.ts"
import { run } from "../run.ts"
import { AGENT_CLOCKS } from "../steps/run-agent.ts"
import { makeWorkspace } from "../workspace.ts"
import { refusal, startFakeControlPlane } from "./fake-control-plane.ts"
import type { FakeControlPlane, Reply } from "./fake-control-plane.ts"
import { FINISHED, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

let rig: Rig
let plane: FakeControlPlane
let lines: Line[] = []
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
afterEach(async () => {
  for (const line of lines) line.abandon()
  lines = []
  await plane.close()
})

async function connect({
  payload = rig.payload({ job: { ...rig.payload().job, kind: "research" } }),
  silentMs = 60_000,
  keepWork = false,
}: { payload?: Payload; silentMs?: number; keepWork?: boolean } = {}) {
  const { secrets = [], ...rest } = payload
  plane = await startFakeControlPlane({ payload: rest, secrets })
  const redactor = createRedactor()
  const log = createLog({ redactor, fields: {} })
  const launch = { jobId: payload.job.id, attempt: 1, controlPlaneUrl: plane.url, launchToken: "vl_test_1_nonce_mac" }
  const line = onlineLine({
    launch,
    compute: { kind: "process", id: "1" },
    redactor,
    log,
    now: Date.now,
    random: () => 0,
    silentMs,
    keepWork,
  })
  lines.push(line)
  const machine = new AbortController()
  const start = () =>
    run({
      line,
      env: { ...rig.env(), keepWork },
      redactor,
      log,
      now: Date.now,
      machine: machine.signal,
      clocks: { ...AGENT_CLOCKS, firstEventMs: 20_000, stopGraceMs: 300 },
    })
  const take = () => line.take((jobId) => makeWorkspace(rig.env().workDirectory, jobId), never)
  const finish = () => line.finish({ status: "stopped", reason: "test" }, "report", AbortSignal.timeout(10_000))
  return { line, start, take, finish, jobId: payload.job.id }
}

const never = new AbortController().signal
const texts = () => plane.events.flatMap((event) => (event.kind === "text" ? [event.delta] : []))

test("a whole job: claimed once, every event in order, artifacts, then the result", async () => {
  rig.agent(`echo '{"type":"assistant","message":{"content":[{"type":"text","text":"hello"}]}}'; ${FINISHED}`)
  const { start } = await connect()
  expect(await start()).toBe(0)
  expect(plane.claims).toHaveLength(1)
  expect(plane.events.map(({ seq }) => seq)).toEqual(plane.events.map((_event, index) => index + 1))
  expect(texts()).toEqual(["hello"])
  expect(plane.results).toMatchObject([{ lastSeq: plane.acked(), outcome: { status: "succeeded", document: "All done." } }])
  expect(plane.artifacts.get("transcript.ndjson")).toContain("All done.")
  expect(JSON.stringify(plane.calls)).not.toContain("model-key-123456")
})

test.each([
  ["a link to the environment", "ln -s /proc/self/environ"],
  ["a pipe", "mkfifo"],
  ["a link to an endless device", "ln -s /dev/zero"],
  ["a folder", "mkdir"],
])("%s in the transcript's place is never read", async (_what, make) => {
  const place = `"$HOME/../own/transcript.ndjson"`
  rig.agent(`echo early; rm -f ${place}; ${make} ${place}; ${FINISHED}`)
  const { start } = await connect()
  expect(await start()).toBe(0)
  const transcript = plane.artifacts.get("transcript.ndjson") ?? ""
  expect(transcript.split("\n")[0]).toBe("early")
  expect(transcript).toContain("All done.")
  expect(transcript.length).toBeLessThan(500)
})

test("the agent finds neither journal nor transcript; they stay only when somebody wants to look", async () => {
  rig.agent(`text=$(ls "$HOME/../own" | tr '\\n' ' '); echo '{"type":"result","is_error":false,"result":"own: '"$text"'"}'`)
  const { start } = await connect()
  expect(await start()).toBe(0)
  expect(plane.results).toMatchObject([{ outcome: { document: "own: askpass.sh" } }])
  await plane.close()
  const kept = await connect({ keepWork: true })
  expect(await kept.start()).toBe(0)
  expect(plane.results).toMatchObject([{ outcome: { document: "own: askpass.sh journal-1.ndjson transcript.ndjson" } }])
  expect(readFileSync(join(rig.env().workDirectory, kept.jobId, "own", "journal-1.ndjson"), "utf8")).toContain('"seq":1')
})

test("drops, 5xx, foreign answers and lost answers lose no event and double none", async () => {
  const { line, take, finish } = await connect()
  const plans: (Reply | null)[] = [
    "drop",
    { status: 503, body: "" },
    { status: 403, body: "<html>WAF</html>" },
    "lose-answer",
    { status: 200, body: "<html>" },
    null,
    { status: 404, body: "" },
    "lose-answer",
  ]
  plane.intercept = ({ path }) => (path === "/artifacts/x" ? null : (plans.shift() ?? null))
  await take()
  for (let n = 0; n < 30; n++) line.append({ kind: "text", delta: `${n}` })
  expect(await finish()).toBe(0)
  expect(texts()).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`))
  expect(plane.results).toHaveLength(1)
  expect(new Set(plane.claims.map(({ claimId }) => claimId)).size).toBe(1)
})

test("Retry-After is kept", async () => {
  const { line, take, finish } = await connect()
  await take()
  const times: number[] = []
  let refused = false
  plane.intercept = ({ path }) => {
    if (path !== "/events") return null
    times.push(Date.now())
    const reply = refused ? null : ({ status: 429, body: "", headers: { "retry-after": "1" } } as const)
    refused = true
    return reply
  }
  line.append({ kind: "text", delta: "a" })
  expect(await finish()).toBe(0)
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990)
})

test("a batch with a bad event is halved down to it, and it becomes a notice", async () => {
  const { line, take, finish } = await connect()
  await take()
  plane.intercept = ({ path, body }) => (path === "/events" && body.includes("poison") ? refusal(422, "event.invalid") : null)
  for (let n = 1; n <= 40; n++) line.append({ kind: "text", delta: n === 23 ? "poison" : `${n}` })
  expect(await finish()).toBe(0)
  expect(plane.events).toHaveLength(40)
  expect(plane.events[22]).toMatchObject({ seq: 23, kind: "notice", code: "event-refused" })
})

test.each([
  [401, "auth.required"],
  [410, "attempt.stale"],
  [409, "already-ended"],
] as const)("%i %s in the middle of the work fences the worker: agent ended, no result, exit 75", async (status, code) => {
  rig.agent(`echo '{"type":"system","subtype":"x"}'; sleep 60`)
  const { start } = await connect()
  plane.intercept = ({ path }) => (path === "/events" && plane.events.some((event) => event.kind === "log") ? refusal(status, code) : null)
  expect(await start()).toBe(75)
  expect(plane.results).toEqual([])
  expect(plane.events.some((event) => event.kind === "step" && event.state === "intent")).toBe(false)
})

test("somebody else has claimed: exit 75 without work", async () => {
  const { start } = await connect()
  plane.intercept = ({ path }) => (path === "/claim" ? refusal(409, "already-claimed") : null)
  expect(await start()).toBe(75)
  expect(plane.calls.map(({ path }) => path)).toEqual(["/claim"])
})

test("a payload that breaks the contract is told as the result", async () => {
  const { start } = await connect()
  plane.intercept = ({ path, body }) => {
    if (path !== "/claim") return null
    plane.claims.push(claimSchema.parse(JSON.parse(body)))
    return {
      status: 200,
      body: { heartbeatMs: 100, leaseMs: 100, deadlineAt: "2030-01-01T00:00:00Z", secrets: [], payload: { protocol: 1 } },
    }
  }
  expect(await start()).toBe(0)
  expect(plane.results).toMatchObject([
    { lastSeq: 0, outcome: { status: "failed", failure: { kind: "invalid-payload", field: "payload.job", step: "receive" } } },
  ])
})

test("a worker that cannot begin says why with its claim", async () => {
  const { line } = await connect()
  const blocked = join(rig.folder, "blocked")
  writeFileSync(blocked, "a file where the work folder should be")
  const env = { ...rig.env(), workDirectory: blocked }
  const redactor = createRedactor()
  const code = await run({ line, env, redactor, log: createLog({ redactor, fields: {} }), now: Date.now, machine: never })
  expect(code).toBe(0)
  expect(plane.claims).toMatchObject([{ failure: { kind: "internal", step: "receive" } }])
  expect(plane.results).toEqual([])
})

test("a second worker of the same job leaves the first one's folder alone", async () => {
  const { line, take } = await connect()
  const { workspace, payload } = await take()
  writeFileSync(join(workspace.output, "work.txt"), "hours of work")
  const redactor = createRedactor()
  const launch = { jobId: payload.job.id, attempt: 1, controlPlaneUrl: plane.url, launchToken: "vl_test_1_nonce_mac" }
  const log = createLog({ redactor, fields: {} })
  const second = onlineLine({ launch, compute: { kind: "process", id: "2" }, redactor, log, now: Date.now, random: () => 0 })
  expect(await run({ line: second, env: rig.env(), redactor, log, now: Date.now, machine: never })).toBe(75)
  expect(readFileSync(join(workspace.output, "work.txt"), "utf8")).toBe("hours of work")
  expect(line.append({ kind: "text", delta: "still here" })).toBeGreaterThan(0)
})

test("without an acknowledgement for too long the worker fences itself", async () => {
  rig.agent(`echo '{"type":"system","subtype":"x"}'; sleep 60`)
  const { start } = await connect({ silentMs: 1_500 })
  plane.intercept = ({ path }) => (path === "/events" && plane.events.some((event) => event.kind === "log") ? "drop" : null)
  expect(await start()).toBe(75)
})

test("a control plane that never answers the claim: exit 69", async () => {
  const { start } = await connect({ silentMs: 800 })
  plane.intercept = () => ({ status: 502, body: "" })
  expect(await start()).toBe(69)
})

test("a stop in an acknowledgement ends the agent and is the outcome", async () => {
  rig.agent(`echo '{"type":"system","subtype":"x"}'; sleep 60`)
  const { start } = await connect()
  plane.intercept = () => {
    if (plane.events.some((event) => event.kind === "log")) plane.stop = { reason: "cancelled by Ada", graceMs: 5_000 }
    return null
  }
  expect(await start()).toBe(0)
  expect(plane.results).toMatchObject([{ outcome: { status: "stopped", reason: "cancelled by Ada" } }])
})

test("nothing happens outside unless the intent was acknowledged just now", async () => {
  rig.agent(`echo x > a; ${FINISHED}`)
  const payload = rig.payload()
  const { start } = await connect({ payload })
  plane.intercept = ({ path, body }) => {
    if (path === "/events" && body.includes('"intent"')) plane.stop = { reason: "cancelled", graceMs: 5_000 }
    return null
  }
  expect(await start()).toBe(0)
  expect(plane.results).toMatchObject([{ outcome: { status: "stopped" } }])
  await expect(rig.forge.git("acme/demo", "rev-parse", `refs/heads/${payload.repository.branch}`)).rejects.toThrow()
})

test("an effect outside waits for its own number, and ends with the signal", async () => {
  const { line, take } = await connect()
  await take()
  let seq = 0
  const intent = () => (seq = line.append({ kind: "step", step: "commit-and-push", state: "intent" }))
  expect(await line.outside({ intent, act: async () => plane.acked() >= seq, signal: never })).toBe(true)
  plane.intercept = () => "drop"
  const machine = new AbortController()
  setTimeout(() => machine.abort(new Error("over")), 300)
  await expect(line.outside({ intent, act: async () => "acted", signal: machine.signal })).rejects.toThrow("over")
  expect(stopOf(machine.signal)).toBeNull()
})

test("events that the other side misses before a result are sent again", async () => {
  const { line, take, finish } = await connect()
  await take()
  for (let n = 1; n <= 5; n++) line.append({ kind: "text", delta: `${n}` })
  let lost = false
  plane.intercept = ({ path }) => {
    if (path !== "/result" || lost) return null
    lost = true
    plane.events.splice(2)
    return null
  }
  expect(await finish()).toBe(0)
  expect(texts()).toEqual(["1", "2", "3", "4", "5"])
})

test("a result that is refused is followed by a poorer one", async () => {
  const { line, take } = await connect()
  await take()
  plane.intercept = ({ path, body }) => (path === "/result" && body.includes("stopped") ? refusal(422, "request.invalid") : null)
  expect(await line.finish({ status: "stopped", reason: "test" }, "report", AbortSignal.timeout(5_000))).toBe(0)
  expect(plane.results).toMatchObject([{ outcome: { status: "failed", failure: { kind: "internal" } } }])
})

test("silence is a heartbeat", async () => {
  const { take, finish } = await connect()
  await take()
  await new Promise<void>((resolve) => {
    let beats = 0
    plane.intercept = ({ body }) => {
      if (body.includes('"events":[]') && ++beats === 2) resolve()
      return null
    }
  })
  expect(await finish()).toBe(0)
})

test("heartbeats go on while a tool says nothing: they name it, and it is left to finish", async () => {
  const finish = join(rig.folder, "tool-may-finish")
  const call = { type: "tool_use", id: "t1", name: "Bash", input: { command: "sleep 1800" } }
  rig.agent(`echo '${JSON.stringify({ type: "assistant", message: { content: [call] } })}'
until [ -e ${finish} ]; do sleep 0.05; done; ${FINISHED}`)
  // Far less than the tool's silence: nothing but an acknowledgement may end it.
  const { start } = await connect({ silentMs: 1_000 })
  const beats: unknown[] = []
  plane.intercept = ({ path, body }) => {
    const { events, vitals }: { events?: unknown[]; vitals?: { openTool?: string } } = path === "/events" ? JSON.parse(body) : {}
    if (events?.length === 0 && vitals?.openTool !== undefined) beats.push(vitals)
    if (beats.length === 10) writeFileSync(finish, "")
    return null
  }
  expect(await start()).toBe(0)
  expect(beats.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => expect.objectContaining({ agentAlive: true, openTool: "Bash" })))
  expect(plane.results).toMatchObject([{ outcome: { status: "succeeded" } }])
})

test("deltas that come together travel together, and a long body is packed", async () => {
  const { line, take, finish } = await connect()
  await take()
  for (let n = 0; n < 200; n++) line.append({ kind: "text", delta: `${n} ${"x".repeat(50)}` })
  expect(await finish()).toBe(0)
  const sent = plane.calls.filter(({ path, body }) => path === "/events" && body.includes("delta"))
  expect(sent).toHaveLength(1)
  expect(sent[0]?.encoding).toBe("gzip")
  expect(texts()).toHaveLength(200)
  // What is short is not worth the trouble.
  for (const { body, encoding } of plane.calls) if (body.length < 2000) expect(encoding).toBeUndefined()
})

test("what an event has no room for is in the transcript, and its place says so", async () => {
  const output = "y".repeat(200_000)
  const says = (content: object) => `echo '${JSON.stringify(content)}'`
  const call = { type: "tool_use", id: "t1", name: "Bash", input: { command: "cat large" } }
  rig.agent(`${says({ type: "assistant", message: { content: [call] } })}
printf '{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"'; head -c ${output.length} /dev/zero | tr '\\0' y; printf '"}]}}\n'
${FINISHED}`)
  const { start } = await connect()
  expect(await start()).toBe(0)
  const cut = plane.events.flatMap((event) => (event.kind === "tool" && event.state === "finished" ? [event.output ?? ""] : []))
  expect(cut).toHaveLength(1)
  expect(cut[0]).toMatch(/^y{32768}\n\[… 167232 more bytes were cut; they are in the transcript\]$/)
  expect(plane.artifacts.get("transcript.ndjson")).toContain(output)
})

test("events travel in one request at a time, however much there is to tell", async () => {
  const { line, take, finish } = await connect()
  await take()
  let under = 0
  let most = 0
  plane.intercept = async ({ path }) => {
    if (path !== "/events") return null
    most = Math.max(most, ++under)
    await new Promise((resolve) => setTimeout(resolve, 20))
    under--
    return null
  }
  for (let n = 0; n < 40; n++) line.append({ kind: "text", delta: "x".repeat(60_000) })
  expect(await finish()).toBe(0)
  expect(texts()).toHaveLength(40)
  expect(plane.calls.filter(({ path }) => path === "/events").length).toBeGreaterThan(2)
  expect(most).toBe(1)
})
