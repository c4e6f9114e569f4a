import { z } from "zod"
import { idSchema } from "./ids.schema.ts"
import { pageOf, pageQuery } from "./lists.schema.ts"

export const auditQuery = {
  ...pageQuery,
  actorId: idSchema("user").optional(),
  /** Acts whose path holds this text, such as the id of what was changed. */
  subject: z.string().min(1).max(200).optional(),
}
export const auditEntrySchema = z.object({
  id: z.string(),
  at: z.string(),
  actor: z.object({ id: z.string(), name: z.string().nullable() }),
  act: z.string(),
  summary: z.string().nullable(),
  subject: z.string(),
  address: z.string().nullable(),
  status: z.number().int(),
  requestId: z.string(),
})
export const auditPageSchema = pageOf(auditEntrySchema)
