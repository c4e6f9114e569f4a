import { fileNameOf } from "#contract/attachments.ts"
import { ATTACHMENTS_DIRECTORY, OUTPUT_DIRECTORY, type PromptKey } from "#contract/prompts.ts"
import type { DocumentPhase, Phase } from "#contract/tickets.ts"
import type { ProjectRecord } from "../projects/store.ts"
import type { PromptValues } from "../prompts/render.ts"
import type { AttachmentRecord } from "./attachment-store.ts"
import { type Remark, tellComments } from "./comments.ts"
import type { Documents } from "./document-store.ts"
import type { TicketRecord } from "./store.ts"

/** What is wanted of the next revision of a document. */
export interface Asked {
  phase: DocumentPhase
  /** The one that is to be revised. */
  revision: number
  feedback: string
  comments: readonly Remark[]
}

const REVISIONS = {
  research: "ticket_research_revision_task",
  planning: "ticket_planning_revision_task",
} as const satisfies Record<DocumentPhase, PromptKey>

/** The templates among which the facts of a run of each phase choose. */
export const PROMPT_KEYS_OF = {
  research: ["ticket_research", REVISIONS.research],
  planning: ["ticket_planning_with_research", "ticket_planning_without_research", REVISIONS.planning],
  execution: ["ticket_developing"],
} as const satisfies Record<Phase, readonly PromptKey[]>

/** Which template a run of a phase, or a revision of its document, uses. */
export function promptKeyOf(phase: Phase, { research }: Documents, asked: Asked | null): PromptKey {
  if (asked) return REVISIONS[asked.phase]
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
  attachments: readonly AttachmentRecord[]
  asked: Asked | null
  branch: string
  clanker: string
  testCommand: string
  additionalContext: string
}

export function promptValues({
  ticket,
  project,
  documents,
  attachments,
  asked,
  branch,
  clanker,
  testCommand,
  additionalContext,
}: PromptFacts): PromptValues {
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
    revisionMessage: asked?.feedback ?? "",
    openComments: asked ? tellComments(asked.comments, asked.revision) : "",
    additionalContext,
    attachments: attachments.map(tellAttachment).join("\n"),
    testCommand,
    agentInstructions: project.agentInstructions,
    outputDirectory: OUTPUT_DIRECTORY,
  }
}

/** Where the worker lays it, by the same rule. What the person called it is left out: the description speaks of it, if anything does. */
const tellAttachment = (attachment: AttachmentRecord, index: number): string =>
  `- ${ATTACHMENTS_DIRECTORY}/${fileNameOf(attachment, index)} (${attachment.mime}, ${Math.ceil(attachment.size / 1024)} KiB)`
