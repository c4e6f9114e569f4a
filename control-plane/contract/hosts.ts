import type { z } from "zod"
import type { hostSchema } from "./hosts.schema.ts"

export type Host = z.infer<typeof hostSchema>
