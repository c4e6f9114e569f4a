import { z } from "zod"

export const settingsSchema = z.object({
  /** Jobs that may run at once in the whole installation. */
  maxConcurrency: z.number().int(),
  paused: z.boolean(),
  environment: z.enum(["local", "dev", "prod"]),
  publicUrl: z.string(),
})
export const settingsPatchSchema = z.strictObject({ maxConcurrency: z.number().int().min(1).max(10_000), paused: z.boolean() }).partial()
