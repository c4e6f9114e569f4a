import type { z } from "zod"
import type { liveSaysSchema, liveToldSchema, storedEventSchema } from "./live.schema.ts"

export type StoredEvent = z.infer<typeof storedEventSchema>
export type LiveTold = z.infer<typeof liveToldSchema>
export type LiveSays = z.infer<typeof liveSaysSchema>

/** A viewer further behind than this is told `bye: behind` and pages by HTTP. */
export const LIVE_LIMITS = { bytesBehind: 1_048_576, msBehind: 10_000, replay: 2000 } as const
