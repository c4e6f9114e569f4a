import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { type WebSocket, WebSocketServer } from "ws"
import { z } from "zod"
import { hostSaysSchema, imageFactsSchema } from "#contract/host.schema.ts"
import type { HostSays, HostVerb } from "#contract/host.ts"
import { createCalls } from "../host/calls.ts"
import { connectHost } from "../host/connection.ts"
import { parseHostOptions } from "../host/options.ts"
import { identify, isAlive, killStartedWith, startedWith } from "../host/proc.ts"
import { processEngine } from "../host/process.ts"
import { capLog, tailLog } from "../host/worker-log.ts"
import { createLog } from "../log.ts"
import { createRedactor } from "../redact.ts"

const DEADLINE_MS = 15_000
const TOKEN = "vh_hst_0123456789_secretsecret"
/** The second part of the job id says how this worker behaves; it tells what it saw beside its work folder. */
const WORKER = `
import { spawn } from "node:child_process"
import { renameSync, writeFileSync } from "node:fs"
const { VIBERATOR_JOB_ID: job, VIBERATOR_ATTEMPT: attempt, VIBERATOR_WORK_DIR: work } = process.env
const how = job.split("_")[1]
const facts = { pid: process.pid, env: process.env }
console.log("first line"); console.log("last line")
if (how === "deaf") process.on("SIGTERM", () => {})
if (how === "polite") process.on("SIGTERM", () => process.exit(0))
if (how === "tree") {
  const env = { PATH: process.env.PATH, VIBERATOR_MARK: job + "-" + attempt }
  // An agent's tree: a shell in its own session whose child left that session again.
  facts.agent = spawn("sh", ["-c", "setsid sleep 600 & exec sleep 600"], { detached: true, stdio: "ignore", env }).pid
}
writeFileSync(work + "/../facts.new", JSON.stringify(facts))
renameSync(work + "/../facts.new", work + "/../facts.json")
if (how === "exit7") process.exit(7)
setInterval(() => {}, 60_000)
`
const factsSchema = z.object({ pid: z.number(), agent: z.number().optional(), env: z.record(z.string(), z.string()) })

vi.setConfig({ testTimeout: 60_000 })
let folder = ""
let server: Server
let hosts: ChildProcess[] = []
let attempts: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "viberator-host-test-"))
  writeFileSync(join(folder, "worker.mjs"), WORKER)
  const entry = fileURLToPath(new URL("../entry/host.ts", import.meta.url))
  writeFileSync(
    join(folder, "host.mjs"),
    `import { host } from ${JSON.stringify(entry)}\nprocess.exit(await host(process.argv.slice(2)))\n`,
  )
  server = await startServer()
})

afterEach(async () => {
  for (const host of hosts) host.kill("SIGKILL")
  const entries = attempts.flatMap((each) => [`VIBERATOR_MARK=${each}`, `VIBERATOR_COMPUTE_ID=viberator-${each}`])
  expect(await killStartedWith(entries)).toEqual([])
  await server.close()
  rmSync(folder, { recursive: true, force: true })
  hosts = []
  attempts = []
})

test("says hello and answers calls", async () => {
  startHost()
  const hello = await server.heard("hello")
  expect(hello).toMatchObject({ protocol: 1, slots: 2, running: [], engine: { kind: "process", version: `node ${process.version}` } })
  expect(await server.call("ping", {})).toMatchObject({ ok: true, result: {} })
  const image = await server.call("image", { name: "any", pull: false })
  expect(imageFactsSchema.parse(image.result)).toMatchObject({ size: WORKER.length, digest: expect.stringMatching(/^sha256:/) })
  expect(await server.call("inspect", { handle: "viberator-x-1" })).toMatchObject({ ok: true, result: { state: "gone" } })
  expect(await server.call("logs", { handle: "../../etc/passwd", tail: 5 })).toMatchObject({ ok: false, error: { class: "not-found" } })
})

test("ignores what it does not know and goes on", async () => {
  startHost()
  await server.heard("hello")
  for (const text of ["nonsense", "{}", '{"type":"call","id":"x","verb":"explode","args":{}}', '{"type":"tomorrow"}']) server.send(text)
  expect(await server.call("ping", {})).toMatchObject({ ok: true })
})

