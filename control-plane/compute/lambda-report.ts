// PURE: what the log lines of Lambda's platform say about one invocation.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
import type { InspectAnswer } from "./strategy.ts"

interface Line {
  type: string
  record: Record<string, unknown>
}

/** How long AWS keeps an event that it cannot run yet: after it, nothing comes any more. */
export const MAX_EVENT_AGE_SECONDS = 180
/** Log lines arrive late: so much longer an invocation that left none may still have run. */
const LOG_DELAY_MS = 120_000

/** `age` is the attempt's, in milliseconds; `limitSeconds` the function's own. */
export function inspectionOf(messages: readonly string[], { requestId, age, limitSeconds }: Asked): InspectAnswer {
  const lines = messages.flatMap(parse).filter(({ record }) => record["requestId"] === requestId)
  // An event may be delivered twice under one id: over is what has ended as often as it began.
  const reports = lines.filter(({ type }) => type === "platform.report")
  const last = reports.at(-1)
  if (last && reports.length >= lines.filter(({ type }) => type === "platform.start").length) return ended(last, limitSeconds)
  if (lines.length > 0) return { state: "running", reason: "the function runs", oom: false }
  if (age > MAX_EVENT_AGE_SECONDS * 1000 + LOG_DELAY_MS)
    return { state: "gone", reason: `Lambda did not run the event within ${MAX_EVENT_AGE_SECONDS} seconds`, oom: false }
  return { state: "starting", reason: "Lambda has not run the event yet", oom: false }
}

interface Asked {
  requestId: string
  age: number
  limitSeconds: number
}

function ended({ record }: Line, limitSeconds: number): InspectAnswer {
  const status = String(record["status"] ?? "unknown")
  const errorType = typeof record["errorType"] === "string" ? record["errorType"] : ""
  const reason = `the function ended: ${[status, errorType].filter(Boolean).join(", ")}`
  const timedOut = status === "timeout" || errorType === "Sandbox.Timedout"
  return {
    state: "stopped",
    reason,
    oom: /OutOfMemory/i.test(errorType),
    ...(timedOut
      ? { failure: { kind: "agent-timeout", limitMs: limitSeconds * 1000, detail: "AWS ended the function at its time limit." } }
      : {}),
  }
}

function parse(message: string): Line[] {
  try {
    const value: unknown = JSON.parse(message)
    if (typeof value !== "object" || value === null || !("type" in value) || !("record" in value)) return []
    const { type, record } = value
    return typeof type === "string" && typeof record === "object" && record !== null ? [{ type, record: { ...record } }] : []
  } catch {
    // A line of the worker's own that is not JSON says nothing about the platform.
    return []
  }
}
