import type { z } from "zod"
import type { awsCheckSchema, settingsSchema } from "./settings.schema.ts"

export type Settings = z.infer<typeof settingsSchema>

export type AwsCheck = z.infer<typeof awsCheckSchema>