test("gives a worker its launch values, a base environment and the forwarded names, and nothing else", async () => {
  startHost("--forward", "FORWARDED")
  const { facts, handle, run } = await runWorker("wait")
  expect(handle).toBe(`viberator-${run.jobId}-1`)
  expect(facts.env).toEqual({
    PATH: process.env["PATH"],
    FORWARDED: "yes",
    ...run.env,
    VIBERATOR_WORK_DIR: expect.any(String),
    VIBERATOR_COMPUTE_KIND: "process",
    VIBERATOR_COMPUTE_ID: handle,
  })
  expect(await server.call("logs", { handle, tail: 1 })).toMatchObject({ result: { text: "last line" } })
  expect(await server.call("inspect", { handle })).toMatchObject({ result: { state: "running" } })
})

test("keeps work folders and has workers keep theirs when told to", async () => {
  startHost("--keep-work")
  const { facts } = await runWorker("exit7")
  await server.heard("exited")
  expect(facts.env["VIBERATOR_KEEP_WORK"]).toBe("1")
  expect(existsSync(facts.env["VIBERATOR_WORK_DIR"] ?? "")).toBe(true)
})

test("tells an exit again until it is stored, also after a new start", async () => {
  server.storing = false
  const first = startHost()
  const { handle } = await runWorker("exit7")
  const told = await server.heard("exited")
  expect(told).toMatchObject({ handle, exitCode: 7, oom: false, reason: "The worker ended with exit code 7." })
  expect(await server.call("inspect", { handle })).toMatchObject({ result: { state: "stopped", exitCode: 7 } })
  server.dropConnection()
  expect(await server.heard("exited")).toEqual(told)
  await killed(first)

  server.storing = true
  server.forget()
  startHost()
  expect(await server.heard("exited")).toEqual(told)
  // A host pings only after it has told what it had to, so the ping of the next connection proves the silence.
  await server.call("ping", {})
  server.dropConnection()
  await server.heard("ping")
  expect(server.said.filter(({ type }) => type === "exited")).toEqual([])
})

test("does a repeated call once, also after a reconnect and after its own death", async () => {
  const first = startHost()
  const { run, callId, facts } = await runWorker("wait")
  const again = await server.call("run", run, callId)
  expect(again).toMatchObject({ ok: true, result: { handle: `viberator-${run.jobId}-1` } })
  server.dropConnection()
  await server.heard("hello")
  expect(await server.call("run", run, callId)).toEqual(again)
  await killed(first)
  server.forget()
  startHost()
  await server.heard("hello")
  expect(await server.call("run", run, callId)).toEqual(again)
  expect(startedWith([`VIBERATOR_COMPUTE_ID=viberator-${run.jobId}-1`])).toEqual([facts.pid])
})

test("refuses a second run of an attempt, for good", async () => {
  startHost()
  const { run } = await runWorker("exit7")
  await server.heard("exited")
  expect(await server.call("run", run)).toMatchObject({ ok: false, error: { class: "permanent", code: "already-ran" } })
})

test("refuses a run without a free slot until there is one, and one whose launch values are not right once and for all", async () => {
  startHost("--slots", "1")
  await server.heard("hello")
  const bad = newRun("wait")
  expect(await server.call("run", { ...bad, env: { ...bad.env, VIBERATOR_ATTEMPT: "2" } })).toMatchObject({
    error: { class: "permanent", code: "bad-launch" },
  })
  expect(await server.call("run", { ...bad, jobId: "../x" })).toMatchObject({ error: { class: "permanent", code: "bad-launch" } })
  const { handle } = await runWorker("polite")
  const waiting = newRun("exit7")
  const refusal = await server.call("run", waiting, "refused")
  expect(refusal).toMatchObject({ error: { class: "transient", code: "no-slot" } })
  await server.call("stop", { handle, graceMs: 60_000 })
  await server.exitOf(handle)
  // A call has one reply, whatever has changed since; a try of its own is another call.
  expect(await server.call("run", waiting, "refused")).toEqual(refusal)
  expect(await server.call("run", waiting)).toMatchObject({ ok: true })
})

