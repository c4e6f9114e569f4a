import { runInDurableObject } from "cloudflare:test"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { CLOCKS } from "#contract/jobs.ts"
import type { HostDoor } from "../compute/strategy.ts"
import { overrides } from "../context.ts"
import { createOutbox, type Effect, type EffectRule, type Outbox } from "../durable/outbox.ts"
import { effectRules } from "../jobs/effects.ts"
import type { JobEvent } from "../jobs/state.ts"
import { createLog } from "../log.ts"
import { brokenDatabase } from "./broken-database.ts"
import { env, rawJob, setUp, until } from "./harness.ts"
import { claimed, insertJob, onJob, stateOf, waitingEffects, world } from "./job-object.ts"

let at = 0
beforeAll(async () => {
  await setUp()
  at = Date.now() + 24 * 60 * 60_000
  overrides.now = () => at
})
afterEach(() => void delete overrides.database)
afterAll(() => void delete overrides.now)

const never = () => new Promise<never>(() => undefined)
const effect = (key: string, chain: string, kind = key): Effect => ({ key, chain, kind, data: {} })

describe("the outbox", () => {
  let made = 0
  /** An outbox on the SQLite of a real object; another one on the same is the next instance after an eviction. */
  const onOutbox = <T>(name: string, rules: Record<string, EffectRule>, use: (outbox: Outbox, sql: SqlStorage) => Promise<T>): Promise<T> =>
    runInDurableObject(rawJob(name), async (_, { storage: { sql } }) => {
      const outbox = createOutbox({ sql, rules, now: () => at, log: createLog({}, () => undefined), changed: async () => undefined })
      return use(outbox, sql)
    })
  const fresh = () => `outbox-${made++}`
  const left = (sql: SqlStorage) =>
    sql
      .exec<{ key: string }>("SELECT key FROM outbox ORDER BY id")
      .toArray()
      .map(({ key }) => key)

  it("gives each effect its own limit: one that hangs fails by it, the others are done meanwhile, and it is tried again", async () => {
    const done: string[] = []
    const rules = {
      quick: { limitMs: 60_000, run: async () => void done.push("quick") },
      hangs: { limitMs: 40, run: async () => (done.push("hangs"), never()) },
    }
    await onOutbox(fresh(), rules, async (outbox, sql) => {
      outbox.add([effect("hangs", "a"), effect("quick", "b")], at)
      outbox.start()
      await outbox.idle()
      expect(done).toEqual(["hangs", "quick"])
      expect(left(sql)).toEqual(["hangs"])
      expect(outbox.next()).toBeGreaterThan(at)
      at = outbox.next() ?? at
      outbox.start()
      expect(done).toEqual(["hangs", "quick", "hangs"])
      await outbox.idle()
    })
  })

  it("keeps the order of a chain through failures, and lets no chain wait for another", async () => {
    const done: string[] = []
    let broken = true
    const step = (name: string): EffectRule => ({
      limitMs: 1000,
      async run() {
        if (name === "project" && broken) throw new Error("the database is away")
        done.push(name)
      },
    })
    await onOutbox(
      fresh(),
      { project: step("project"), react: step("react"), announce: step("announce"), stop: step("stop") },
      async (outbox, sql) => {
        outbox.add([effect("project", "rows"), effect("react", "rows"), effect("announce", "rows"), effect("stop", "compute")], at)
        for (let tries = 0; tries < 3; tries++) {
          outbox.start()
          await outbox.idle()
          at = outbox.next() ?? at
        }
        expect(done).toEqual(["stop"])
        expect(left(sql)).toEqual(["project", "react", "announce"])
        broken = false
        outbox.start()
        await outbox.idle()
        expect(done).toEqual(["stop", "project", "react", "announce"])
        expect(outbox.next()).toBe(null)
      },
    )
  })

  it("moves an effect that is asked for again behind those of its chain, and does it once more when it was at work", async () => {
    const done: string[] = []
    let release = () => {}
    const rules = {
      project: { limitMs: 1000, run: () => new Promise<void>((resolve) => (release = resolve)).then(() => void done.push("project")) },
      announce: { limitMs: 1000, run: async () => void done.push("announce") },
    }
    await onOutbox(fresh(), rules, async (outbox) => {
      outbox.add([effect("project", "rows"), effect("announce", "rows")], at)
      outbox.start()
      // While the first projection is under way the state changes again.
      outbox.add([effect("project", "rows"), effect("announce", "rows")], at)
      release()
      await until("the first projection", () => done.length === 1 || null)
      release()
      await outbox.idle()
      expect(done).toEqual(["project", "project", "announce"])
    })
  })

  it("of an instance that died with an effect in flight is taken up by the next, once its limit has passed", async () => {
    const name = fresh()
    const done: string[] = []
    await onOutbox(name, { launch: { limitMs: 10_000, run: never } }, async (outbox) => {
      outbox.add([effect("launch", "compute")], at)
      outbox.start()
    })
    const rules = { launch: { limitMs: 10_000, run: async () => void done.push("launch") } }
    await onOutbox(name, rules, async (outbox) => {
      outbox.start()
      await outbox.idle()
      expect(done).toEqual([])
      expect(outbox.next()).toBe(at + 11_000)
      at += 11_000
      outbox.start()
      await outbox.idle()
      expect(done).toEqual(["launch"])
    })
  })

  it("waits at most 40 s between two tries, however often it has failed", async () => {
    const fail = async () => {
      throw new Error("no")
    }
    await onOutbox(fresh(), { project: { limitMs: 3000, run: fail } }, async (outbox) => {
      outbox.add([effect("project", "rows")], at)
      const pauses: number[] = []
      for (let tries = 0; tries < 30; tries++) {
        outbox.start()
        await outbox.idle()
        const next = outbox.next() ?? at
        pauses.push(next - at)
        at = next
      }
      expect(Math.max(...pauses)).toBeLessThan(40_000)
      expect(Math.min(...pauses.slice(10))).toBeGreaterThan(20_000)
      expect(pauses[0]).toBeLessThan(1000)
    })
  })

  it("finds a late finish harmless: what was asked for meanwhile is still done", async () => {
    const done: string[] = []
    const late: (() => void)[] = []
    const rules = {
      project: { limitMs: 30, run: () => new Promise<void>((resolve) => void late.push(resolve)).then(() => void done.push("project")) },
    }
    await onOutbox(fresh(), rules, async (outbox, sql) => {
      outbox.add([effect("project", "rows")], at)
      outbox.start()
      await outbox.idle()
      late[0]?.()
      await until("the late finish", () => done.length === 1 || null)
      expect(left(sql)).toEqual(["project"])
      at = outbox.next() ?? at
      outbox.start()
      late[1]?.()
      await outbox.idle()
      expect([done, left(sql)]).toEqual([["project", "project"], []])
    })
  })
})

