import type { z } from "zod"
import type {
  commentSchema,
  documentSchema,
  revisionRunSchema,
  ticketCreateSchema,
  ticketPatchSchema,
  ticketSchema,
  timelineEntrySchema,
} from "./tickets.schema.ts"

export const PHASES = ["research", "planning", "execution"] as const
export type Phase = (typeof PHASES)[number]
export const DOCUMENT_PHASES = ["research", "planning"] as const
export type DocumentPhase = (typeof DOCUMENT_PHASES)[number]
export const DOCUMENT_STATES = ["draft", "approval_requested", "approved", "rejected"] as const
export type DocumentState = (typeof DOCUMENT_STATES)[number]
export const TICKET_STATUSES = ["open", "in_progress", "in_review", "resolved"] as const
export type TicketStatus = (typeof TICKET_STATUSES)[number]
export const SEVERITIES = ["low", "medium", "high", "critical"] as const
export const TICKET_DEFAULTS = { description: "", severity: "medium", category: "General" } as const
export const COMMENT_STATUSES = ["open", "resolved"] as const
export const COMMENT_LIMITS = { length: 10_000, quote: 500, openPerDocument: 100 } as const
export const TICKET_SOURCES = ["ui", "api", "slack", "github", "jira", "shortcut", "linear", "gitlab", "custom"] as const

export type Ticket = z.infer<typeof ticketSchema>
export type TicketCreate = z.infer<typeof ticketCreateSchema>
export type TicketPatch = z.infer<typeof ticketPatchSchema>
export type PhaseDocument = z.infer<typeof documentSchema>
export type TimelineEntry = z.infer<typeof timelineEntrySchema>
export type DocumentComment = z.infer<typeof commentSchema>
export type RevisionRun = z.infer<typeof revisionRunSchema>

/** Everything that a ticket's timeline can say; `detail` names the phase, revision, job, comment or reason concerned. */
export const TIMELINE_ACTS = [
  "created",
  "updated",
  "resolved",
  "reopened",
  "archived",
  "unarchived",
  "overridden",
  "attachment-added",
  "attachment-removed",
  "phase-started",
  "phase-retried",
  "phase-ended",
  "start-refused",
  "revision-requested",
  "revision-retried",
  "revision-ended",
  "document-written",
  "approval-requested",
  "approved",
  "rejected",
  "approval-revoked",
  "comment-added",
  "comment-resolved",
  "comment-reopened",
  "comment-edited",
  "comment-deleted",
  "pull-request-merged",
  "pull-request-closed",
  "pull-request-reopened",
] as const
export type TimelineAct = (typeof TIMELINE_ACTS)[number]

/** A document's lines as comments count them, from 1: an end of line at the very end begins no further one. */
export const documentLines = (text: string): string[] => text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n")

/** What an approval act may start from; server and UI read the same table. */
export const documentCan = {
  draft: { request: true, approve: true, reject: true, revoke: false },
  approval_requested: { request: false, approve: true, reject: true, revoke: true },
  approved: { request: false, approve: false, reject: false, revoke: true },
  rejected: { request: false, approve: false, reject: false, revoke: true },
} as const satisfies Record<DocumentState, Record<"request" | "approve" | "reject" | "revoke", boolean>>