test("stops a worker that listens by asking, and one that does not by force", async () => {
  startHost()
  const polite = await runWorker("polite")
  expect(await server.call("stop", { handle: polite.handle, graceMs: 60_000 })).toMatchObject({ ok: true })
  expect(await server.exitOf(polite.handle)).toMatchObject({ exitCode: 0, reason: expect.stringContaining("It had been asked to stop.") })
  const deaf = await runWorker("deaf")
  expect(await server.call("stop", { handle: deaf.handle, graceMs: 300 })).toMatchObject({ ok: true })
  expect(await server.exitOf(deaf.handle)).toMatchObject({
    exitCode: null,
    signal: "SIGKILL",
    reason: expect.stringContaining("asked to stop"),
  })
  expect(await server.call("stop", { handle: deaf.handle, graceMs: 0 })).toMatchObject({ ok: true })
})

test("kills everything that a killed worker leaves behind before it tells of the end", async () => {
  startHost()
  const { facts, handle, run } = await runWorker("tree")
  const mark = [`VIBERATOR_MARK=${run.jobId}-1`]
  await vi.waitFor(() => expect(startedWith(mark)).toHaveLength(2), DEADLINE_MS)
  process.kill(facts.pid, "SIGKILL")
  expect(await server.exitOf(handle)).toMatchObject({
    exitCode: null,
    signal: "SIGKILL",
    oom: false,
    reason: "The worker was ended by SIGKILL.",
  })
  expect(startedWith(mark)).toEqual([])
  expect(existsSync(join(folder, "state", "runs", `${run.jobId}-1`, "work"))).toBe(false)
})

test("takes the mark of attempt 10 for no mark of attempt 1", async () => {
  attempts.push("job_x-10")
  const other = spawn("sleep", ["600"], { env: { VIBERATOR_MARK: "job_x-10" }, stdio: "ignore" })
  await once(other, "spawn")
  await vi.waitFor(() => expect(startedWith(["VIBERATOR_MARK=job_x-10"])).toEqual([other.pid]), DEADLINE_MS)
  expect(await killStartedWith(["VIBERATOR_MARK=job_x-1"])).toEqual([])
  expect(other.exitCode ?? other.signalCode).toBe(null)
})

test("finds its worker again after its own SIGKILL and tells of its end", async () => {
  const first = startHost()
  const { facts, handle, run } = await runWorker("tree")
  await killed(first)
  expect(processLives(facts.pid)).toBe(true)
  server.forget()
  startHost()
  expect(await server.heard("hello")).toMatchObject({ running: [{ jobId: run.jobId, attempt: 1, handle }] })
  expect(await server.call("inspect", { handle })).toMatchObject({ result: { state: "running" } })
  expect(await server.call("stop", { handle, graceMs: 60_000 })).toMatchObject({ ok: true })
  expect(await server.exitOf(handle)).toMatchObject({ exitCode: null, reason: expect.stringContaining("its host had been restarted") })
  expect(startedWith([`VIBERATOR_MARK=${run.jobId}-1`])).toEqual([])
})

test("keeps the end of a grace that a former host process promised", async () => {
  const first = startHost()
  const { handle } = await runWorker("deaf")
  await server.call("stop", { handle, graceMs: 1000 })
  await killed(first)
  startHost()
  expect(await server.exitOf(handle)).toMatchObject({ exitCode: null, reason: expect.stringContaining("It had been asked to stop.") })
})

test("tells of a worker that ended while no host was there, and kills what it left", async () => {
  const first = startHost()
  const { facts, handle, run } = await runWorker("tree")
  await killed(first)
  process.kill(facts.pid, "SIGKILL")
  await vi.waitFor(() => expect(processLives(facts.pid)).toBe(false), DEADLINE_MS)
  expect(startedWith([`VIBERATOR_MARK=${run.jobId}-1`])).not.toEqual([])
  startHost()
  expect(await server.exitOf(handle)).toMatchObject({ exitCode: null, reason: expect.stringContaining("while its host was not running") })
  expect(startedWith([`VIBERATOR_MARK=${run.jobId}-1`])).toEqual([])
})

