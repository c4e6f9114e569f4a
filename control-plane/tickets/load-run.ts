import { type SQL, sql } from "drizzle-orm"
import type { BatchResponse } from "drizzle-orm/batch"
import type { Phase } from "#contract/tickets.ts"
import type { ConfigFile } from "../clankers/revision-store.ts"
import { type ServingClanker, servingFiles, servingQuery, servingSecrets, toServing } from "../clankers/serving-store.ts"
import type { Context } from "../context.ts"
import type { Id } from "../db/client.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { spentQuery } from "../jobs/usage-store.ts"
import { monthStart, type Spent } from "../projects/budget.ts"
import { clankerOfPhase, projectQuery, type ProjectRecord, scmSecretsOf } from "../projects/store.ts"
import { type Override, overridesQuery } from "../prompts/store.ts"
import { type SecretRecord, secretsQuery } from "../secrets/store.ts"
import { type AttachmentRecord, attachmentsOf } from "./attachment-store.ts"
import { type CommentRecord, openComments } from "./comment-store.ts"
import { type Documents, documentsQuery, toDocuments } from "./document-store.ts"
import type { JobFact } from "./phases.ts"
import { PROMPT_KEYS_OF } from "./prompt-values.ts"
import { idOfTicket, projectOfTicket, ticketQuery, type TicketRecord } from "./store.ts"

/** What a run is decided by and made of, beside its ticket. */
export interface RunFacts {
  project: ProjectRecord | undefined
  documents: Documents
  jobs: readonly JobFact[]
  /** Open ones on the document that is to be revised. */
  comments: readonly CommentRecord[]
  attachments: readonly AttachmentRecord[]
  /** Who is asked for, else the phase's own, else the project's. */
  clanker: ServingClanker | null
  files: readonly ConfigFile[]
  /** What is ticked on the clanker, and the project's for its repository. */
  secrets: readonly SecretRecord[]
  overrides: readonly Override[]
  /** What the project's jobs of this month have used. */
  spent: readonly Spent[]
}

/** To be asked in one batch, so that all of it is of one moment; `clanker` selects the one that is to do it. */
export function runQueries(
  context: Context,
  { ticketId, projectId, phase, clanker, revises = false }: { ticketId: Id; projectId: Id; phase: Phase; clanker: SQL; revises?: boolean },
) {
  return [
    projectQuery(context, projectId),
    documentsQuery(context, ticketId),
    jobsOfTickets(context, sql`${ticketId}`),
    openComments(context, { ticketId, phase: revises ? phase : null }),
    attachmentsOf(context, ticketId),
    servingQuery(context, clanker),
    servingFiles(context, clanker),
    secretsQuery(context, sql`${servingSecrets(clanker)} UNION ${scmSecretsOf(sql`${projectId}`)}`),
    overridesQuery(context, PROMPT_KEYS_OF[phase], projectId),
    spentQuery(context, projectId, monthStart(context.now())),
  ] as const
}

export function toRunFacts(rows: BatchResponse<ReturnType<typeof runQueries>>): RunFacts {
  const [[project], documents, jobs, comments, attachments, [serving], files, secrets, overrides, spent] = rows
  const clanker = serving ? toServing(serving) : null
  return { project, documents: toDocuments(documents), jobs, comments, attachments, clanker, files, secrets, overrides, spent }
}

/** By the ticket's id or key. */
export async function loadRun(
  context: Context,
  { ticketId: idOrKey, phase, clankerId, revises }: { ticketId: string; phase: Phase; clankerId: string | undefined; revises: boolean },
): Promise<{ ticket: TicketRecord | undefined; facts: RunFacts }> {
  const projectId = projectOfTicket(idOrKey)
  const clanker = sql`COALESCE(${clankerId ?? null}, ${clankerOfPhase(projectId, phase)})`
  const [[ticket], ...rows] = await context.db.batch([
    ticketQuery(context, idOrKey),
    ...runQueries(context, { ticketId: idOfTicket(idOrKey), projectId, phase, clanker, revises }),
  ])
  return { ticket, facts: toRunFacts(rows) }
}
