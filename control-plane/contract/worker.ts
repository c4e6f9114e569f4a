import type { z } from "zod"
import type {
  claimReplySchema,
  claimSchema,
  eventSchema,
  eventsReplySchema,
  eventsSchema,
  launchSchema,
  outcomeSchema,
  payloadSchema,
  resultSchema,
  secretDeliverySchema,
} from "./worker.schema.ts"

/** The protocol this release speaks. */
export const PROTOCOL = 1
/** What a server that speaks `protocol` takes from workers: its own and the one before, so that it can be replaced first. */
export const acceptedBy = (protocol: number): readonly number[] => [protocol, protocol - 1].filter((version) => version >= 1)
export const ACCEPTED_PROTOCOLS = acceptedBy(PROTOCOL)
export const PROTOCOL_HEADER = "Viberator-Protocol"

export const EVENT_LIMITS = {
  /** Events of one batch, and its size after gunzip. */
  count: 500,
  batchBytes: 1_048_576,
  /** Longer text is cut with a visible mark. */
  eventBytes: 65_536,
} as const
export const ARTIFACT_LIMITS = { count: 50, bytes: 26_214_400, checkpointBytes: 94_371_840 } as const
export const ARTIFACT_NAME = /^[a-z0-9._-]{1,80}$/
/** What a worker may fetch of the work that its job goes on with. */
export const RESUME_PARTS = ["checkpoint", "agent-state"] as const
export type ResumePart = (typeof RESUME_PARTS)[number]

/** The worker's exit codes. 75 is "fenced": another worker has the attempt, or the control plane says stop. */
export const EXIT = { accepted: 0, usage: 64, unreachable: 69, internal: 70, fenced: 75 } as const

export type Launch = z.infer<typeof launchSchema>
export type Claim = z.infer<typeof claimSchema>
export type ClaimReply = z.infer<typeof claimReplySchema>
export type Payload = z.infer<typeof payloadSchema>
export type SecretDelivery = z.infer<typeof secretDeliverySchema>
export type WorkerEvent = z.infer<typeof eventSchema>
export type WorkerEventKind = WorkerEvent["kind"]
export type EventBatch = z.infer<typeof eventsSchema>
export type EventsReply = z.infer<typeof eventsReplySchema>
export type Outcome = z.infer<typeof outcomeSchema>
export type Result = z.infer<typeof resultSchema>
