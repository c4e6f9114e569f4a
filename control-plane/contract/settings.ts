import type { z } from "zod"
import type { awsCheckSchema, awsChecksSchema, settingsSchema } from "./settings.schema.ts"

export type Settings = z.infer<typeof settingsSchema>

export type AwsCheck = z.infer<typeof awsCheckSchema>
export type AwsChecks = z.infer<typeof awsChecksSchema>
