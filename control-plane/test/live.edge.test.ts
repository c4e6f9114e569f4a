import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { afterEach, beforeAll, describe, expect, it } from "vitest"
import { LIVE_LIMITS } from "#contract/live.ts"
import type { LiveTold } from "#contract/live.ts"
import type { Project } from "#contract/projects.ts"
import { overrides } from "../context.ts"
import {
  type Caller,
  caller,
  createUser,
  env,
  type FakeHost,
  ok,
  ORIGIN,
  rawJob,
  runningJob,
  send,
  setUpWorkplace,
  type Stage,
  text,
  until,
} from "./harness.ts"

let admin: Caller
let token: string
let host: FakeHost
let stage: Stage
beforeAll(async () => {
  ;({ token, admin, host, stage } = await setUpWorkplace("Live"))
})
afterEach(() => void delete overrides.now)

const running = () => runningJob({ admin, host, stage })

async function open(path: string, bearer = token) {
  const headers = { upgrade: "websocket", authorization: `Bearer ${bearer}` }
  const { webSocket: socket, status } = await send(new Request(`${ORIGIN}${path}`, { headers }))
  if (!socket) throw new Error(`no socket: ${status}`)
  socket.accept()
  const heard: string[] = []
  let closed: string | null = null
  socket.addEventListener("message", ({ data }) => void heard.push(String(data)))
  socket.addEventListener("close", ({ reason }) => void (closed = reason))
  const told = () => heard.map((line): LiveTold => JSON.parse(line))
  return {
    heard,
    closed: () => closed,
    seqs: () => told().flatMap((one) => (one.type === "events" ? one.items.map(({ seq }) => seq) : [])),
    bye: () => told().find((one) => one.type === "bye") ?? null,
    ack: (seq: number) => socket.send(JSON.stringify({ type: "ack", seq })),
  }
}

describe("a viewer", () => {
  it("that acknowledges nothing for ten seconds is sent to the pages with the next event; one that does is not", async () => {
    const { job, worker } = await running()
    const [silent, stale, good] = await Promise.all([0, 0, 0].map(() => open(`/api/jobs/${job.id}/live?after=0`)))
    await worker.events([text(1, "a")])
    for (const viewer of [silent, stale, good]) await until("the event", () => viewer?.seqs().length === 1 || null)
    good?.ack(1)
    // What it says is no news: it has had this for long.
    stale?.ack(0)
    const isCaughtUp = (socket: WebSocket) => socket.deserializeAttachment().backlog.length === 0
    await until("its word", () => runInDurableObject(rawJob(job.id), (_, state) => state.getWebSockets().some(isCaughtUp) || null))
    overrides.now = () => Date.now() + LIVE_LIMITS.msBehind + 1000
    await worker.events([text(2, "b")])
    await until("the next", () => good?.seqs().length === 2 || null)
    expect(good?.bye()).toBe(null)
    for (const viewer of [silent, stale])
      expect(viewer?.bye() ?? (await until("bye", () => viewer?.bye() ?? null))).toEqual({ type: "bye", reason: "behind" })
  })

  it("that asks for more than 2,000 events pages; from a later place it is told the rest", async () => {
    const { job, worker } = await running()
    for (let batch = 0; batch < 5; batch++) {
      const events = Array.from({ length: 450 }, (_, index) => text(batch * 450 + index + 1, "x"))
      expect((await worker.events(events)).body.acked).toBe((batch + 1) * 450)
    }
    const far = await open(`/api/jobs/${job.id}/live?after=0`)
    expect(await until("the good-bye", far.bye)).toEqual({ type: "bye", reason: "behind" })
    expect(far.seqs()).toEqual([])
    const near = await open(`/api/jobs/${job.id}/live?after=1000`)
    await until("the rest", () => near.seqs().length === 1250 || null)
    expect(near.seqs()).toEqual(Array.from({ length: 1250 }, (_, index) => index + 1001))
  })

  it("keeps its place and what it owes while the object sleeps", async () => {
    const { job, worker } = await running()
    const viewer = await open(`/api/jobs/${job.id}/live?after=0`)
    await worker.events([text(1, "a")])
    await until("the event", () => viewer.seqs().length === 1 || null)
    for (let sleep = 2; sleep <= 4; sleep++) {
      await evictDurableObject(rawJob(job.id))
      await worker.events([text(sleep, "b")])
      await until("the event after it", () => viewer.seqs().length === sleep || null)
    }
    await evictDurableObject(rawJob(job.id))
    overrides.now = () => Date.now() + LIVE_LIMITS.msBehind + 1000
    await worker.events([text(5, "c")])
    expect(await until("the good-bye", viewer.bye)).toEqual({ type: "bye", reason: "behind" })
    expect(viewer.seqs()).toEqual([1, 2, 3, 4])
  })

  it("of a deleted job is told so", async () => {
    const { job, worker } = await running()
    const viewer = await open(`/api/jobs/${job.id}/live?after=0`)
    await worker.result(0, { status: "failed", failure: { kind: "no-document" } })
    await until("the end", async () => (await ok(admin<{ settled: boolean }>("GET", `/api/jobs/${job.id}`))).settled || null)
    await ok(admin("DELETE", `/api/jobs/${job.id}`))
    expect(await until("the good-bye", viewer.bye)).toEqual({ type: "bye", reason: "deleted" })
  })
})

describe("the feed", () => {
  const feed = (): DurableObjectStub => {
    const namespace: unknown = env.FEED
    if (!isNamespace(namespace)) throw new Error("FEED is not a namespace")
    return namespace.get(namespace.idFromName("installation"))
  }
  const isNamespace = (value: unknown): value is DurableObjectNamespace =>
    typeof value === "object" && value !== null && "idFromName" in value

  it("keeps its sockets while its object sleeps, and closes those of a user whose token is deleted", async () => {
    const member = await createUser("member")
    const [mine, theirs] = [await open("/api/feed"), await open("/api/feed", member.token)]
    await evictDurableObject(feed())
    await ok(admin<Project>("PATCH", `/api/projects/${stage.project.id}`, { name: "Live, renamed" }))
    for (const { heard } of [mine, theirs]) await until("the change", () => heard.some((line) => line.includes(stage.project.id)) || null)
    const tokens = await ok(caller(member.token)<{ items: { id: string }[] }>("GET", "/api/tokens"))
    for (const { id } of tokens.items) await ok(caller(member.token)("DELETE", `/api/tokens/${id}`))
    expect(await until("the close", theirs.closed)).toBe("revoked")
    expect(mine.closed()).toBe(null)
  })
})
