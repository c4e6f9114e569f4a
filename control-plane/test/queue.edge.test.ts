import { runInDurableObject } from "cloudflare:test"
import fc from "fast-check"
import type { Job } from "#contract/jobs.ts"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Bindings, ObjectClass } from "../config.ts"
import { overrides } from "../context.ts"
import { queueObject } from "../queue/object.ts"
import type { Enqueued, QueueStub } from "../queue/stub.ts"
import { type Caller, caller, connectHost, createStage, createUser, env, launchOf, ok, setUp, startResearch } from "./harness.ts"

// The real queue in workerd, with jobs at its doors that answer as a test wants.

type Queue = InstanceType<ObjectClass<QueueStub>>
interface Jobs {
  /** Every grant as it was delivered, a repeat too. */
  told: { jobId: string; leaseId: string }[]
  /** What the job behind a grant says; throwing is an answer that was lost. */
  answer: (jobId: string, leaseId: string) => "accepted" | "not-wanted"
  holds: (jobId: string, leaseId: string) => boolean | Promise<boolean>
}

let at = 0
beforeAll(async () => {
  await setUp()
  at = Date.now() + 24 * 60 * 60_000
  overrides.now = () => at
})
afterAll(() => void delete overrides.now)

const PREFIX = "queue-test-"
let made = 0
const fresh = (): DurableObjectStub => {
  const namespace: unknown = env.QUEUE
  if (!isNamespace(namespace)) throw new Error("QUEUE is not a namespace")
  return namespace.get(namespace.idFromName(`${PREFIX}${made++}`))
}
const isNamespace = (value: unknown): value is DurableObjectNamespace =>
  typeof value === "object" && value !== null && "idFromName" in value

/** Each call is a new instance on the same storage: as if the object had been evicted since the last one. */
function on<T>(object: DurableObjectStub, jobs: Jobs, use: (queue: Queue, sql: SqlStorage) => Promise<T>): Promise<T> {
  const Queue = queueObject({
    async grant(_env: Bindings, jobId, leaseId) {
      jobs.told.push({ jobId, leaseId })
      return jobs.answer(jobId, leaseId)
    },
    holds: async (_env, jobId, leaseId) => jobs.holds(jobId, leaseId),
    newLeaseId: () => `lease_${leases++}`,
  })
  return runInDurableObject(object, async (_, state) => {
    const queue = new Queue(state, env)
    const answer = await use(queue, state.storage.sql)
    await queue.idle()
    return answer
  })
}
let leases = 0
const jobsThat = (over: Partial<Jobs> = {}): Jobs => ({ told: [], answer: () => "accepted", holds: () => true, ...over })
const entry = (jobId: string, over: Partial<Enqueued> & { projectId?: string; clankerId?: string; hostId?: string } = {}): Enqueued => {
  const { hostId, projectId = "prj_a", clankerId = "clk_x", ...rest } = over
  return {
    ...{ jobId, projectId, clankerId, priority: 0, at: made++ },
    caps: { [`project:${projectId}`]: null, [`clanker:${clankerId}`]: null, ...(hostId ? { [`host:${hostId}`]: null } : {}) },
    ...rest,
  }
}
const rows = (sql: SqlStorage) => ({
  leases: sql.exec<{ job_id: string; lease_id: string; keys: string }>("SELECT job_id, lease_id, keys FROM leases").toArray(),
  waiting: sql.exec<{ job_id: string; keys: string }>("SELECT job_id, keys FROM waiting").toArray(),
  caps: new Map(
    sql
      .exec<{ key: string; max: number }>("SELECT key, max FROM caps")
      .toArray()
      .map(({ key, max }) => [key, max]),
  ),
})

describe("a grant", () => {
  it("whose answer is lost is delivered again, as the same lease, until it is answered", async () => {
    let lost = 2
    const jobs = jobsThat({
      answer: () => {
        if (lost-- > 0) throw new Error("the connection was lost")
        return "accepted"
      },
    })
    const object = fresh()
    await on(object, jobs, (queue) => queue.enqueue(entry("job_1")))
    for (let tries = 0; tries < 2; tries++) {
      at += 2000
      await on(object, jobs, async (queue) => queue.alarm?.())
    }
    expect(jobs.told.map(({ jobId }) => jobId)).toEqual(["job_1", "job_1", "job_1"])
    expect(new Set(jobs.told.map(({ leaseId }) => leaseId)).size).toBe(1)
    expect(await on(object, jobs, async (_, sql) => rows(sql).leases)).toHaveLength(1)
  })

  it("that is not wanted gives its slot to the next", async () => {
    const jobs = jobsThat({ answer: (jobId) => (jobId === "job_1" ? "not-wanted" : "accepted") })
    const object = fresh()
    await on(object, jobs, async (queue) => {
      await queue.setCap("installation", 1, null)
      await queue.enqueue(entry("job_1"))
      await queue.enqueue(entry("job_2"))
    })
    expect(await on(object, jobs, async (_, sql) => rows(sql).leases.map(({ job_id }) => job_id))).toEqual(["job_2"])
  })
})

