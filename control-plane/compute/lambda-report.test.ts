import { expect, it } from "vitest"
import { inspectionOf } from "./lambda-report.ts"

const line = (type: string, record: object = {}) => JSON.stringify({ type, record: { requestId: "r1", ...record } })
const start = line("platform.start")
const report = (status: string, over: object = {}) => line("platform.report", { status, ...over })
const of = (lines: string[], age = 1000) => inspectionOf(lines, { requestId: "r1", age, limitSeconds: 300 })

it.each([
  ["nothing yet", [], 1000, { state: "starting" }],
  ["nothing, and no more will come", [], 301_000, { state: "gone" }],
  ["another's lines", [line("platform.report", { requestId: "r2", status: "success" })], 1000, { state: "starting" }],
  ["lines that are none of the platform's", ["plain text", "[1]", '{"type":"x"}'], 1000, { state: "starting" }],
  ["its start", [start], 1000, { state: "running" }],
  ["its end", [start, report("success")], 1000, { state: "stopped", oom: false }],
  ["its end without its start", [report("error", { errorType: "Runtime.ExitError" })], 1000, { state: "stopped", oom: false }],
  ["memory", [start, report("error", { errorType: "Runtime.OutOfMemory" })], 1000, { state: "stopped", oom: true }],
  ["a time-out", [start, report("timeout")], 1000, { state: "stopped", failure: { kind: "agent-timeout", limitMs: 300_000 } }],
  ["a second delivery that has ended at once", [start, start, report("error")], 1000, { state: "running" }],
  [
    "the end of both",
    [start, start, report("error"), report("success")],
    1000,
    { state: "stopped", reason: "the function ended: success" },
  ],
])("an invocation of which the log has %s", (_, lines, age, expected) => {
  expect(of(lines, age)).toMatchObject(expected)
})
