import { z } from "zod"
import { attachmentSchema } from "./attachments.schema.ts"
import { idSchema } from "./ids.schema.ts"
import { utf8Length } from "./text.ts"
import { COMMENT_LIMITS, COMMENT_STATUSES, DOCUMENT_STATES, PHASES, SEVERITIES, TICKET_SOURCES, TICKET_STATUSES } from "./tickets.ts"

const bytes = (limit: number) => z.string().refine((text) => utf8Length(text) <= limit, `must be at most ${limit} bytes`)
const labels = z.array(z.string().trim().min(1).max(100)).max(50)

/** What is left out takes `TICKET_DEFAULTS`; in a repeat of an external ticket it stays as it is. */
export const ticketCreateSchema = z.strictObject({
  projectId: idSchema("project"),
  title: z.string().trim().min(1, "must not be empty").max(500, "must be at most 500 characters"),
  description: bytes(102_400).optional(),
  severity: z.enum(SEVERITIES).optional(),
  category: z.string().trim().min(1).max(100).optional(),
  startingPhase: z.enum(PHASES).default("research"),
  overrideReason: z.string().trim().min(1, "must not be blank").max(2000).optional(),
  labels: labels.optional(),
  externalId: z.string().min(1).max(200).optional(),
  externalUrl: z
    .url({ protocol: /^https?$/, error: "must be an http(s) URL" })
    .max(2048)
    .optional(),
})
export const ticketPatchSchema = z
  .strictObject({
    title: z.string().trim().min(1, "must not be empty").max(500),
    description: bytes(102_400),
    severity: z.enum(SEVERITIES),
    category: z.string().trim().min(1).max(100),
    labels,
    status: z.enum(["open", "resolved"]),
    archived: z.boolean(),
  })
  .partial()
/** Ids or keys, all or none of them; `archived: false` brings them back. */
export const archivalSchema = z.strictObject({
  ids: z.array(z.string().min(1).max(100)).min(1).max(200),
  archived: z.boolean().default(true),
})

const phaseSummary = z.object({ document: z.enum(DOCUMENT_STATES).nullable(), jobId: z.string().optional() })
export const ticketSchema = z.object({
  id: z.string(),
  key: z.string(),
  projectId: z.string(),
  title: z.string(),
  description: z.string(),
  severity: z.enum(SEVERITIES),
  category: z.string(),
  phase: z.enum(PHASES),
  status: z.enum(TICKET_STATUSES),
  source: z.enum(TICKET_SOURCES),
  externalId: z.string().nullable(),
  externalUrl: z.string().nullable(),
  labels: z.array(z.string()),
  branch: z.string().nullable(),
  /** The branch's pull request was merged or closed: a further execution makes another branch. */
  branchOver: z.boolean(),
  pullRequest: z.object({ url: z.string(), number: z.number().int(), state: z.enum(["open", "merged", "closed"]) }).nullable(),
  /** `opens` is the phase that may begin without what comes before it. */
  override: z.object({ reason: z.string(), by: z.string(), at: z.string(), opens: z.enum(["planning", "execution"]) }).nullable(),
  phases: z.object({ research: phaseSummary, planning: phaseSummary, execution: phaseSummary }),
  attachments: z.array(attachmentSchema),
  archivedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
})
export const archivalReplySchema = z.object({ items: z.array(ticketSchema) })

export const overrideSchema = z.strictObject({ reason: z.string().trim().min(1, "must not be blank").max(2000) })
/** `act` is one of `TIMELINE_ACTS`. */
export const timelineEntrySchema = z.object({
  at: z.string(),
  actor: z.string(),
  act: z.string(),
  detail: z.record(z.string(), z.unknown()),
})

export const phaseRunSchema = z.strictObject({
  clankerId: idSchema("clanker").optional(),
  additionalContext: z.string().max(50_000).optional(),
  maxExecutionTime: z.number().int().min(60).max(604_800).optional(),
  priority: z.number().int().min(0).max(100).optional(),
})

export const revisionSchema = z.object({
  n: z.number().int(),
  source: z.enum(["agent", "manual"]),
  author: z.string().optional(),
  jobId: z.string().optional(),
  feedback: z.string().optional(),
  at: z.string(),
})
export const documentSchema = z.object({
  state: z.enum(DOCUMENT_STATES),
  revision: z.number().int(),
  content: z.string(),
  approvedRevision: z.number().int().optional(),
  /** The user behind the current revision: its author, or whoever started the job that wrote it. */
  authorId: z.string().nullable(),
  revisions: z.array(revisionSchema),
})
export const documentPutSchema = z.strictObject({ content: bytes(524_288), baseRevision: z.number().int().min(0) })
export const approvalSchema = z
  .strictObject({
    state: z.enum(["requested", "approved", "rejected"]),
    revision: z.number().int().min(1),
    comment: z.string().trim().min(1).max(20_000).optional(),
  })
  .refine((approval) => approval.state !== "rejected" || approval.comment !== undefined, {
    path: ["comment"],
    message: "is required to reject",
  })

/** Asks the agent for the next revision: by these words, by the open comments, or by both. */
export const revisionRunSchema = phaseRunSchema.extend({ feedback: z.string().trim().max(20_000).default("") })

export const commentSchema = z.object({
  id: z.string(),
  revision: z.number().int(),
  line: z.number().int(),
  /** The line as it was when the comment was written, cut to 500 characters. */
  quote: z.string(),
  body: z.string(),
  status: z.enum(COMMENT_STATUSES),
  /** Written on a revision that is no longer the current one. */
  outdated: z.boolean(),
  author: z.string(),
  /** Who alone may change its words or delete it. */
  authorId: z.string(),
  resolvedBy: z.string().optional(),
  createdAt: z.string(),
})
const commentBody = z.string().trim().min(1, "must not be blank").max(COMMENT_LIMITS.length)
export const commentCreateSchema = z.strictObject({
  revision: z.number().int().min(1),
  line: z.number().int().min(1),
  body: commentBody,
})
/** One or the other: the status by anybody who may write, the words by their author. */
export const commentPatchSchema = z
  .strictObject({ status: z.enum(COMMENT_STATUSES), body: commentBody })
  .partial()
  .refine(({ status, body }) => (status === undefined) !== (body === undefined), { error: "must have either status or body" })
