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
  variables: z.array(z.string()),
})
/** Where each of the seven comes from, in their order. */
export const promptSourcesSchema = z.object({ items: z.array(z.object({ key: z.enum(PROMPT_KEYS), source })) })
export const promptPutSchema = z.strictObject({ template: templateSchema })

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
