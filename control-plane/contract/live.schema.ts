import { z } from "zod"
import { jobSchema } from "./jobs.schema.ts"

/** One event as stored: the job's own `seq`, the attempt it belongs to, and the fields of its kind. */
export const storedEventSchema = z.looseObject({ seq: z.number().int(), attempt: z.number().int(), at: z.string(), kind: z.string() })

export const liveToldSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("events"), items: z.array(storedEventSchema) }),
  z.object({ type: z.literal("job"), job: jobSchema }),
  z.object({ type: z.literal("bye"), reason: z.enum(["behind", "deleted", "revoked"]) }),
])
export const liveSaysSchema = z.object({ type: z.literal("ack"), seq: z.number().int().min(0) })
