import { sql } from "drizzle-orm"
import type { Phase } from "#contract/tickets.ts"
import type { ConfigFile } from "../clankers/revision-store.ts"
import { type ServingClanker, servingFiles, servingQuery, servingSecrets, toServing } from "../clankers/serving-store.ts"
import type { Context } from "../context.ts"
import { jobsOfTickets } from "../jobs/store.ts"
import { clankerOfPhase, projectQuery, type ProjectRecord, scmSecretsOf } from "../projects/store.ts"
import { type Override, overridesQuery } from "../prompts/store.ts"
import { type SecretRecord, secretsQuery } from "../secrets/store.ts"
import { type AttachmentRecord, attachmentsOf } from "./attachment-store.ts"
import { type CommentRecord, openComments } from "./comment-store.ts"
import { type Documents, documentsQuery, toDocuments } from "./document-store.ts"
import type { JobFact } from "./phases.ts"
import { PROMPT_KEYS_OF } from "./prompt-values.ts"
import { idOfTicket, projectOfTicket, ticketQuery, type TicketRecord } from "./store.ts"

export interface RunFacts {
  ticket: TicketRecord | undefined
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
}

/** Everything that a run is decided by and made of, by the ticket's id or key: one batch, so that all of it is of one moment. */
export async function loadRun(
  context: Context,
  { ticketId: idOrKey, phase, clankerId, revises }: { ticketId: string; phase: Phase; clankerId: string | undefined; revises: boolean },
): Promise<RunFacts> {
  const ticketId = idOfTicket(idOrKey)
  const projectId = projectOfTicket(idOrKey)
  const chosen = sql`COALESCE(${clankerId ?? null}, ${clankerOfPhase(projectId, phase)})`
  const [[ticket], [project], documents, jobs, comments, attachments, [serving], files, secrets, overrides] = await context.db.batch([
    ticketQuery(context, idOrKey),
    projectQuery(context, projectId),
    documentsQuery(context, ticketId),
    jobsOfTickets(context, ticketId),
    openComments(context, { ticketId, phase: revises ? phase : null }),
    attachmentsOf(context, ticketId),
    servingQuery(context, chosen),
    servingFiles(context, chosen),
    secretsQuery(context, sql`${servingSecrets(chosen)} UNION ${scmSecretsOf(projectId)}`),
    overridesQuery(context, PROMPT_KEYS_OF[phase], projectId),
  ])
  const clanker = serving ? toServing(serving) : null
  return { ticket, project, documents: toDocuments(documents), jobs, comments, attachments, clanker, files, secrets, overrides }
}
