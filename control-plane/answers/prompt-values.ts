import type { Context } from "../context.ts"
import { notFound } from "../errors.ts"
import { projectQuery } from "../projects/store.ts"
import type { PromptValues } from "../prompts/render.ts"
import { attachmentsOf } from "../tickets/attachment-store.ts"
import { documentsQuery, toDocuments } from "../tickets/document-store.ts"
import { promptValues } from "../tickets/prompt-values.ts"
import { idOfTicket, projectOfTicket, ticketQuery } from "../tickets/store.ts"

/** A ticket's values for the preview of a template: what a run would know before it chooses a clanker. */
export async function promptValuesOfTicket(context: Context, ticketId: string): Promise<{ projectId: string; values: PromptValues }> {
  const id = idOfTicket(ticketId)
  const [[ticket], [project], documents, attachments] = await context.db.batch([
    ticketQuery(context, ticketId),
    projectQuery(context, projectOfTicket(ticketId)),
    documentsQuery(context, id),
    attachmentsOf(context, id),
  ])
  context.reach.check(ticket?.projectId ?? null, "ticket")
  if (!ticket || !project) throw notFound("ticket")
  const values = promptValues({
    ticket,
    project,
    documents: toDocuments(documents),
    attachments,
    asked: null,
    branch: ticket.branch ?? "",
    clanker: "",
    testCommand: project.workerSettings.testCommand ?? "",
    additionalContext: "",
  })
  return { projectId: project.id, values }
}
