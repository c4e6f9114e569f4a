import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import { clankerObject } from "../clankers/object.ts"
import type { ClankerStub } from "../clankers/stub.ts"
import type { Doors, HostDoor } from "../compute/strategy.ts"
import type { ObjectClass } from "../config.ts"
import { type StandingClock, standingClock } from "./clock.ts"
import { type Caller, caller, createUser, env, ok, setUp, until } from "./harness.ts"

// The real object of a clanker with a world of the test's own at its doors: a host that hangs, or has no image.

let admin: Caller
let clock: StandingClock
beforeAll(async () => {
  await setUp()
  admin = caller((await createUser("admin")).token)
  clock = standingClock()
})
afterAll(() => clock.release())

const docker = { computeType: "docker", networkMode: "bridge" } as const
const never = () => new Promise<never>(() => undefined)
const HOST = { id: "hst_1", name: "one", engine: "process", engineVersion: "1" }
/** The outbox gives a call that nobody answers its limit and a margin, then makes it again. */
const LEASE_MS = 22_000

interface World {
  connectedHosts?: Doors["connectedHosts"]
  image?: HostDoor["image"]
}
interface Made {
  clanker: Clanker
  object: DurableObjectStub
  /** What was asked of the world, and each cap that the queue was told. */
  calls: string[]
  caps: { limit: number; reason: string | null }[]
}
type Instance = InstanceType<ObjectClass<ClankerStub>> & { idle: () => Promise<void> }

async function make(name: string): Promise<Made> {
  const clanker = await ok(admin<Clanker>("POST", "/api/clankers", { name, deploymentConfig: docker }))
  const namespace: unknown = env.CLANKERS
  if (!isNamespace(namespace)) throw new Error("CLANKERS is not a namespace")
  return { clanker, object: namespace.get(namespace.idFromName(clanker.id)), calls: [], caps: [] }
}
const isNamespace = (value: unknown): value is DurableObjectNamespace =>
  typeof value === "object" && value !== null && "idFromName" in value

/** A new instance on the object's storage for each call, as after an eviction. The one before is never heard of again. */
function on<T>(
  { object, calls, caps }: Made,
  given: World,
  use: (clanker: Instance, storage: DurableObjectStorage) => Promise<T>,
): Promise<T> {
  const world = { connectedHosts: async () => [HOST], image: async () => FOUND, ...given }
  const counted = <A extends unknown[], R>(name: string, does: (...args: A) => R) => {
    return (...args: A): R => {
      calls.push(name)
      return does(...args)
    }
  }
  const host: HostDoor = {
    run: async () => "accepted",
    inspect: async () => ({ state: "unknown", reason: "nobody asks", oom: false }),
    stop: async () => undefined,
    image: counted("image", world.image),
  }
  const doors: Doors = { now: clock.now, aws: null, host: () => host, connectedHosts: counted("hosts", world.connectedHosts) }
  const Class = clankerObject({ compute: () => doors, cap: async (_env, _id, limit, reason) => void caps.push({ limit, reason }) })
  return runInDurableObject(object, async (_, state) => {
    const clanker = new Class(state, env)
    if (!hasIdle(clanker)) throw new Error("this is not a clanker's object")
    return use(clanker, state.storage)
  })
}
const hasIdle = (object: InstanceType<ObjectClass<ClankerStub>>): object is Instance => "idle" in object
const FOUND = { state: "ok", id: "sha256:1", size: 1, digest: "sha256:2" } as const

const start = (made: Made, world: World, revision = 1) =>
  on(made, world, async (object) => {
    await object.start({ clankerId: made.clanker.id, revision, config: docker, maxConcurrency: 3 })
    await object.idle()
  })
const wake = (made: Made, world: World) =>
  on(made, world, async (object) => {
    await object.alarm?.()
    await object.idle()
  })
const read = ({ clanker }: Made) => ok(admin<Clanker>("GET", `/api/clankers/${clanker.id}`))
/** The call hangs for good: whoever made it is gone before an answer. */
const hang = (made: Made, world: World, use: (object: Instance) => Promise<unknown>, asked: string) =>
  on(made, world, async (object) => {
    const before = made.calls.length
    await use(object)
    await until(`a call for ${asked}`, () => made.calls.slice(before).includes(asked))
  })

