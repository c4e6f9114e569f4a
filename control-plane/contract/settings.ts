import type { z } from "zod"
import type { settingsSchema } from "./settings.schema.ts"

export type Settings = z.infer<typeof settingsSchema>
