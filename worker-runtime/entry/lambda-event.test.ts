import { expect, test } from "vitest"
import { readInvocation } from "./lambda-event.ts"

const launch = { jobId: "job_1", attempt: 1, controlPlaneUrl: "https://v.test", launchToken: "vl_job_1_1_n_mac" }
const payload = { protocol: 1, job: { id: "job_1" } }
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64")
const record = (messageId: string, body: unknown) => ({ messageId, body: JSON.stringify(body), eventSource: "aws:sqs" })

test.each([
  ["the launch values", launch, { kind: "launch", launch }],
  ["launch values whose attempt is text", { ...launch, attempt: "2" }, { kind: "launch", launch: { ...launch, attempt: 2 } }],
  ["a payload", payload, { kind: "payload", payload }],
  ["a body", { body: JSON.stringify(launch) }, { kind: "launch", launch }],
  ["a body in base64", { body: base64(payload), isBase64Encoded: true, headers: {} }, { kind: "payload", payload }],
])("%s", (_name, event, order) => {
  expect(readInvocation(event)).toEqual({ kind: "one", order })
})

test("of a batch of SQS the first message is worked on, and the others are named", () => {
  const event = { Records: [record("m1", launch), record("m2", payload), record("m3", launch)] }
  expect(readInvocation(event)).toEqual({ kind: "queue", order: { kind: "launch", launch }, messageId: "m1", others: ["m2", "m3"] })
  expect(readInvocation({ Records: [record("m1", payload)] })).toMatchObject({ order: { kind: "payload" }, others: [] })
  expect(readInvocation({ Records: [{ messageId: "m1", body: "{" }] })).toMatchObject({
    order: { kind: "bad", why: "The body is not JSON." },
  })
})

test.each([
  [null, "is to be the four launch values"],
  ["text", "is to be the four launch values"],
  [{}, "has none of their fields"],
  [{ Records: [] }, "has none of their fields"],
  [{ body: "{" }, "The body is not JSON."],
  [{ body: "aGVsbG8=", isBase64Encoded: true }, "The body is not JSON."],
  [{ jobId: "job_1", attempt: 0, controlPlaneUrl: "nowhere" }, /attempt \(.*controlPlaneUrl \(.*launchToken \(/],
])("%j is refused, with what is wrong", (event, why) => {
  const invocation = readInvocation(event)
  expect(invocation).toMatchObject({
    kind: "one",
    order: { kind: "bad", why: typeof why === "string" ? expect.stringContaining(why) : expect.stringMatching(why) },
  })
})

test("a refusal quotes nothing of the event: its values may be tokens", () => {
  expect(JSON.stringify(readInvocation({ body: `{"launchToken": "vl_secret` }))).not.toContain("vl_secret")
  expect(JSON.stringify(readInvocation({ launchToken: "vl_secret", attempt: "vl_other" }))).not.toMatch(/vl_(secret|other)/)
})