describe("a lease whose release never arrives", () => {
  it("is ended by the audit, and only that one; a job that does not answer keeps its own", async () => {
    const jobs = jobsThat({
      holds: (jobId) => {
        if (jobId === "job_silent") throw new Error("no answer")
        return jobId !== "job_ended"
      },
    })
    const object = fresh()
    await on(object, jobs, async (queue) => {
      await queue.setCap("installation", 3, null)
      for (const id of ["job_ended", "job_at_work", "job_silent", "job_next"]) await queue.enqueue(entry(id))
    })
    await on(object, jobs, (queue) => queue.audit())
    const left = await on(object, jobs, async (_, sql) =>
      rows(sql)
        .leases.map(({ job_id }) => job_id)
        .toSorted(),
    )
    expect(left).toEqual(["job_at_work", "job_next", "job_silent"])
  })

  it("is found behind any number of older ones that are held", async () => {
    const jobs = jobsThat({ holds: (jobId) => jobId !== "job_200" })
    const object = fresh()
    await on(object, jobs, async (queue) => {
      await queue.setCap("installation", 201, null)
      for (let n = 0; n <= 200; n++) await queue.enqueue(entry(`job_${n}`))
    })
    for (let minute = 0; minute < 5; minute++) {
      at += 60_000
      await on(object, jobs, (queue) => queue.audit())
    }
    const left = await on(object, jobs, async (_, sql) => rows(sql).leases.map(({ job_id }) => job_id))
    expect(left).toHaveLength(200)
    expect(left).not.toContain("job_200")
  })

  it("is not taken from a job that has not heard of its grant yet", async () => {
    const jobs = jobsThat({
      answer: () => {
        throw new Error("the connection was lost")
      },
      holds: () => false,
    })
    const object = fresh()
    await on(object, jobs, (queue) => queue.enqueue(entry("job_1")))
    await on(object, jobs, (queue) => queue.audit())
    expect(await on(object, jobs, async (_, sql) => rows(sql).leases)).toHaveLength(1)
  })
})

describe("a job that waits", () => {
  it.each([
    ["pause", 0, "the installation is paused", "the installation is paused"],
    ["installation", 1, null, "all slots of the installation are taken"],
    ["project", 1, null, "all slots of the project are taken"],
    ["project:prj_a", 1, null, "all slots of the project are taken"],
    ["clanker:clk_x", 1, null, "all slots of the clanker are taken"],
    ["host:hst_1", 1, null, "all slots of the host are taken"],
    ["host:hst_1", 0, "the host attic is not connected", "the host attic is not connected"],
  ])("for %s (%i) says so, and where it stands", async (key, limit, reason, said) => {
    const jobs = jobsThat()
    const object = fresh()
    const described = await on(object, jobs, async (queue) => {
      for (const id of ["job_first", "job_second", "job_third"]) {
        if (id === "job_first" ? limit === 0 : true) await queue.setCap(key, limit, reason)
        await queue.enqueue(entry(id, { hostId: "hst_1" }))
      }
      return [await queue.describe("job_second"), await queue.describe("job_third"), await queue.describe("job_unknown")]
    })
    const before = limit === 0 ? 1 : 0
    expect(described).toEqual([{ reason: said, position: before + 1 }, { reason: said, position: before + 2 }, null])
  })

  it("of a project with nothing running stands before an older one of a busy project", async () => {
    const jobs = jobsThat()
    const described = await on(fresh(), jobs, async (queue) => {
      await queue.setCap("installation", 2, null)
      for (const id of ["job_a1", "job_a2", "job_a3"]) await queue.enqueue(entry(id))
      await queue.enqueue(entry("job_b1", { projectId: "prj_b" }))
      await queue.enqueue(entry("job_urgent", { priority: 5 }))
      return Promise.all(["job_urgent", "job_b1", "job_a3"].map((id) => queue.describe(id)))
    })
    expect(described.map((one) => one?.position)).toEqual([1, 2, 3])
  })
})

type Step =
  | { do: "enqueue"; job: number; project: number; clanker: number; priority: number }
  | { do: "release" | "leave"; job: number }
  | { do: "cap"; key: string; limit: number }
  | { do: "uncap" | "audit" | "alarm" }
const job = fc.nat(11)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("enqueue" as const), job, project: fc.nat(2), clanker: fc.nat(1), priority: fc.nat(1) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("release" as const, "leave" as const), job }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("cap" as const),
      key: fc.constantFrom("pause", "installation", "project", "project:prj_0", "clanker:clk_0"),
      limit: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("uncap" as const, "audit" as const, "alarm" as const) }) },
)
const RUNS = { numRuns: Math.ceil(env.REPLAY.runs / 3), ...(env.REPLAY.seed === null ? {} : { seed: env.REPLAY.seed }) }

