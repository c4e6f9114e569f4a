import { expect, test } from "vitest"
import { z } from "zod"
import { pauseMs, readAnswer } from "./answers.ts"

const schema = z.object({ acked: z.number() })
const ours = (code: string, detail?: unknown) => ({
  error: { code, message: "-", requestId: "req_1", ...(detail === undefined ? {} : { detail }) },
})

test.each([
  [200, { acked: 3 }, { kind: "ok", value: { acked: 3 } }],
  [200, "<html>log in to the wifi</html>", { kind: "later" }],
  [400, ours("event.invalid"), { kind: "bad-event" }],
  [413, ours("event.too-large"), { kind: "bad-event" }],
  [422, ours("event.invalid"), { kind: "bad-event" }],
  [422, ours("request.invalid"), { kind: "refused", code: "request.invalid" }],
  [426, ours("protocol.unsupported"), { kind: "refused" }],
  [413, "request entity too large", { kind: "later" }],
  [401, ours("auth.required"), { kind: "fenced" }],
  [401, "proxy login", { kind: "later" }],
  [401, { error: { code: "auth.required", message: "-", requestId: "somebody-elses" } }, { kind: "later" }],
  [410, ours("attempt.of-the-future"), { kind: "fenced" }],
  [422, ours("event.of-the-future"), { kind: "bad-event" }],
  [422, ours("request.of-the-future"), { kind: "refused" }],
  [409, ours("of-the-future"), { kind: "later" }],
  [410, ours("attempt.stale"), { kind: "fenced", code: "attempt.stale" }],
  [409, ours("already-ended"), { kind: "fenced", code: "already-ended" }],
  [409, ours("already-claimed"), { kind: "fenced", code: "already-claimed" }],
  [409, ours("events-missing", { expected: 7 }), { kind: "events-missing", expected: 7 }],
  [409, ours("events-missing"), { kind: "later" }],
  [403, "<html>WAF</html>", { kind: "later" }],
  [403, ours("auth.forbidden"), { kind: "later" }],
  [404, ours("not-found"), { kind: "later" }],
  [408, null, { kind: "later" }],
  [425, null, { kind: "later" }],
  [429, null, { kind: "later" }],
  [500, ours("internal"), { kind: "later" }],
  [503, null, { kind: "later" }],
  [0, "ECONNREFUSED", { kind: "later" }],
])("status %i with %j", (status, body, expected) => {
  expect(readAnswer({ status, retryAfter: null, body }, schema, 0)).toMatchObject(expected)
})

test("Retry-After counts in seconds or as a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z")
  const read = (retryAfter: string) => readAnswer({ status: 503, retryAfter, body: null }, schema, now)
  expect(read("7")).toMatchObject({ retryAfterMs: 7000 })
  expect(read("Thu, 01 Jan 2026 00:00:30 GMT")).toMatchObject({ retryAfterMs: 30_000 })
  expect(read("soon")).toMatchObject({ retryAfterMs: 0 })
})

test("pauses double, keep half of themselves, and never undercut the server", () => {
  expect(pauseMs({ tries: 1, retryAfterMs: 0, random: 0 })).toBe(125)
  expect(pauseMs({ tries: 3, retryAfterMs: 0, random: 1 })).toBe(1000)
  expect(pauseMs({ tries: 30, retryAfterMs: 0, random: 1 })).toBe(15_000)
  expect(pauseMs({ tries: 1, retryAfterMs: 60_000, random: 0 })).toBe(60_000)
})
