import type { z } from "zod"
import type { managedDefaultsSchema } from "./managed.schema.ts"

export type ManagedDefaults = z.infer<typeof managedDefaultsSchema>
