import type { z } from "zod"
import type { changedSchema } from "./feed.schema.ts"

export type Changed = z.infer<typeof changedSchema>
