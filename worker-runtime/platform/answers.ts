// PURE: what each answer of the control plane means to the worker (worker-protocol.md, "Answers").
import { ID_PREFIXES } from "#contract/ids.ts"
import { z } from "zod"

export interface HttpReply {
  status: number
  retryAfter: string | null
  body: unknown
}

export type Answer<T> =
  | { kind: "ok"; value: T }
  /** The batch holds an event that is refused for what it is. */
  | { kind: "bad-event"; code: string }
  | { kind: "events-missing"; expected: number }
  /** Our own control plane says that this attempt is not, or no longer, ours. */
  | { kind: "fenced"; code: string }
  /** Our own control plane refuses the request for what it is; a repeat would be refused again. */
  | { kind: "refused"; code: string; message: string }
  /** Anybody else, or not now: again after a pause, at least this long. */
  | { kind: "later"; why: string; retryAfterMs: number }

/**
 * Our own envelope, told from anybody else's by its request id. A newer control plane may name codes that this release
 * does not know; the status and the code's first part still say what to do.
 */
const envelopeSchema = z.object({
  error: z.object({
    code: z.string().max(100),
    message: z.string(),
    detail: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string().startsWith(`${ID_PREFIXES.request}_`),
  }),
})
const missingSchema = z.object({ expected: z.number().int().min(1) })
const NEVER_REPEATED = new Set([400, 413, 422, 426])

/** Reads a reply. A 2xx whose body is not what the schema says counts as somebody else's (a captive portal, a proxy). */
export function readAnswer<T>(reply: HttpReply, schema: z.ZodType<T>, now: number): Answer<T> {
  if (reply.status >= 200 && reply.status < 300) {
    const parsed = schema.safeParse(reply.body)
    return parsed.success ? { kind: "ok", value: parsed.data } : { kind: "later", why: "an answer that is not ours", retryAfterMs: 0 }
  }
  const later = { kind: "later", why: `status ${reply.status}`, retryAfterMs: retryAfterMs(reply.retryAfter, now) } as const
  const envelope = envelopeSchema.safeParse(reply.body)
  if (!envelope.success) return later
  const { code, message, detail } = envelope.data.error
  if (code === "events-missing") {
    const missing = missingSchema.safeParse(detail)
    return missing.success ? { kind: "events-missing", expected: missing.data.expected } : later
  }
  if (reply.status === 401 || reply.status === 410 || code === "already-ended" || code === "already-claimed")
    return { kind: "fenced", code }
  if (NEVER_REPEATED.has(reply.status)) return code.startsWith("event.") ? { kind: "bad-event", code } : { kind: "refused", code, message }
  return { ...later, why: `${code} (${reply.status})` }
}

function retryAfterMs(header: string | null, now: number): number {
  if (header === null) return 0
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}

/** Longest pause between two tries, and the first one. */
const MAX_PAUSE_MS = 15_000
const FIRST_PAUSE_MS = 250

/** The pause before try number `tries + 1`: doubling, half of it random, never below what the server asked for. */
export function pauseMs({ tries, retryAfterMs: asked, random }: { tries: number; retryAfterMs: number; random: number }): number {
  const full = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, tries - 1))
  return Math.max(asked, full / 2 + (full / 2) * random)
}
