import type { z } from "zod"
import type { usageQuerySchema, usageReplySchema, usageSumsSchema } from "./usage.schema.ts"

export const USAGE_GROUPS = ["day", "project", "ticket", "clanker", "kind", "model"] as const
export type UsageGroup = (typeof USAGE_GROUPS)[number]

export const USAGE_LIMITS = {
  /** A question's longest range, days. */
  days: 400,
  /** Groups that one answer names; the others are counted in its total alone. Days are never left out. */
  groups: 200,
  /** What is asked about when nobody says: this many days up to today. */
  defaultDays: 30,
} as const

export type UsageSums = z.infer<typeof usageSumsSchema>
export type UsageQuery = z.infer<typeof usageQuerySchema>
export type Usage = z.infer<typeof usageReplySchema>
