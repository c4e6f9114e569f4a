// The Lambda handler under AWS's own runtime client: every shape of event to a real outcome, and what happens at the edges.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import type { Payload } from "#contract/worker.ts"
import type { LambdaContext, LambdaResult } from "../entry/lambda.ts"
import { startFakeControlPlane } from "./fake-control-plane.ts"
import type { FakeControlPlane } from "./fake-control-plane.ts"
import { lambdaImage, removeImage, ROLE_SECRET, ROLE_TOKEN, startFunction } from "./lambda-rig.ts"
import type { FunctionOptions, LambdaFunction, LambdaImage } from "./lambda-rig.ts"
import { logLines, start, startedWith } from "./processes.ts"
import { FINISHED, startRig, TOKEN } from "./rig.ts"
import type { Rig } from "./rig.ts"

const LAUNCH_TOKEN = "vl_test_1_nonce_mac0123456789"
let rig: Rig
let image: LambdaImage | null = null
let missing = ""
beforeAll(async () => {
  rig = await startRig()
  image = await lambdaImage().catch((error: unknown) => {
    missing = String(error)
    return null
  })
}, 600_000)
afterAll(async () => {
  if (image !== null) removeImage(image)
  await rig.close()
})

const open: { close(): Promise<unknown> }[] = []
beforeEach(({ skip }) => skip(image === null, missing))
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

let functions = 0
async function lambda(options: Partial<FunctionOptions> = {}): Promise<LambdaFunction> {
  if (image === null) throw new Error(missing)
  const tmp = join(rig.folder, `lambda-${functions++}`)
  const started = await startFunction(image, { path: rig.env().path, tmp, ...options })
  open.push(started)
  return started
}

async function jobOf(change: Partial<Payload> = {}): Promise<{ plane: FakeControlPlane; payload: Payload; event: object }> {
  const payload = rig.payload(change)
  const { secrets = [], ...rest } = payload
  const plane = await startFakeControlPlane({ payload: rest, secrets, heartbeatMs: 100 })
  open.push(plane)
  return { plane, payload, event: { jobId: payload.job.id, attempt: 1, controlPlaneUrl: plane.url, launchToken: LAUNCH_TOKEN } }
}
const message = (messageId: string, body: unknown) => ({
  messageId,
  receiptHandle: "x",
  body: JSON.stringify(body),
  eventSource: "aws:sqs",
})

const WORKS = `echo n > new; [ -z "$AWS_SECRET_ACCESS_KEY$AWS_LAMBDA_RUNTIME_API" ] || exit 9; case "$HOME" in "$TMPDIR"*) ;; */home) ;; *) exit 8;; esac; ${FINISHED}`