describe("the effects of a job", () => {
  it("have the limits that the design names: the database 3 s, the compute 10 s", () => {
    // Nothing of the desk is asked for before an effect runs.
    const desk = new Proxy(Object(null), { get: () => () => undefined })
    const limits = Object.entries(
      effectRules(
        desk,
        () => desk,
        async () => undefined,
      ),
    ).map(([kind, { limitMs }]) => [kind, limitMs])
    expect(Object.fromEntries(limits)).toEqual({
      ...{ project: 3000, react: 9000, launch: 10_000, inspect: 10_000, stop: 10_000 },
      ...{ enqueue: 5000, release: 5000, leave: 5000, announce: 5000, archive: 60_000 },
    })
  })

  it("that concern the compute wait for no row: launch and stop are carried out while the database hangs", async () => {
    const doing: string[] = []
    const asks = (verb: string) => async () => void doing.push(verb)
    const host: Partial<HostDoor> = {
      run: async () => (doing.push("launch"), "accepted"),
      stop: asks("stop"),
      inspect: async () => (doing.push("inspect"), { state: "running", reason: "it runs", oom: false }),
    }
    const { id, object } = await insertJob()
    const seen = world(host)
    await onJob(object, seen, (job) => job.accept(id))
    await onJob(object, seen, (job) => job.idle())
    const hanging = brokenDatabase("hangs")
    overrides.database = new Proxy(hanging, {
      get: (target, name) => (name === "prepare" && doing.push("row"), Reflect.get(target, name)),
    })
    await onJob(object, seen, async (job) => {
      await job.apply({ type: "granted", leaseId: "l1", nonce: "abc" })
      await until("the launch", () => doing.length === 2 || null)
      expect(doing.toSorted()).toEqual(["launch", "row"])
      await job.apply(claimed())
      doing.length = 0
      await job.apply({ type: "cancel", by: "usr_1" })
      await until("the look", () => doing.includes("inspect") || null)
      expect(doing).toEqual(["stop", "inspect"])
    })
  })

  it("go row, reaction, announcement: nobody reacts to an end that the row does not show", async () => {
    const seen: unknown[] = []
    const { id, object } = await insertJob()
    const waiting = { now: (): string[] => [] }
    const reacting = world({}, async () => {
      const row = await env.DB.prepare("SELECT status, version FROM jobs WHERE id = ?").bind(id).first()
      seen.push({ row, behind: waiting.now() })
    })
    await onJob(object, reacting, (job) => job.accept(id))
    await onJob(object, reacting, (job) => job.idle())
    overrides.database = brokenDatabase("fails")
    await onJob(object, reacting, async (job, storage) => {
      waiting.now = () => waitingEffects(storage)
      await job.apply({ type: "cancel", by: "usr_1" })
      await job.idle()
      at += 120_000
      await job.alarm?.()
      await job.idle()
      expect(seen).toEqual([])
      expect(waitingEffects(storage).filter((kind) => kind !== "leave")).toEqual(["project", "react", "announce"])
      delete overrides.database
      at += 120_000
      await job.alarm?.()
      await job.idle()
      expect(seen).toEqual([{ row: { status: "cancelled", version: 2 }, behind: ["react", "announce"] }])
      expect(waitingEffects(storage)).toEqual([])
      expect(stateOf(storage).settled).toBe(true)
    })
  })
})

