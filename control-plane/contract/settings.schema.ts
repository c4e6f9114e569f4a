import { z } from "zod"

export const settingsSchema = z.object({
  /** Jobs that may run at once in the whole installation. */
  maxConcurrency: z.number().int(),
  /** Jobs of one project that may run at once, for every project; null: only the installation limits them. */
  projectConcurrency: z.number().int().nullable(),
  paused: z.boolean(),
  /** A document's approver is neither the author of its current revision nor the one who started the job that wrote it. */
  requireSecondApprover: z.boolean(),
  environment: z.enum(["local", "dev", "prod"]),
  publicUrl: z.string(),
})
const concurrency = z.number().int().min(1).max(10_000)
export const settingsPatchSchema = z
  .strictObject({
    maxConcurrency: concurrency,
    projectConcurrency: concurrency.nullable(),
    paused: z.boolean(),
    requireSecondApprover: z.boolean(),
  })
  .partial()
