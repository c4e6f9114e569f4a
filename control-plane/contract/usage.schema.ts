import { z } from "zod"
import { idSchema } from "./ids.schema.ts"
import { USAGE_GROUPS } from "./usage.ts"

const day = z.iso.date({ error: "must be a day such as 2026-11-01" })

/** Days in UTC, both of them included. A job counts on the day on which it was created. */
export const usageQuery = {
  from: day.optional(),
  to: day.optional(),
  groupBy: z.enum(USAGE_GROUPS).default("day"),
  projectId: idSchema("project").optional(),
  clankerId: idSchema("clanker").optional(),
  /** With one of these two and no day, all times count. */
  ticketId: idSchema("ticket").optional(),
  scheduleId: idSchema("schedule").optional(),
}
export const usageQuerySchema = z.object(usageQuery)

export const usageSumsSchema = z.object({
  jobs: z.number().int(),
  succeeded: z.number().int(),
  failed: z.number().int(),
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  /** US dollars of the jobs whose cost is known, whole or in part. */
  costUsd: z.number(),
  /** Jobs that ran and of which nobody knows what they cost: they are not in `costUsd`. */
  unknownCost: z.number().int(),
  /** How long workers were at work, milliseconds. */
  computeMs: z.number().int(),
})
export const usageReplySchema = z.object({
  /** Null where all times count. */
  from: z.string().nullable(),
  to: z.string().nullable(),
  groupBy: z.enum(USAGE_GROUPS),
  total: usageSumsSchema,
  /** Days in order; everything else the dearest first. `key` is null for what belongs to none, such as a claw's jobs by ticket. */
  items: z.array(z.object({ key: z.string().nullable(), label: z.string(), ...usageSumsSchema.shape })),
  /** Groups that are not in `items`. */
  omitted: z.number().int(),
})
