import type { Attachment } from "#contract/attachments.ts"
import type { Ticket } from "#contract/tickets.ts"
import { touch } from "./actions.ts"
import { del, newKey, refusalOf, unreachable } from "./client.ts"
import { keys } from "./keys.ts"
import { ticketQuery } from "./queries.ts"
import { queryClient } from "./query-client.ts"

type Named = Pick<Ticket, "id" | "key">

export const attachmentUrl = (ticketId: string, id: string): string => `/api/tickets/${ticketId}/attachments/${id}`

/** Sends one file; `onSent` hears which part of it is on its way. */
export async function uploadAttachment(ticket: Named, file: File, onSent: (part: number) => void): Promise<void> {
  const form = new FormData()
  form.set("file", file)
  const added = await send<Attachment>(`/api/tickets/${ticket.id}/attachments`, form, onSent)
  change(ticket, (attachments) => [...attachments.filter(({ id }) => id !== added.id), added])
}

export async function removeAttachment(ticket: Named, id: string): Promise<void> {
  await del(attachmentUrl(ticket.id, id))
  change(ticket, (attachments) => attachments.filter((attachment) => attachment.id !== id))
}

/** Shown at once under both names of the ticket, then asked again with its timeline. */
function change(ticket: Named, to: (attachments: Attachment[]) => Attachment[]): void {
  for (const name of [ticket.id, ticket.key])
    queryClient.setQueryData(ticketQuery(name).queryKey, (shown) => shown && { ...shown, attachments: to(shown.attachments) })
  void touch(keys.ticket.all)
}

/** The one request that `fetch` cannot make: it does not tell how far an upload is. */
function send<T>(path: string, form: FormData, onSent: (part: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("POST", path)
    request.responseType = "json"
    request.setRequestHeader("accept", "application/json")
    request.setRequestHeader("idempotency-key", newKey())
    request.upload.addEventListener("progress", ({ loaded, total }) => onSent(total > 0 ? loaded / total : 0))
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response)
      else reject(refusalOf(path, request.status, request.response ?? undefined))
    })
    request.addEventListener("error", () => reject(unreachable()))
    request.send(form)
  })
}
