import { sql } from "drizzle-orm"
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { AttachmentType } from "#contract/attachments.ts"
import type { DocumentState, Phase } from "#contract/tickets.ts"
import { at, createdAt, flag, id, json, updatedAt } from "../db/columns.ts"

export const tickets = sqliteTable(
  "tickets",
  {
    id: id(),
    projectId: text("project_id").notNull(),
    number: integer("number").notNull(),
    key: text("key").notNull(),
    title: text("title").notNull(),
    description: text("description").notNull(),
    severity: text("severity").$type<"low" | "medium" | "high" | "critical">().notNull(),
    category: text("category").notNull(),
    phase: text("phase").$type<Phase>().notNull(),
    source: text("source").$type<"ui" | "api" | "slack" | "github" | "jira" | "shortcut" | "linear" | "gitlab" | "custom">().notNull(),
    externalId: text("external_id"),
    externalUrl: text("external_url"),
    labels: json<string[]>("labels").notNull(),
    branch: text("branch"),
    /** Which of its branches that is: 1, and one more each time its pull request was merged or closed. */
    branchRound: integer("branch_round").notNull().default(1),
    /** `branch` is the one it was opened for; those of the first release lack it. */
    pullRequest: json<{ url: string; number: number; state: "open" | "merged" | "closed"; branch?: string }>("pull_request"),
    /** When the forge was last asked what became of it. */
    pullRequestSeenAt: at("pull_request_seen_at"),
    /** `opens` is the phase that the recorded reason lets begin without what it would need. */
    override: json<{ reason: string; by: string; at: string; opens: "planning" | "execution" }>("override"),
    resolved: flag("resolved").notNull().default(false),
    /** Somebody wants more although the pull request was merged: the merge alone resolves it no longer. */
    reopened: flag("reopened").notNull().default(false),
    createdBy: text("created_by").notNull(),
    archivedAt: at("archived_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex("tickets_key").on(table.key),
    uniqueIndex("tickets_external").on(table.projectId, table.source, table.externalId),
    index("tickets_project_created").on(table.projectId, table.createdAt),
    index("tickets_created").on(table.createdAt),
    index("tickets_pull_request").on(sql`(pull_request ->> '$.url')`),
    index("tickets_open_pull_request")
      .on(table.pullRequestSeenAt)
      .where(sql`(pull_request ->> '$.state') = 'open'`),
  ],
)

/** One row a ticket and phase; the revisions hold the text. */
export const phaseDocuments = sqliteTable(
  "phase_documents",
  {
    ticketId: text("ticket_id").notNull(),
    phase: text("phase").$type<"research" | "planning">().notNull(),
    state: text("state").$type<DocumentState>().notNull(),
    revision: integer("revision").notNull(),
    approvedRevision: integer("approved_revision"),
    updatedAt: updatedAt(),
  },
  (table) => [primaryKey({ columns: [table.ticketId, table.phase] })],
)

export const documentRevisions = sqliteTable(
  "document_revisions",
  {
    ticketId: text("ticket_id").notNull(),
    phase: text("phase").$type<"research" | "planning">().notNull(),
    n: integer("n").notNull(),
    source: text("source").$type<"agent" | "manual">().notNull(),
    content: text("content").notNull(),
    author: text("author"),
    /** The user behind it: who wrote it, or who started the job that did. */
    authorId: text("author_id"),
    jobId: text("job_id"),
    feedback: text("feedback"),
    at: integer("at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.ticketId, table.phase, table.n] }),
    uniqueIndex("document_revisions_job").on(table.ticketId, table.phase, table.jobId),
  ],
)

/** What happened to a ticket, in order. `key` makes an entry written by a repeated reaction a no-op. */
export const ticketTimeline = sqliteTable(
  "ticket_timeline",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    ticketId: text("ticket_id").notNull(),
    key: text("key").notNull(),
    at: integer("at").notNull(),
    actor: text("actor").notNull(),
    act: text("act").notNull(),
    detail: json<Record<string, unknown>>("detail").notNull(),
  },
  (table) => [uniqueIndex("ticket_timeline_key").on(table.ticketId, table.key), index("ticket_timeline_at").on(table.ticketId, table.at)],
)

/** A remark on one line of one revision; it stays when the document moves on. */
export const documentComments = sqliteTable(
  "document_comments",
  {
    id: id(),
    ticketId: text("ticket_id").notNull(),
    phase: text("phase").$type<"research" | "planning">().notNull(),
    revision: integer("revision").notNull(),
    line: integer("line").notNull(),
    quote: text("quote").notNull(),
    body: text("body").notNull(),
    status: text("status").$type<"open" | "resolved">().notNull(),
    author: text("author").notNull(),
    authorId: text("author_id").notNull(),
    resolvedBy: text("resolved_by"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index("document_comments_document").on(table.ticketId, table.phase, table.createdAt)],
)

/** The files of tickets; their bytes lie in the bucket under `attachments/<project>/<ticket>/<id>`. */
export const ticketAttachments = sqliteTable(
  "ticket_attachments",
  {
    id: id(),
    ticketId: text("ticket_id").notNull(),
    name: text("name").notNull(),
    mime: text("mime").$type<AttachmentType>().notNull(),
    size: integer("size").notNull(),
    author: text("author").notNull(),
    authorId: text("author_id").notNull(),
    createdAt: createdAt(),
  },
  (table) => [index("ticket_attachments_ticket").on(table.ticketId, table.createdAt)],
)
