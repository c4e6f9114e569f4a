// PURE: what a Lambda function was invoked with.
import { z } from "zod"
import { launchSchema } from "#contract/worker.schema.ts"
import type { Launch } from "#contract/worker.ts"

/** What one worker is to do. `payload` is what a worker without a control plane gets; it checks that itself. */
export type Order = { kind: "launch"; launch: Launch } | { kind: "payload"; payload: object } | { kind: "bad"; why: string }

export type Invocation =
  | { kind: "one"; order: Order }
  /** A batch of SQS: the first message is worked on. `others` must come again. */
  | { kind: "queue"; order: Order; messageId: string; others: readonly string[] }

const queueSchema = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })).min(1) })
const bodySchema = z.object({ body: z.string(), isBase64Encoded: z.boolean().optional() })

const SHAPES = "the four launch values, a payload, {body} with one of them, or messages of SQS with one of them"

/**
 * The event is `{jobId, attempt, controlPlaneUrl, launchToken}`, a whole payload, `{body}` with either as JSON (function
 * URLs and API Gateway; perhaps in base64), or messages of SQS (`Records[].body`).
 */
export function readInvocation(event: unknown): Invocation {
  const queue = queueSchema.safeParse(event)
  const [first, ...others] = queue.success ? queue.data.Records : []
  if (first === undefined) return { kind: "one", order: readOrder(event) }
  return { kind: "queue", order: readJson(first.body), messageId: first.messageId, others: others.map(({ messageId }) => messageId) }
}

function readOrder(event: unknown): Order {
  const body = bodySchema.safeParse(event)
  if (!body.success) return readDirect(event)
  const { body: text, isBase64Encoded = false } = body.data
  return readJson(isBase64Encoded ? Buffer.from(text, "base64").toString() : text)
}

function readJson(text: string): Order {
  try {
    return readDirect(JSON.parse(text))
  } catch {
    // The parser quotes what it stumbled over, and that may be a token.
    return { kind: "bad", why: "The body is not JSON." }
  }
}

function readDirect(event: unknown): Order {
  if (typeof event !== "object" || event === null) return { kind: "bad", why: `The event is to be ${SHAPES}.` }
  if ("job" in event) return { kind: "payload", payload: event }
  const launch = launchSchema.safeParse(event)
  if (launch.success) return { kind: "launch", launch: launch.data }
  if (!["jobId", "attempt", "controlPlaneUrl", "launchToken"].some((name) => name in event))
    return { kind: "bad", why: `The event is to be ${SHAPES}; this one has none of their fields.` }
  const fields = launch.error.issues.map(({ path, message }) => `${path.join(".")} (${message})`)
  return { kind: "bad", why: `Launch values that are missing or wrong: ${fields.join(", ")}.` }
}