test("counts a start that was interrupted by the host's death as run", async () => {
  const record = { jobId: "job_x", attempt: 1, handle: "viberator-job_x-1", callId: "c", startedAt: 1, stored: false }
  mkdirSync(join(folder, "state", "runs"), { recursive: true })
  writeFileSync(join(folder, "state", "runs", "viberator-job_x-1.json"), JSON.stringify(record))
  startHost()
  expect(await server.exitOf(record.handle)).toMatchObject({ exitCode: null, reason: expect.stringContaining("may never have run") })
})

test("finds a worker whose start its former self could not write down", async () => {
  const first = startHost()
  const { run, facts, handle } = await runWorker("wait")
  await killed(first)
  const file = join(folder, "state", "runs", `${handle}.json`)
  const withProcess = z.looseObject({ process: z.looseObject({ pid: z.literal(facts.pid) }) })
  const { process: _lost, ...record } = withProcess.parse(JSON.parse(readFileSync(file, "utf8")))
  writeFileSync(file, JSON.stringify(record))
  server.forget()
  startHost()
  expect(await server.heard("hello")).toMatchObject({ running: [{ jobId: run.jobId, handle }] })
  process.kill(facts.pid, "SIGKILL")
  expect(await server.exitOf(handle)).toMatchObject({ exitCode: null, reason: expect.stringContaining("its host had been restarted") })
})

test("stops with 77 when its token is not taken, at the door and later", async () => {
  server.refuseWith = 401
  const refused = startHost()
  expect(await endOf(refused)).toEqual({ code: 77, stderr: expect.stringContaining("no longer takes this host's token") })
  server.refuseWith = undefined
  const revoked = startHost()
  await server.heard("hello")
  server.send(JSON.stringify({ type: "bye", reason: "revoked" }))
  expect(await endOf(revoked)).toMatchObject({ code: 77 })
})

test.each([
  [503, "Service Unavailable"],
  [403, "<h1>Blocked by a firewall</h1>"],
])("comes back after a %i that is not the control plane's own word", async (status, words) => {
  server.refuseWith = status
  server.refuseWords = words
  startHost()
  await vi.waitFor(() => expect(server.refusals).toBeGreaterThan(0), DEADLINE_MS)
  server.refuseWith = undefined
  await server.heard("hello")
})

test("leaves its workers running on SIGTERM, or takes them along when told to", async () => {
  const leaving = startHost()
  const { facts, run } = await runWorker("tree")
  leaving.kill("SIGTERM")
  expect(await endOf(leaving)).toMatchObject({ code: 0 })
  expect(processLives(facts.pid)).toBe(true)
  server.forget()
  const taking = startHost("--kill-workers-on-exit")
  expect(await server.heard("hello")).toMatchObject({ running: [{ jobId: run.jobId }] })
  // Ctrl-C comes twice, from the terminal and from the starter.
  taking.kill("SIGINT")
  taking.kill("SIGINT")
  expect(await endOf(taking)).toMatchObject({ code: 0 })
  expect(processLives(facts.pid)).toBe(false)
  expect(startedWith([`VIBERATOR_MARK=${run.jobId}-1`])).toEqual([])
})

test("is one process per state folder and never logs a token", async () => {
  const first = startHost()
  const log = collect(first)
  const { run } = await runWorker("exit7")
  await server.heard("exited")
  expect(await endOf(startHost())).toEqual({ code: 64, stderr: expect.stringContaining("Another host") })
  await killed(first)
  expect(log()).toContain("host.worker-started")
  for (const secret of [TOKEN, run.env.VIBERATOR_LAUNCH_TOKEN]) expect(log()).not.toContain(secret)
})

test("leaves a server that no longer answers its pings and comes back", async () => {
  const log = createLog({ redactor: createRedactor(), fields: { room: "host test" } })
  const engine = processEngine({ state: join(folder, "state"), slots: 1, command: [process.execPath, "none.mjs"], baseEnv: {}, log })
  const pace = { pingMs: 20, awayMs: 100, repeatMs: 10_000, retryMs: [1, 10] } as const
  const connection = connectHost({
    url: server.url,
    token: TOKEN,
    version: "test",
    slots: 1,
    engine,
    answer: createCalls({ engine, log }),
    log,
    pace,
  })
  await server.heard("hello")
  server.answering = false
  await server.heard("hello")
  server.answering = true
  connection.close()
  expect(await connection.ended).toMatchObject({ code: 0 })
  engine.close()
})