test.each([
  ["the four launch values", (event: object) => event, {}],
  ["a body in base64", (event: object) => ({ body: Buffer.from(JSON.stringify(event)).toString("base64"), isBase64Encoded: true }), {}],
  ["a message of SQS", (event: object) => ({ Records: [message("m1", event)] }), { batchItemFailures: [] }],
  [
    "several messages of SQS, of which one is done and the others must come again",
    (event: object) => ({ Records: [message("m1", event), message("m2", { any: 1 }), message("m3", event)] }),
    { batchItemFailures: [{ itemIdentifier: "m2" }, { itemIdentifier: "m3" }] },
  ],
])("%s: the job is done, and reported as this function's", async (_name, wrap, more) => {
  rig.agent(WORKS)
  const { plane, payload, event } = await jobOf()
  const runtime = await lambda()
  const result = await runtime.invoke(wrap(event), { requestId: "8476a536-e9f4-11e8-9739-2dfe598c3fcd" })
  expect(result).toEqual({ outcome: "reported", exitCode: 0, jobId: payload.job.id, attempt: 1, ...more })
  expect(plane.results[0]?.outcome).toMatchObject({ status: "succeeded", changedFiles: ["new"] })
  expect(plane.claims[0]?.compute).toMatchObject({ kind: "lambda", id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd" })
  expect(plane.claims[0]?.compute.proof).toContain(ROLE_TOKEN)
  const { stdout, stderr } = await runtime.close()
  for (const line of logLines(stderr)) expect(line).toMatchObject({ jobId: payload.job.id, attempt: 1 })
  for (const secret of [TOKEN, LAUNCH_TOKEN, ROLE_SECRET, ROLE_TOKEN]) expect(stdout + stderr).not.toContain(secret)
})

test("a whole payload as the event: its events are lines on standard output, and its result the answer's", async () => {
  rig.agent(WORKS)
  const payload = rig.payload()
  const runtime = await lambda()
  expect(await runtime.invoke(payload)).toEqual({ outcome: "succeeded", exitCode: 0, jobId: payload.job.id, attempt: 1 })
  expect(await runtime.invoke({ ...payload, agent: { slug: "hal" } })).toMatchObject({ outcome: "failed", exitCode: 0 })
  const { stdout } = await runtime.close()
  const results = logLines(stdout).filter(({ kind }) => kind === "result")
  expect(results).toMatchObject([
    { outcome: { status: "succeeded", branch: payload.repository.branch } },
    { outcome: { status: "failed", failure: { kind: "invalid-payload", field: "agent.slug" } } },
  ])
  expect(stdout).not.toContain(TOKEN)
})

test("bad events are answered, not thrown, and the function goes on; a queue gets its message back", async () => {
  const runtime = await lambda()
  const bad = { outcome: "bad-event", exitCode: 64 }
  expect(await runtime.invoke({})).toMatchObject({ ...bad, error: expect.stringContaining("none of their fields") })
  expect(await runtime.invoke("text")).toMatchObject(bad)
  expect(await runtime.invoke({ jobId: "job_1", attempt: 1, launchToken: LAUNCH_TOKEN })).toEqual({
    ...bad,
    error: expect.stringMatching(/^Launch values that are missing or wrong: controlPlaneUrl \(/),
  })
  expect(await runtime.invoke({ Records: [message("m1", {})] })).toMatchObject({ ...bad, batchItemFailures: [{ itemIdentifier: "m1" }] })
  const { stderr } = await runtime.close()
  expect(logLines(stderr)).toHaveLength(4)
  expect(stderr).not.toContain(LAUNCH_TOKEN)
})

test("the same event delivered again finds the attempt taken, and says no more", async () => {
  rig.agent(WORKS)
  const { plane, payload, event } = await jobOf()
  const [first, second] = [await lambda(), await lambda()]
  expect(await first.invoke(event)).toMatchObject({ outcome: "reported" })
  const again = { outcome: "fenced", exitCode: 75, jobId: payload.job.id, attempt: 1 }
  expect(await second.invoke(event)).toEqual(again)
  expect(await first.invoke({ Records: [message("m1", event)] })).toEqual({ ...again, batchItemFailures: [] })
  expect([plane.claims.length, plane.results.length]).toEqual([1, 1])
})

test("a control plane that is not there is told to the caller before the function's time is over", async () => {
  const { payload, event } = await jobOf()
  const runtime = await lambda()
  const from = Date.now()
  const result = await runtime.invoke({ ...event, controlPlaneUrl: "http://127.0.0.1:1" }, { remainingMs: 13_000 })
  expect(result).toEqual({ outcome: "unreachable", exitCode: 69, jobId: payload.job.id, attempt: 1 })
  expect(Date.now() - from).toBeLessThan(8_000)
})

test("the agent is ended in time: its work is kept and the limit reported a minute before the function's own", async () => {
  rig.agent(`trap '' TERM; echo half > half.txt; echo '{"type":"system","subtype":"x"}'; while :; do sleep 1; done`)
  const { plane, payload, event } = await jobOf()
  const runtime = await lambda()
  const endsAt = Date.now() + 95_000
  expect(await runtime.invoke(event, { remainingMs: 95_000 })).toMatchObject({ outcome: "reported", exitCode: 0 })
  expect(endsAt - Date.now()).toBeGreaterThan(60_000)
  const { outcome } = plane.results[0] ?? {}
  expect(outcome).toMatchObject({ status: "failed", failure: { kind: "agent-timeout", step: "run-agent" } })
  const failure = outcome?.status === "failed" && outcome.failure.kind === "agent-timeout" ? outcome.failure : null
  expect(failure?.limitMs).toBeGreaterThan(4_000)
  expect(failure?.limitMs).toBeLessThan(5_001)
  expect(failure?.detail).toContain("allow the function more time")
  const kept = plane.events.findLast((event) => event.kind === "checkpoint")
  expect(plane.files.get(kept?.artifact ?? "")?.byteLength).toBeGreaterThan(100)
  expect(startedWith(`VIBERATOR_MARK=${payload.job.id}-1`)).toEqual([])
})

test("a worker that does nothing any more is ended before Lambda ends everything, and the caller hears of it", async () => {
  const { plane, event } = await jobOf()
  const runtime = await lambda()
  plane.intercept = ({ path }) => {
    if (path === "/claim") for (const pid of startedWith("VIBERATOR_COMPUTE_ID=frozen")) process.kill(pid, "SIGSTOP")
    return null
  }
  const result = await runtime.invoke(event, { requestId: "frozen", remainingMs: 13_000 })
  expect(result).toMatchObject({ outcome: "lost", exitCode: 70, error: "The worker was ended by SIGKILL." })
  expect(startedWith("VIBERATOR_COMPUTE_ID=frozen")).toEqual([])
})

test("a second event at the same time is not taken, and a queue gets it back", async () => {
  const { handler }: { handler(event: unknown, context: LambdaContext): Promise<LambdaResult> } = await import(image?.bundle ?? "")
  const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 900_000 }
  const event = { job: { id: "job_1", attempt: 1 } }
  const [first, second] = await Promise.all([handler(event, context), handler({ Records: [message("m1", event)] }, context)])
  expect(first).toMatchObject({ outcome: "failed", exitCode: 0, jobId: "job_1" })
  expect(second).toMatchObject({ outcome: "busy", exitCode: 69, batchItemFailures: [{ itemIdentifier: "m1" }] })
})

test("each invocation has a worker of its own, and the runtime asks for the next when it has ended", async () => {
  rig.agent(`echo "$PPID" > "${rig.folder}/worker-pid"; ${WORKS}`)
  const runtime = await lambda()
  const pids: string[] = []
  for (const turn of [1, 2]) {
    const { plane, event } = await jobOf()
    plane.intercept = ({ path }) => {
      if (path === "/result") expect(runtime.asked()).toBe(turn)
      return null
    }
    expect(await runtime.invoke(event)).toMatchObject({ outcome: "reported" })
    const pid = readFileSync(join(rig.folder, "worker-pid"), "utf8").trim()
    expect(existsSync(`/proc/${pid}`)).toBe(false)
    pids.push(pid)
  }
  expect(new Set([...pids, String(runtime.pid)]).size).toBe(3)
})

test("the bundle itself is the image's program: it finds the client beside it, or says that there is none", async () => {
  rig.agent(WORKS)
  const { plane, event } = await jobOf()
  const runtime = await lambda({ asProgram: true })
  expect(await runtime.invoke(event)).toMatchObject({ outcome: "reported" })
  expect(plane.results[0]?.outcome).toMatchObject({ status: "succeeded" })
  const alone = join(rig.folder, "viberator.mjs")
  writeFileSync(alone, readFileSync(image?.bundle ?? ""))
  const { code, stderr } = await start([process.execPath, alone], { AWS_LAMBDA_RUNTIME_API: "127.0.0.1:1" }).ended
  expect([code, stderr.split("\n")[0]]).toEqual([
    64,
    "AWS_LAMBDA_RUNTIME_API is set, but aws-lambda-ric is not installed beside this file.",
  ])
})
