import { z } from "zod"
import { managedDefaultsSchema } from "./managed.schema.ts"

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
  /** Where nothing names another region of AWS. */
  awsRegion: z.string(),
  /** How AWS knows this control plane: by a role that it lends to its own issuer, by a stored key, or not at all. */
  awsCredentials: z.enum(["role", "key"]).nullable(),
  /** What an empty field of a clanker on AWS falls back to. */
  managedDefaults: managedDefaultsSchema,
})

/** `denied`: AWS does not allow it, and the message names the action. `unknown`: nobody said what to look at, or AWS gave no answer. */
export const awsCheckSchema = z.object({ name: z.string(), state: z.enum(["ready", "missing", "denied", "unknown"]), message: z.string() })
/** `identity`: the ARN that AWS knows this control plane by; null where it knows none. */
export const awsChecksSchema = z.object({
  region: z.string(),
  identity: z.string().nullable(),
  checkedAt: z.string(),
  checks: z.array(awsCheckSchema),
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