describe("whatever happens to the queue, evicted between any two steps", () => {
  it("grants nothing beyond a cap, leaves nobody waiting who could go, and holds one lease a job", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.nat(3)), { maxLength: 25 }), async (steps) => {
        const object = fresh()
        // A grant's answer is lost now and then: its job may have accepted all the same.
        let unlucky = 0
        const jobs = jobsThat({
          answer: () => {
            if (unlucky-- > 0) throw new Error("the answer was lost")
            return "accepted"
          },
        })
        for (const [one, luck] of steps) {
          at += 1000
          unlucky = luck === 0 ? 1 : 0
          const before = await on(object, jobs, async (_, sql) => rows(sql))
          await on(object, jobs, (queue) => perform(queue, one, before.leases))
          const after = await on(object, jobs, async (_, sql) => rows(sql))
          check(before, after)
        }
        // Whoever was granted hears of it in the end.
        for (let again = 0; again < 3; again++) {
          at += 60_000
          await on(object, jobs, async (queue) => queue.alarm?.())
        }
        const { leases: held } = await on(object, jobs, async (_, sql) => rows(sql))
        for (const { job_id, lease_id } of held) expect(jobs.told).toContainEqual({ jobId: job_id, leaseId: lease_id })
      }),
      RUNS,
    )
  })
})

async function perform(queue: Queue, one: Step, held: { job_id: string; lease_id: string }[]): Promise<void> {
  switch (one.do) {
    case "enqueue":
      return queue.enqueue(
        entry(`job_${one.job}`, { projectId: `prj_${one.project}`, clankerId: `clk_${one.clanker}`, priority: one.priority }),
      )
    case "release":
      // Once more than needed: a release is repeated until it is answered.
      for (const { lease_id } of held.filter(({ job_id }) => job_id === `job_${one.job}`)) {
        await queue.release(lease_id)
        await queue.release(lease_id)
      }
      return
    case "leave":
      return queue.leave(`job_${one.job}`)
    case "cap":
      return queue.setCap(one.key, one.limit, null)
    case "uncap":
      return queue.dropCap("project")
    case "audit":
      return queue.audit()
    case "alarm":
      return queue.alarm?.()
  }
}

type Rows = ReturnType<typeof rows>
function check(before: Rows, { leases: held, waiting, caps }: Rows): void {
  const used = (among: { keys: string }[], key: string) => among.filter(({ keys }) => readKeys(keys).includes(key)).length
  const limit = (key: string) => caps.get(key) ?? caps.get(key.split(":")[0] ?? "") ?? Infinity
  const had = new Set(before.leases.map(({ lease_id }) => lease_id))
  for (const { lease_id, keys } of held)
    if (!had.has(lease_id)) for (const key of readKeys(keys)) expect(used(held, key)).toBeLessThanOrEqual(limit(key))
  for (const { keys } of waiting) expect(readKeys(keys).some((key) => used(held, key) >= limit(key))).toBe(true)
  expect(new Set(held.map(({ job_id }) => job_id)).size).toBe(held.length)
  for (const { job_id } of waiting) expect(held.map((lease) => lease.job_id)).not.toContain(job_id)
}
const readKeys = (keys: string): string[] => JSON.parse(keys)

describe("a cap for every project", () => {
  // Hosts and clankers live by the real clock.
  beforeAll(() => void delete overrides.now)

  it("is a setting that an admin sets and takes back", async () => {
    const admin: Caller = caller((await createUser("admin")).token)
    const read = async () => (await admin<{ projectConcurrency: number | null }>("GET", "/api/settings")).body.projectConcurrency
    expect(await read()).toBe(null)
    expect((await admin("PATCH", "/api/settings", { projectConcurrency: 3 })).body).toMatchObject({ projectConcurrency: 3 })
    expect((await admin("PATCH", "/api/settings", { paused: false })).body).toMatchObject({ projectConcurrency: 3 })
    expect((await admin("PATCH", "/api/settings", { projectConcurrency: 0 })).status).toBe(422)
    expect((await admin("PATCH", "/api/settings", { projectConcurrency: null })).body).toMatchObject({ projectConcurrency: null })
  })

  it("lets one project's second job wait, and another project's go", async () => {
    const admin: Caller = caller((await createUser("admin")).token)
    const host = await connectHost(admin, { answersPings: true })
    const [one, other] = [await createStage(admin, "One"), await createStage(admin, "Other")]
    for (const { clanker } of [one, other]) await ok(admin("PATCH", `/api/clankers/${clanker.id}`, { maxConcurrency: 5 }))
    await ok(admin("PATCH", "/api/settings", { projectConcurrency: 1 }))
    const first = await startResearch(admin, one.project.id)
    await launchOf(host, first.job.id)
    const second = await startResearch(admin, one.project.id)
    await launchOf(host, (await startResearch(admin, other.project.id)).job.id)
    const { queue } = await ok(admin<Job>("GET", `/api/jobs/${second.job.id}`))
    expect(queue).toEqual({ reason: "all slots of the project are taken", position: 1 })
    await ok(admin("PATCH", "/api/settings", { projectConcurrency: null }))
    await launchOf(host, second.job.id)
  })
})