test.each([
  [["--url", "ftp://x"], "http or https"],
  [[], "--url is missing"],
  [["--url", "http://x", "--engine", "docker", "--keep-work"], "--keep-work is for --engine process"],
  [["--url", "http://x", "--allow-network", "container:other"], "--allow-network takes the name of a network"],
  [["--url", "http://x", "--work-mb", "0"], "--work-mb must be a number"],
  [["--url", "http://x", "--engine", "podman"], "must be process or docker"],
  [["--url", "http://x", "--slots", "0"], "--slots must be a number"],
  [["--url", "http://x", "--forward", "VIBERATOR_HOST_TOKEN"], "--forward takes"],
  [["--url", "http://x", "--checkpoint-seconds", "0"], "--checkpoint-seconds must be"],
  [["--url", "http://x", "--token", "abc"], "must look like vh_"],
  [["--url", "http://x", "--sluts", "1"], "--sluts"],
  [["--url", "http://x", "extra"], "extra"],
])("says what is wrong with %j", (args, sentence) => {
  expect(parseHostOptions(args, { VIBERATOR_HOST_TOKEN: TOKEN }, "/w.mjs")).toEqual({
    kind: "wrong",
    sentence: expect.stringContaining(sentence),
  })
})

test("refuses wrong flags with 64 and helps with 0", async () => {
  expect(await endOf(startHost("--engine", "docker", "--docker-socket", join(folder, "none.sock")))).toEqual({
    code: 64,
    stderr: expect.stringMatching(/^The Docker engine cannot be reached: .*none\.sock.* --docker-socket\.$/m),
  })
  expect(await endOf(startHost("--worker", "/nowhere.mjs"))).toEqual({
    code: 64,
    stderr: expect.stringContaining("There is no worker at /nowhere.mjs"),
  })
  expect(await endOf(startHost("--help"))).toEqual({ code: 0, stderr: "" })
})

test("keeps the newer half of a log that grew over its cap", () => {
  const file = join(folder, "worker.log")
  writeFileSync(file, Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join(""))
  capLog(file, 1000)
  expect(statSync(file).size).toBeLessThan(1000)
  expect(readFileSync(file, "utf8")).toMatch(/^\[the host cut this log to its newer half\]\nline \d+\n/)
  expect(tailLog(file, 2)).toBe("line 998\nline 999")
})

type Said<T extends HostSays["type"]> = Extract<HostSays, { type: T }>
type Server = Awaited<ReturnType<typeof startServer>>
interface State {
  said: HostSays[]
  pings: number
  refusals: number
  /** Status at the door; undefined lets the right token in. */
  refuseWith: number | undefined
  refuseWords: string | undefined
  /** Whether an exit is confirmed, and whether pings are answered. */
  storing: boolean
  answering: boolean
}