describe("a deployment whose object is evicted", () => {
  it.each([
    ["hosts", { connectedHosts: never }],
    ["image", { image: never }],
  ])("in the middle of its call for %s makes that call again, and ends", async (asked, world) => {
    const made = await make(`Evicted at ${asked}`)
    const request = { clankerId: made.clanker.id, revision: 1, config: docker, maxConcurrency: 3 }
    await hang(made, world, (object) => object.start(request), asked)
    // Neither too early, nor by anybody's word: the alarm of the next instance is what goes on.
    await wake(made, {})
    expect((await read(made)).status).not.toBe("active")
    await clock.pass(LEASE_MS, [])
    await wake(made, {})
    expect(await read(made)).toMatchObject({
      status: "active",
      acceptsJobs: true,
      servingRevision: 1,
      deployment: { facts: { hostName: "one" } },
    })
    expect(made.calls.filter((call) => call === asked)).toHaveLength(2)
    expect(made.caps).toEqual([{ limit: 3, reason: null }])
  })

  it("while it waits looks again when it wanted to", async () => {
    const made = await make("Evicted while waiting")
    await start(made, { image: async () => ({ state: "pending" }) })
    expect(await on(made, {}, (_, storage) => storage.getAlarm())).toBe(clock.now() + 500)
    expect(await read(made)).toMatchObject({ status: "deploying", statusMessage: expect.stringContaining("looks for") })
    await clock.pass(500, [])
    await wake(made, {})
    expect(await read(made)).toMatchObject({ status: "active" })
  })

  it("and whose alarm is lost is woken by the cron, within the minute after its row has been quiet for one", async () => {
    const made = await make("Asleep")
    await start(made, { connectedHosts: async () => [] })
    await evictDurableObject(made.object)
    await runInDurableObject(made.object, (_, { storage }) => storage.deleteAlarm())
    await clock.pass(59_000, [])
    await ok(admin("POST", "/api/settings/ticks", {}))
    expect(await read(made)).toMatchObject({ status: "deploying" })
    // Here it is the deployed object itself that is asked: it finds no host, and its minute is over.
    await clock.pass(2000, [])
    await ok(admin("POST", "/api/settings/ticks", {}))
    await until("the end of the start", async () => (await read(made)).status === "failed")
    expect((await read(made)).statusMessage).toContain("No host is connected")
  })

  it("shows the step that it left when it is deactivated between two steps, and serves nothing", async () => {
    const made = await make("Deactivated")
    await start(made, { image: async () => ({ state: "pending" }) })
    await on(made, {}, async (object) => {
      await object.deactivate(made.clanker.id)
      await object.idle()
    })
    await clock.pass(60_000, [])
    await wake(made, {})
    const { deployment, status, acceptsJobs } = await read(made)
    expect({ status, acceptsJobs }).toEqual({ status: "inactive", acceptsJobs: false })
    expect(deployment?.steps.map(({ name, state }) => [name, state])).toEqual([
      ["find host", "done"],
      ["check image", "stopped"],
    ])
    expect(made.calls).toEqual(["hosts", "image"])
  })

  it("is the same deployment when it is asked for again, and a newer revision comes after the step that is at work", async () => {
    const made = await make("Superseded")
    const slow = { image: async (): Promise<Awaited<ReturnType<HostDoor["image"]>>> => ({ state: "pending" }) }
    await start(made, slow)
    await start(made, slow)
    expect(made.calls).toEqual(["hosts", "image"])
    await start(made, {}, 2)
    expect(await read(made)).toMatchObject({ status: "active", servingRevision: 2 })
    expect(made.calls).toEqual(["hosts", "image", "hosts", "image"])
  })

  it("fails with its message and leaves the former one at work, until a later one succeeds", async () => {
    const made = await make("Failing")
    await start(made, {})
    await start(made, { image: async () => ({ state: "failed", message: "no such image" }) }, 2)
    expect(await read(made)).toMatchObject({
      status: "failed",
      statusMessage: expect.stringContaining("no such image"),
      servingRevision: 1,
    })
    // The host is away, and stays so.
    const away = { connectedHosts: async () => [] }
    await start(made, away, 2)
    for (let minute = 0; minute < 61; minute++) {
      await clock.pass(1000, [])
      await wake(made, away)
    }
    expect(await read(made)).toMatchObject({
      status: "failed",
      statusMessage: expect.stringContaining("No host is connected"),
      acceptsJobs: true,
    })
    await start(made, {}, 2)
    expect(await read(made)).toMatchObject({ status: "active", statusMessage: null, servingRevision: 2 })
    // The queue heard of it when it changed, and never that it serves nothing.
    expect(made.caps).toEqual([
      { limit: 3, reason: null },
      { limit: 3, reason: null },
    ])
  })
})
