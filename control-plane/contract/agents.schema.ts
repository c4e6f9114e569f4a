import { z } from "zod"
import { AGENT_SLUGS } from "./agents.ts"

export const agentSchema = z.object({
  slug: z.enum(AGENT_SLUGS),
  name: z.string(),
  description: z.string(),
  distribution: z.string(),
  requiredSecrets: z.array(z.array(z.string()).readonly()).readonly(),
  /** Model keys that the worker keeps and puts into the agent's calls itself; `note` says why that is not so for the others. */
  broker: z.object({ keys: z.array(z.string()).readonly(), note: z.string().optional() }),
  models: z.array(z.string()).readonly(),
  defaultModel: z.string().optional(),
  baseUrlPresets: z.array(z.string()).readonly(),
  /** Repositories of the worker images that carry it. */
  images: z.array(z.string()).readonly(),
})
export const agentListSchema = z.object({ items: z.array(agentSchema), nextCursor: z.string().nullable() })
