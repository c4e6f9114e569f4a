import { z } from "zod"

/** One message of `GET /api/feed`: a wake-up; the client asks again for what it shows. */
export const changedSchema = z.object({
  type: z.literal("changed"),
  noun: z.enum(["job", "ticket", "clanker", "project", "secret", "host", "claw"]),
  id: z.string(),
  projectId: z.string().nullable(),
  version: z.number().int(),
})
