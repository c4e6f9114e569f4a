import type { Context } from "../context.ts"
import { notFound } from "../errors.ts"
import { findProject } from "../projects/store.ts"
import type { PromptValues } from "../prompts/render.ts"
import { attachmentsOf } from "../tickets/attachment-store.ts"
import { findDocuments } from "../tickets/document-store.ts"
import { promptValues } from "../tickets/prompt-values.ts"
import { findTicket } from "../tickets/store.ts"

/** A ticket's values for the preview of a template: what a run would know before it chooses a clanker. */
export async function promptValuesOfTicket(context: Context, ticketId: string): Promise<{ projectId: string; values: PromptValues }> {
  const ticket = await findTicket(context, ticketId)
  context.reach.check(ticket?.projectId ?? null, "ticket")
  const project = ticket && (await findProject(context, ticket.projectId))
  if (!ticket || !project) throw notFound("ticket")
  const [documents, attachments] = await Promise.all([findDocuments(context, ticket.id), attachmentsOf(context, ticket.id)])
  const values = promptValues({
    ticket,
    project,
    documents,
    attachments,
    asked: null,
    branch: ticket.branch ?? "",
    clanker: "",
    testCommand: project.workerSettings.testCommand ?? "",
    additionalContext: "",
  })
  return { projectId: project.id, values }
}
