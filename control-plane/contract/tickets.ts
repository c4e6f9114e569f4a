import type { z } from "zod"
import type { documentSchema, ticketCreateSchema, ticketPatchSchema, ticketSchema, timelineEntrySchema } from "./tickets.schema.ts"

export const PHASES = ["research", "planning", "execution"] as const
export type Phase = (typeof PHASES)[number]
export const DOCUMENT_PHASES = ["research", "planning"] as const
export type DocumentPhase = (typeof DOCUMENT_PHASES)[number]
export const DOCUMENT_STATES = ["draft", "approval_requested", "approved", "rejected"] as const
export type DocumentState = (typeof DOCUMENT_STATES)[number]
export const TICKET_STATUSES = ["open", "in_progress", "in_review", "resolved"] as const
export type TicketStatus = (typeof TICKET_STATUSES)[number]
export const SEVERITIES = ["low", "medium", "high", "critical"] as const
export const TICKET_SOURCES = ["ui", "api", "slack", "github", "jira", "shortcut", "linear", "gitlab", "custom"] as const

export type Ticket = z.infer<typeof ticketSchema>
export type TicketCreate = z.infer<typeof ticketCreateSchema>
export type TicketPatch = z.infer<typeof ticketPatchSchema>
export type PhaseDocument = z.infer<typeof documentSchema>
export type TimelineEntry = z.infer<typeof timelineEntrySchema>

/** What an approval act may start from; server and UI read the same table. */
export const documentCan = {
  draft: { request: true, approve: true, reject: true, revoke: false },
  approval_requested: { request: false, approve: true, reject: true, revoke: true },
  approved: { request: false, approve: false, reject: false, revoke: true },
  rejected: { request: false, approve: false, reject: false, revoke: true },
} as const satisfies Record<DocumentState, Record<"request" | "approve" | "reject" | "revoke", boolean>>
