import { z } from "zod"
import { jobSchema } from "./jobs.schema.ts"
import { DOCUMENT_PHASES } from "./tickets.ts"
import { ticketSchema } from "./tickets.schema.ts"

/** What needs a person, and what runs without one. */
export const dashboardSchema = z.object({
  approvals: z.array(
    z.object({ ticketId: z.string(), key: z.string(), title: z.string(), phase: z.enum(DOCUMENT_PHASES), revision: z.number().int() }),
  ),
  /** Projects whose budget for this month is nearly or wholly spent. */
  budgets: z.array(
    z.object({ projectId: z.string(), slug: z.string(), name: z.string(), state: z.enum(["near", "spent"]), sentence: z.string() }),
  ),
  failed: z.array(jobSchema),
  pullRequests: z.array(ticketSchema),
  running: z.array(jobSchema),
})
