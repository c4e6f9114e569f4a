import { z } from "zod"

export const hostCreateSchema = z.strictObject({ name: z.string().trim().min(1).max(100) })
export const hostSchema = z.object({
  id: z.string(),
  name: z.string(),
  connected: z.boolean(),
  engine: z.object({ kind: z.enum(["docker", "process"]), version: z.string() }).nullable(),
  slots: z.number().int(),
  running: z.number().int(),
  version: z.string().nullable(),
  lastSeenAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  createdAt: z.string(),
})
/** The token and the command that carries it are shown once. */
export const hostCreatedSchema = z.object({ id: z.string(), token: z.string(), command: z.string() })
