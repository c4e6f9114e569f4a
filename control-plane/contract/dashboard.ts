import type { z } from "zod"
import type { dashboardSchema } from "./dashboard.schema.ts"

export type Dashboard = z.infer<typeof dashboardSchema>
