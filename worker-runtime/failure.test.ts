import { expect, test } from "vitest"
import { StepFailure, failureOf } from "./failure.ts"
import { createRedactor } from "./redact.ts"

const SECRET = "correct-horse-battery"
const redactor = createRedactor()
redactor.register(SECRET)

test.each([3890, 3899, 990, 999])("a secret that crosses a cut leaves no half of itself: at %i", (at) => {
  const text = `${"x".repeat(at)}${SECRET}${"y".repeat(200)}`
  const failure = failureOf(new StepFailure({ kind: "agent-failed", detail: text, lastLines: [text] }), "run-agent", redactor.clean)
  expect(JSON.stringify(failure)).not.toContain(`x${SECRET.slice(0, 1)}`)
  expect(failure.detail?.length).toBeLessThanOrEqual(4000)
  expect(failure.lastLines?.[0]?.length).toBe(1000)
})

test("a key over several lines goes as a whole", () => {
  const key = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "-----END PRIVATE KEY-----"]
  const { lastLines } = failureOf(
    new StepFailure({ kind: "no-changes", lastLines: ["before", ...key, "after"] }),
    "receive",
    redactor.clean,
  )
  expect(lastLines?.join("\n")).not.toContain("MIIEvQ")
  expect(lastLines).toEqual(expect.arrayContaining(["before", "after"]))
})
