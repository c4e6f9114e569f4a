import { beforeAll, describe, expect, it } from "vitest"
import type { ErrorReply } from "#contract/errors.ts"
import { ARTIFACT_LIMITS, EVENT_LIMITS } from "#contract/worker.ts"
import { type Caller, type FakeWorker, ok, ORIGIN, runningJob, send, setUpWorkplace, text } from "./harness.ts"

// What a worker may send to the log of its job, how much of it, and how it is told what was wrong.

let admin: Caller
let job: string
let worker: FakeWorker
beforeAll(async () => {
  const place = await setUpWorkplace("Log")
  ;({ admin } = place)
  const running = await runningJob(place)
  job = running.job.id
  worker = running.worker
})

async function post(path: string, body: BodyInit, headers: Record<string, string> = {}, method: "POST" | "PUT" = "POST") {
  const wanted = { method, body, headers: { authorization: `Bearer ${worker.session}`, ...headers } } as const
  const reply = await send(new Request(`${ORIGIN}/worker/v1/jobs/${job}${path}`, wanted))
  const answer: ErrorReply & { acked?: number } = await reply.json()
  return { status: reply.status, body: answer }
}
const gzip = (content: string | Uint8Array) =>
  new Response(new Response(content).body?.pipeThrough(new CompressionStream("gzip"))).arrayBuffer()

describe("a packed body", () => {
  it("is taken as if it were not", async () => {
    const body = await gzip(JSON.stringify({ attempt: 1, events: [text(1, "a"), text(2, "b")] }))
    expect(await post("/events", body, { "content-encoding": "gzip" })).toMatchObject({ status: 200, body: { acked: 2 } })
  })

  it("counts by what comes out of it: a small one that unpacks to 64 MiB is refused", async () => {
    const body = await gzip(new Uint8Array(64 * 1024 * 1024))
    expect(body.byteLength).toBeLessThan(EVENT_LIMITS.batchBytes / 10)
    expect(await post("/events", body, { "content-encoding": "gzip" })).toMatchObject({
      status: 413,
      body: { error: { code: "event.too-large" } },
    })
  })

  it.each([
    ["something else", () => new Response("not gzip at all").arrayBuffer()],
    ["only its beginning", async () => (await gzip(JSON.stringify({ attempt: 1, events: [text(3, "x".repeat(10_000))] }))).slice(0, 40)],
  ])("that is %s is refused as malformed", async (_what, make) => {
    expect(await post("/events", await make(), { "content-encoding": "gzip" })).toMatchObject({
      status: 400,
      body: { error: { code: "request.malformed" } },
    })
  })
})

describe("an event that does not fit", () => {
  const at = new Date(0).toISOString()
  it.each([
    ["of a kind that is not known", { seq: 3, at, kind: "surprise" }, /kind must be one of: step, log, text,/],
    ["without its text", { seq: 3, at, kind: "text" }, /^Event 3 was refused: delta is required\.$/],
    ["with a number for a text", { seq: 3, at, kind: "text", delta: 7 }, /^Event 3 was refused: delta must be text\.$/],
    ["without a number", { at, kind: "text", delta: "x" }, /^Event at index 1 was refused: seq is required\.$/],
    ["that is no object", "x", /^Event at index 1 was refused: it must be an object\.$/],
    ["with a text above the limit", text(3, "x".repeat(EVENT_LIMITS.eventBytes + 1)), /delta must have at most 65536 characters/],
    [
      "with an input above the limit",
      { seq: 3, at, kind: "tool", id: "t", name: "n", state: "started", input: "x".repeat(120_000) },
      /it is larger than 65536 bytes/,
    ],
    [
      "wrong in every field",
      { seq: 3, at, kind: "usage" },
      /^Event 3 was refused: model is required; inputTokens is required; outputTokens is required\.$/,
    ],
  ])("%s, is refused by its place, in our words", async (_what, event, message) => {
    const answer = await post("/events", JSON.stringify({ attempt: 1, events: [text(3, "good"), event] }))
    expect(answer).toMatchObject({ status: 422, body: { error: { code: "event.invalid", detail: { index: 1 } } } })
    expect(answer.body.error.message).toMatch(message)
    expect(answer.body.error.message).not.toMatch(/Invalid input|expected|received/i)
    expect((await ok(admin<{ lastSeq: number }>("GET", `/api/jobs/${job}`))).lastSeq).toBe(2)
  })

  it("more than 500 at once are refused", async () => {
    const events = Array.from({ length: EVENT_LIMITS.count + 1 }, (_, index) => text(index + 3, "x"))
    expect((await post("/events", JSON.stringify({ attempt: 1, events }))).body.error.message).toContain(
      "events must have at most 500 items",
    )
  })
})

describe("a file of an attempt", () => {
  const put = (name: string, content: BodyInit, headers = {}) => post(`/artifacts/${name}`, content, headers, "PUT")

  it("has a bounded size, a checkpoint a larger one", async () => {
    const large = new Uint8Array(ARTIFACT_LIMITS.bytes + 1)
    expect(await put("patch.diff", large)).toMatchObject({ status: 413, body: { error: { code: "artifact.too-large" } } })
    expect(await put("checkpoint-1.bundle", large)).toMatchObject({ status: 200, body: { size: large.byteLength } })
  })

  it.each(["UPPER.txt", "a%2Fb", "x".repeat(81), "a b"])("cannot be called %s", async (name) => {
    expect((await put(name, "x")).status).toBeGreaterThanOrEqual(400)
  })

  it("is one of at most 50; one that is stored may be stored again", async () => {
    for (let n = 1; n < ARTIFACT_LIMITS.count; n++) expect((await put(`file-${n}`, "x")).status).toBe(200)
    expect(await put("one-too-many", "x")).toMatchObject({ status: 409, body: { error: { code: "artifact.too-many" } } })
    expect((await put("file-7", "newer")).status).toBe(200)
    const { items } = await ok(admin<{ items: { name: string; size: number }[] }>("GET", `/api/jobs/${job}/artifacts`))
    expect(items).toHaveLength(ARTIFACT_LIMITS.count)
    expect(items.find(({ name }) => name === "file-7")?.size).toBe(5)
  })
})