describe("an effect that hangs", () => {
  const granted: JobEvent = { type: "granted", leaseId: "l1", nonce: "abc" }
  it.each([
    ["launch", { run: never }, [granted], CLOCKS.startDockerMs.ms, { status: "launching", extensions: 1 }],
    ["inspect", { inspect: never }, [granted, claimed()], 46 * 60_000, { status: "stopping", cause: "deadline" }],
    ["stop", { stop: never }, [granted, claimed(), { type: "cancel", by: "usr_1" }], CLOCKS.stopMs.ms, { status: "stopping", rounds: 1 }],
  ] as const)("%s, delays no deadline", async (_name, host, events, waitMs, stage) => {
    const { id, object } = await insertJob()
    const hanging = world(host)
    await onJob(object, hanging, (job) => job.accept(id))
    await onJob(object, hanging, async (job, storage) => {
      for (const event of events) await job.apply(event)
      // Until its first alarm in between, it hangs; and at the deadline itself it still does.
      at += CLOCKS.heartbeatLostMs.ms
      await job.alarm?.()
      at += waitMs
      const from = performance.now()
      await job.alarm?.()
      expect(stateOf(storage).stage).toMatchObject(stage)
      expect(performance.now() - from).toBeLessThan(500)
    })
  })

  it.each(["project", "react"])("%s, delays no deadline either", async (kind) => {
    const { id, object } = await insertJob()
    await onJob(object, world(), (job) => job.accept(id))
    await onJob(object, world(), (job) => job.idle())
    if (kind === "project") overrides.database = brokenDatabase("hangs")
    await onJob(object, world({}, never), async (job, storage) => {
      await job.apply(kind === "react" ? { type: "cancel", by: "usr_1" } : granted)
      const due = kind === "react" ? CLOCKS.retentionMs.ms : CLOCKS.startDockerMs.ms
      at += due
      const from = performance.now()
      await job.alarm?.()
      expect(performance.now() - from).toBeLessThan(500)
      const { stage, deadlines } = stateOf(storage)
      if (kind === "react") expect(deadlines).toEqual({})
      else expect(stage).toEqual({ status: "launching", extensions: 1 })
    })
  })
})
