// A worker as a task of ECS: a real process, the metadata endpoint, and the TERM that ECS says.
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { CLOCKS } from "#contract/jobs.ts"
import { buildWorker } from "../build.ts"
import { startFakeControlPlane } from "./fake-control-plane.ts"
import type { FakeControlPlane } from "./fake-control-plane.ts"
import { listen, logLines, start, startedWith } from "./processes.ts"
import { FINISHED, startRig } from "./rig.ts"
import type { Rig } from "./rig.ts"

const TASK = "arn:aws:ecs:eu-central-1:123456789012:task/viberators/0123456789abcdef0123456789abcdef"
let rig: Rig
let bundle: string
beforeAll(async () => {
  rig = await startRig()
  bundle = await buildWorker(fileURLToPath(new URL("../..", import.meta.url)))
})
afterAll(() => rig.close())

const launched = (plane: FakeControlPlane, jobId: string, ecs: string): Record<string, string> => ({
  PATH: rig.env().path,
  VIBERATOR_WORK_DIR: rig.env().workDirectory,
  VIBERATOR_JOB_ID: jobId,
  VIBERATOR_ATTEMPT: "1",
  CONTROL_PLANE_URL: plane.url,
  VIBERATOR_LAUNCH_TOKEN: "vl_test_1_nonce_mac",
  ECS_CONTAINER_METADATA_URI_V4: ecs,
  AWS_EC2_METADATA_DISABLED: "true",
})

async function planeFor(payload: ReturnType<Rig["payload"]>): Promise<FakeControlPlane> {
  const { secrets = [], ...rest } = payload
  return startFakeControlPlane({ payload: rest, secrets, heartbeatMs: 100 })
}

test("the claim names the task, as the metadata endpoint has it", async () => {
  rig.agent(FINISHED)
  const payload = rig.payload({ job: { ...rig.payload().job, kind: "research" } })
  const plane = await planeFor(payload)
  const asked: (string | undefined)[] = []
  const metadata = await listen((request, response) => {
    asked.push(request.url)
    response.end(JSON.stringify({ Cluster: "viberators", TaskARN: TASK, Family: "x" }))
  })
  const { code, stdout, stderr } = await start([process.execPath, bundle], launched(plane, payload.job.id, `${metadata.url}/v4/abc`)).ended
  expect(code).toBe(0)
  expect(stdout).toBe("")
  expect(asked).toEqual(["/v4/abc/task"])
  expect(plane.claims[0]?.compute).toMatchObject({ kind: "ecs", id: TASK })
  expect(plane.results[0]?.outcome).toMatchObject({ status: "succeeded" })
  for (const line of logLines(stderr)) expect(line).toMatchObject({ jobId: payload.job.id, attempt: 1 })
  metadata.close()
  await plane.close()
})

test.each([
  ["says nothing", () => {}, "timeout"],
  ["says something else", (_: unknown, response: { end(text: string): void }) => response.end(`{"TaskARN": 1}`), "TaskARN"],
])("a metadata endpoint that %s costs two seconds at most, and a line of the log", async (_what, listener, why) => {
  rig.agent(FINISHED)
  const payload = rig.payload({ job: { ...rig.payload().job, kind: "research" } })
  const plane = await planeFor(payload)
  const metadata = await listen(listener)
  const { code, stderr } = await start([process.execPath, bundle], launched(plane, payload.job.id, metadata.url)).ended
  expect(code).toBe(0)
  expect(plane.claims[0]?.compute).toMatchObject({ kind: "ecs", id: expect.stringContaining("unknown task on ") })
  expect(logLines(stderr)).toContainEqual(
    expect.objectContaining({ level: "warn", event: "ecs.task-unknown", why: expect.stringContaining(why) }),
  )
  metadata.close()
  await plane.close()
})

test("TERM while the agent works: its processes are dead, its work is kept, and the result says so, long before KILL", async () => {
  rig.agent(`trap '' TERM; echo half > half.txt; (setsid sh -c 'trap "" TERM; while :; do sleep 1; done' &)
echo '{"type":"system","subtype":"x"}'; while :; do sleep 1; done`)
  const payload = rig.payload()
  const plane = await planeFor(payload)
  const metadata = await listen((_request, response) => response.end(JSON.stringify({ TaskARN: TASK })))
  const mark = `VIBERATOR_MARK=${payload.job.id}-1`
  const { child, ended } = start([process.execPath, bundle], launched(plane, payload.job.id, metadata.url))
  let termAt = 0
  plane.intercept = () => {
    if (termAt === 0 && plane.events.some(({ kind }) => kind === "log" || kind === "notice")) {
      termAt = Date.now()
      expect(startedWith(mark).length).toBeGreaterThan(1)
      child.kill("SIGTERM")
    }
    return null
  }
  const { code, stderr } = await ended
  expect(Date.now() - termAt).toBeLessThan(CLOCKS.ecsGraceMs.ms)
  expect(code, stderr).toBe(0)
  expect(startedWith(mark)).toEqual([])
  expect(plane.results[0]?.outcome).toMatchObject({ status: "stopped", reason: "the machine ended the worker (SIGTERM)" })
  const kept = plane.events.findLast((event) => event.kind === "checkpoint")
  expect(plane.files.get(kept?.artifact ?? "")?.byteLength).toBeGreaterThan(100)
  // Ten seconds of the agent's grace would have left five for the checkpoint elsewhere.
  expect(logLines(stderr)).not.toContainEqual(expect.objectContaining({ event: "checkpoint-given-up" }))
  metadata.close()
  await plane.close()
})
