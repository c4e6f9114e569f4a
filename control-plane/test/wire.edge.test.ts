import { beforeAll, describe, expect, it } from "vitest"
import type { Job } from "#contract/jobs.ts"
import type { StoredEvent } from "#contract/live.ts"
import { ACCEPTED_PROTOCOLS, acceptedBy, PROTOCOL, PROTOCOL_HEADER } from "#contract/worker.ts"
import { sha256Hex } from "../hash.ts"
import {
  type Caller,
  caller,
  connectHost,
  createStage,
  createUser,
  env,
  type FakeHost,
  launchOf,
  ok,
  setUp,
  startResearch,
  type Talk,
  until,
} from "./harness.ts"

// Workers of another release at this server: what they said is recorded in testbed/wire/.

let admin: Caller
let host: FakeHost
let projectId: string
beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  host = await connectHost(admin, { slots: 50 })
  const stage = await createStage(admin, "Wires")
  projectId = stage.project.id
  await ok(admin("PATCH", `/api/clankers/${stage.clanker.id}`, { maxConcurrency: 50 }))
})

/** The same with a field that nobody knows, in every object of it. */
function ofTheFuture<T>(value: T): T
function ofTheFuture(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => ofTheFuture(item))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries([...Object.entries(value).map(([key, item]) => [key, ofTheFuture(item)]), ["ofTheFuture", { deep: 1 }]])
}

interface Speaker {
  post: (path: string, body: object, over?: { claim?: boolean; protocol?: string }) => ReturnType<Caller>
  jobId: string
}
async function speaker(protocol: number): Promise<Speaker & { sessionHash: string }> {
  const { job } = await startResearch(admin, projectId)
  const launch = await launchOf(host, job.id)
  const secret = "7".repeat(64)
  return {
    jobId: job.id,
    sessionHash: await sha256Hex(secret),
    post: (path, body, { claim = false, protocol: spoken = String(protocol) } = {}) =>
      caller(claim ? (launch["VIBERATOR_LAUNCH_TOKEN"] ?? "") : `vs_${job.id}_1_${secret}`)(
        "POST",
        `/worker/v1/jobs/${job.id}${path}`,
        body,
        {
          [PROTOCOL_HEADER]: spoken,
        },
      ),
  }
}
const settled = (id: string) =>
  until("the end", async () => {
    const job = await ok(admin<Job>("GET", `/api/jobs/${id}`))
    return job.settled ? job : null
  })

const recorded = ACCEPTED_PROTOCOLS.flatMap((protocol) =>
  (["full", "sparse"] as const).flatMap((form) =>
    [false, true].map((future) => ({
      protocol,
      form,
      more: future ? "with fields that this server does not know" : "as recorded",
      future,
    })),
  ),
)

describe("a worker of an accepted protocol", () => {
  it.each(recorded)("$protocol, $form, $more, does a whole job", async ({ protocol, form, future }) => {
    const talk: Talk | undefined = env.WIRES[protocol]?.[form]
    if (!talk) throw new Error(`nothing is recorded of protocol ${protocol}`)
    const { claim, events, credentials, result } = future ? ofTheFuture(talk) : talk
    const { post, jobId, sessionHash } = await speaker(protocol)
    const claimed = await post("/claim", { ...claim, sessionHash }, { claim: true })
    expect(claimed).toMatchObject({
      status: 200,
      body: { heartbeatMs: 15_000, leaseMs: 60_000, payload: { protocol, job: { id: jobId } } },
    })
    expect(await post("/events", events)).toMatchObject({ status: 200, body: { acked: result.lastSeq } })
    expect((await post("/credentials", credentials)).status).toBe(200)
    expect(await post("/result", result)).toMatchObject({ status: 200, body: { status: "succeeded" } })
    const stored = await ok(admin<{ items: StoredEvent[] }>("GET", `/api/jobs/${jobId}/events`))
    expect(stored.items.map(({ attempt: _attempt, ...event }) => ({ ...event }))).toEqual(
      talk.events.events.map((event) => (future && "input" in event ? { ...event, input: ofTheFuture(event["input"]) } : event)),
    )
    expect((await settled(jobId)).status).toBe("succeeded")
  })

  it.each([
    [1, 1, true],
    [2, 2, true],
    [2, 1, true],
    [3, 1, false],
    [2, 3, false],
    [1, 0, false],
  ])("a server of %i, a worker of %i: %s", (server, worker, accepted) => {
    expect(acceptedBy(server).includes(worker)).toBe(accepted)
  })
})

const unknown = [String(PROTOCOL + 1), String(PROTOCOL - 2), "0", "x".repeat(500)]

describe("a worker of a protocol that is not accepted", () => {
  it.each(unknown)("is told so when it claims, and its job ends with that reason: %s", async (protocol) => {
    const { post, jobId } = await speaker(PROTOCOL)
    // Whatever that protocol may say in its claim.
    const answer = await post("/claim", { shape: "not known here" }, { claim: true, protocol })
    expect(answer).toMatchObject({ status: 426, body: { error: { code: "protocol.unsupported" } } })
    const { status, failure } = await settled(jobId)
    expect({ status, failure }).toMatchObject({
      status: "failed",
      failure: { kind: "protocol-unsupported", step: "receive", retryHelps: false },
    })
    expect(JSON.stringify(failure).length).toBeLessThan(1000)
  })

  it("is told so too when only the claim's body says it", async () => {
    const { post, jobId, sessionHash } = await speaker(PROTOCOL)
    const claim = { ...env.WIRES[PROTOCOL]?.full.claim, sessionHash, protocol: PROTOCOL + 1 }
    expect((await post("/claim", claim, { claim: true })).status).toBe(426)
    expect((await settled(jobId)).failure).toMatchObject({ kind: "protocol-unsupported" })
  })

  it("ends no job without that job's launch token", async () => {
    const { post, jobId } = await speaker(PROTOCOL)
    const forged = await caller("vl_forged")("POST", `/worker/v1/jobs/${jobId}/claim`, {}, { [PROTOCOL_HEADER]: "99" })
    expect(forged.status).toBe(401)
    expect((await post("/events", { attempt: 1, events: [] }, { protocol: "99" })).status).toBe(426)
    expect((await ok(admin<Job>("GET", `/api/jobs/${jobId}`))).status).toBe("launching")
    await ok(admin("POST", `/api/jobs/${jobId}/cancellation`, {}))
  })
})
