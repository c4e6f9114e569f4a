import type { z } from "zod"
import type { promptPreviewReplySchema, promptSchema, promptSourcesSchema } from "./prompts.schema.ts"

export type Prompt = z.infer<typeof promptSchema>
export type PromptSource = Prompt["source"]
export type PromptSources = z.infer<typeof promptSourcesSchema>
export type PromptPreview = z.infer<typeof promptPreviewReplySchema>

export const PROMPT_KEYS = [
  "ticket_research",
  "ticket_research_revision_task",
  "ticket_planning_with_research",
  "ticket_planning_without_research",
  "ticket_planning_revision_task",
  "ticket_developing",
  "claw_scheduled_task",
] as const
export type PromptKey = (typeof PROMPT_KEYS)[number]

/** `untrusted` values are text that somebody typed or an agent wrote: they are fenced as data with their origin. */
export const PROMPT_VARIABLES = {
  ticketKey: "plain",
  ticketTitle: "untrusted",
  ticketDescription: "untrusted",
  severity: "plain",
  category: "plain",
  externalTicketId: "plain",
  externalTicketUrl: "plain",
  projectName: "plain",
  repositoryUrl: "plain",
  baseBranch: "plain",
  branch: "plain",
  clanker: "plain",
  researchDocument: "untrusted",
  planDocument: "untrusted",
  revisionMessage: "untrusted",
  openComments: "untrusted",
  additionalContext: "untrusted",
  attachments: "plain",
  testCommand: "plain",
  taskInstructions: "trusted",
  agentInstructions: "trusted",
  outputDirectory: "plain",
} as const satisfies Record<string, "plain" | "trusted" | "untrusted">
export type PromptVariable = keyof typeof PROMPT_VARIABLES

/**
 * Stands in the rendered prompt for the worker's output folder, whose absolute path only the worker knows; it replaces
 * every occurrence before the agent reads the prompt.
 */
export const OUTPUT_DIRECTORY = "$VIBERATOR_OUTPUT"
/** The same for the folder of the ticket's attachments. */
export const ATTACHMENTS_DIRECTORY = "$VIBERATOR_ATTACHMENTS"
