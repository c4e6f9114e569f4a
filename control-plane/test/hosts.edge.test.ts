import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { afterAll, beforeAll, expect, it } from "vitest"
import { hostObject } from "../hosts/stub.ts"
import { type StandingClock, standingClock } from "./clock.ts"
import { type Caller, caller, connectHost, createUser, env, setUp, until } from "./harness.ts"

const HOUR_MS = 60 * 60_000
const RUN = { attempt: 1, try: 1, image: "worker", networkMode: "bridge", env: {} }
let admin: Caller
let clock: StandingClock
beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
})
afterAll(() => clock.release())

const raw = (id: string): DurableObjectStub => {
  const namespace: unknown = env.HOSTS
  if (!isNamespace(namespace)) throw new Error("HOSTS is not a namespace")
  return namespace.get(namespace.idFromName(id))
}
const isNamespace = (value: unknown): value is DurableObjectNamespace =>
  typeof value === "object" && value !== null && "idFromName" in value
const rows = (id: string) =>
  runInDurableObject(raw(id), (_, { storage: { sql } }) => ({
    calls: sql.exec<{ id: string; at: number }>("SELECT id, at FROM calls").toArray(),
    runs: sql.exec<{ job_id: string; state: string }>("SELECT job_id, state FROM runs").toArray(),
  }))

it("a host that stays connected for days keeps a day of what it was asked, and every worker that lives", async () => {
  const host = await connectHost(admin, { answersPings: true })
  clock = standingClock()
  const object = hostObject(env, host.id)
  // It answers each run at once, and no stop at all; its first worker never ends.
  const runs = 3 * 24
  for (let hour = 0; hour < runs; hour++) {
    const jobId = `job_${hour}`
    expect(await object.run({ jobId, ...RUN })).toBe("accepted")
    await until("the run's answer", async () => (await object.inspect(jobId, 1)).state === "running" || null)
    await object.stop(jobId, 1, 1000)
    if (hour > 0) {
      host.say({ type: "exited", jobId, attempt: 1, handle: `viberator-${jobId}-1`, exitCode: 0, oom: false, reason: "exit code 0" })
      await until("the exit", async () => (await object.inspect(jobId, 1)).state === "stopped" || null)
    }
    if (hour % 10 === 0) await evictDurableObject(raw(host.id))
    await clock.pass(HOUR_MS, [])
  }
  const { calls, runs: known } = await rows(host.id)
  expect(Math.min(...calls.map(({ at }) => at))).toBeGreaterThanOrEqual(clock.now() - 26 * HOUR_MS)
  expect(calls.filter(({ id }) => id.startsWith("stop:")).length).toBeLessThanOrEqual(26)
  expect(known).toContainEqual({ job_id: "job_0", state: "running" })
  expect(known.length).toBeLessThanOrEqual(27)
  expect(known).toContainEqual({ job_id: `job_${runs - 1}`, state: "exited" })
})
