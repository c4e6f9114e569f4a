import { OUTPUT_DIRECTORY, type PromptKey } from "#contract/prompts.ts"
import type { Phase } from "#contract/tickets.ts"
import type { ProjectRecord } from "../projects/store.ts"
import type { PromptValues } from "../prompts/render.ts"
import type { Documents } from "./document-store.ts"
import type { TicketRecord } from "./store.ts"

/** Which template a first run of a phase uses. */
export function promptKeyOf(phase: Phase, { research }: Documents): PromptKey {
  switch (phase) {
    case "research":
      return "ticket_research"
    case "planning":
      return research ? "ticket_planning_with_research" : "ticket_planning_without_research"
    case "execution":
      return "ticket_developing"
  }
}

export interface PromptFacts {
  ticket: TicketRecord
  project: ProjectRecord
  documents: Documents
  branch: string
  clanker: string
  testCommand: string
  additionalContext: string
}

export function promptValues({ ticket, project, documents, branch, clanker, testCommand, additionalContext }: PromptFacts): PromptValues {
  return {
    ticketKey: ticket.key,
    ticketTitle: ticket.title,
    ticketDescription: ticket.description,
    severity: ticket.severity,
    category: ticket.category,
    externalTicketId: ticket.externalId ?? "",
    externalTicketUrl: ticket.externalUrl ?? "",
    projectName: project.name,
    repositoryUrl: project.repositoryUrl,
    baseBranch: project.baseBranch,
    branch,
    clanker,
    researchDocument: documents.research?.content ?? "",
    planDocument: documents.planning?.content ?? "",
    additionalContext,
    testCommand,
    agentInstructions: project.agentInstructions,
    outputDirectory: OUTPUT_DIRECTORY,
  }
}
