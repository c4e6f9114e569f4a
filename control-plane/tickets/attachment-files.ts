import type { Context } from "../context.ts"
import type { TicketRecord } from "./store.ts"

/** Where a ticket's file lies in the bucket; below a project's or a ticket's prefix lie only theirs. */
export const fileKey = ({ id, projectId }: Pick<TicketRecord, "id" | "projectId">, attachmentId: string): string =>
  `attachments/${projectId}/${id}/${attachmentId}`

/** Removes the files of a ticket, or of all tickets of a project. */
export async function removeFiles({ env }: Context, which: { id: string; projectId: string } | { projectId: string }): Promise<void> {
  const prefix = "id" in which ? fileKey(which, "") : `attachments/${which.projectId}/`
  for (;;) {
    const { objects, truncated } = await env.BUCKET.list({ prefix, limit: 1000 })
    if (objects.length > 0) await env.BUCKET.delete(objects.map(({ key }) => key))
    if (!truncated) return
  }
}
