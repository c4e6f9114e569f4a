import { z } from "zod"
import { idSchema } from "./ids.schema.ts"
import { PROMPT_KEYS, PROMPT_VARIABLES } from "./prompts.ts"

const templateSchema = z.string().min(1, "must not be empty").max(50_000, "must be at most 50,000 characters")

const source = z.enum(["project", "installation", "default"])
/** The template in force, where it comes from, what would count without it, what the product ships with, and the variables to use. */
export const promptSchema = z.object({
  template: z.string(),
  source,
  inherited: z.object({ template: z.string(), source }),
  default: z.string(),
  /** Of this scope's own text, 0 where it has none: higher with each save, and what a further one may be based on. */
  revision: z.number().int(),
  variables: z.array(z.string()),
})
/** Where each of the seven comes from, in their order. */
export const promptSourcesSchema = z.object({ items: z.array(z.object({ key: z.enum(PROMPT_KEYS), source })) })
const baseRevision = z.number().int().min(0).optional()
/** With the revision that the change began from, it is refused when somebody else saved meanwhile; without one the last word counts. */
export const promptPutSchema = z.strictObject({ template: templateSchema, baseRevision })
export const promptDeleteQuery = { baseRevision: z.coerce.number().int().min(0).optional() }

/** An unsaved template, else the one in force; with the values of a ticket, of which `variables` replace single ones. */
export const promptPreviewSchema = z.strictObject({
  template: templateSchema.optional(),
  variables: z.partialRecord(z.enum(Object.keys(PROMPT_VARIABLES)), z.string().max(524_288)).optional(),
  ticketId: idSchema("ticket").optional(),
})
export const promptPreviewReplySchema = z.object({
  text: z.string(),
  unknown: z.array(z.object({ name: z.string(), offset: z.number().int() })),
})