/** The control plane's side of the host protocol, as small as it can be; everything heard is checked by the contract. */
async function startServer() {
  let socket: WebSocket | undefined
  let greeted = false
  let calls = 0
  const wake = new Set<() => void>()
  const state: State = { said: [], pings: 0, refusals: 0, refuseWith: undefined, refuseWords: undefined, storing: true, answering: true }
  const sockets = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    path: "/api/hosts/connection",
    verifyClient: ({ req }, done) => {
      if (state.refuseWith === undefined) return done(req.headers.authorization === `Bearer ${TOKEN}`, 401)
      state.refusals += 1
      const ours = JSON.stringify({ error: { code: "auth.required", message: "This host token is not known.", requestId: "req_1" } })
      done(false, state.refuseWith, state.refuseWords ?? ours)
    },
  })
  await once(sockets, "listening")
  const address = z.object({ port: z.number() }).parse(sockets.address())
  const hear = (from: WebSocket, text: string) => {
    if (text === "ping") {
      state.pings += 1
      if (state.answering) from.send("pong")
    } else {
      const message = hostSaysSchema.parse(JSON.parse(text))
      greeted ||= message.type === "hello"
      state.said.push(message)
      if (message.type === "exited" && state.storing)
        from.send(JSON.stringify({ type: "stored", jobId: message.jobId, attempt: message.attempt }))
    }
    for (const each of wake) each()
  }
  sockets.on("connection", (opened) => {
    socket = opened
    greeted = false
    opened.on("message", (data) => hear(opened, String(data)))
  })
  /** Takes the first message that fits out of what was said, now or until the deadline. */
  const take = <M extends HostSays>(what: string, fits: (message: HostSays) => message is M) =>
    new Promise<M>((resolve, reject) => {
      const look = () => {
        const found = state.said.find(fits)
        if (!found) return
        state.said.splice(state.said.indexOf(found), 1)
        done()
        resolve(found)
      }
      const late = setTimeout(() => (done(), reject(new Error(`Never heard ${what}; heard ${JSON.stringify(state.said)}`))), DEADLINE_MS)
      const done = () => (wake.delete(look), clearTimeout(late))
      wake.add(look)
      look()
    })
  const heard = async <T extends HostSays["type"] | "ping">(type: T) => {
    if (type !== "ping") return take(type, (message): message is Extract<HostSays, { type: T }> => message.type === type)
    const before = state.pings
    return vi.waitFor(() => expect(state.pings).toBeGreaterThan(before), DEADLINE_MS)
  }
  return Object.assign(state, {
    url: `http://127.0.0.1:${address.port}`,
    heard,
    exitOf: (handle: string) =>
      take(`the exit of ${handle}`, (message): message is Said<"exited"> => message.type === "exited" && message.handle === handle),
    send: (text: string) => socket?.send(text),
    call: async (verb: HostVerb, args: object, id = `call-${(calls += 1)}`) => {
      await vi.waitFor(() => expect(greeted, "a host has said hello").toBe(true), DEADLINE_MS)
      socket?.send(JSON.stringify({ type: "call", id, verb, args }))
      return take(`a reply to ${verb}`, (message): message is Said<"reply"> => message.type === "reply" && message.id === id)
    },
    dropConnection: () => {
      greeted = false
      socket?.terminate()
    },
    forget: () => (state.said = []),
    close: () => {
      for (const client of sockets.clients) client.terminate()
      return new Promise((resolve) => sockets.close(resolve))
    },
  })
}

function startHost(...flags: string[]): ChildProcess {
  const args = [
    join(folder, "host.mjs"),
    "--url",
    server.url,
    "--state",
    join(folder, "state"),
    "--worker",
    join(folder, "worker.mjs"),
    ...flags,
  ]
  const env = { PATH: process.env["PATH"], VIBERATOR_HOST_TOKEN: TOKEN, FORWARDED: "yes", HIDDEN: "no" }
  const host = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] })
  hosts.push(host)
  return host
}

function collect(host: ChildProcess): () => string {
  let text = ""
  host.stderr?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
  return () => text
}

async function endOf(host: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  const stderr = collect(host)
  const code: unknown = host.exitCode ?? (await once(host, "close"))[0]
  return { code: typeof code === "number" ? code : null, stderr: stderr() }
}

async function killed(host: ChildProcess): Promise<void> {
  host.kill("SIGKILL")
  await once(host, "exit")
}

function newRun(how: string) {
  const jobId = `job_${how}_${randomBytes(6).toString("hex")}`
  attempts.push(`${jobId}-1`)
  const launchToken = `vl_${jobId}_1_nonce_mac`
  const env = {
    VIBERATOR_JOB_ID: jobId,
    VIBERATOR_ATTEMPT: "1",
    CONTROL_PLANE_URL: "http://127.0.0.1:1",
    VIBERATOR_LAUNCH_TOKEN: launchToken,
  }
  return { jobId, attempt: 1, image: "any", networkMode: "bridge", env }
}

/** Has the host run a worker of that kind and waits until the worker has said what it sees. */
async function runWorker(how: string) {
  const run = newRun(how)
  const callId = `run-${run.jobId}`
  const reply = await server.call("run", run, callId)
  expect(reply).toMatchObject({ ok: true })
  const file = join(folder, "state", "runs", `${run.jobId}-1`, "facts.json")
  const facts = await vi.waitFor(() => factsSchema.parse(JSON.parse(readFileSync(file, "utf8"))), DEADLINE_MS)
  return { run, callId, facts, handle: z.object({ handle: z.string() }).parse(reply.result).handle }
}

function processLives(pid: number): boolean {
  const id = identify(pid)
  return id !== undefined && isAlive(id)
}
