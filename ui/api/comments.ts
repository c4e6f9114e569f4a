import { queryOptions } from "@tanstack/solid-query"
import type { DocumentComment, DocumentPhase } from "#contract/tickets.ts"
import { documentPath, touch } from "./actions.ts"
import { del, get, type Page, patch, post } from "./client.ts"
import { keys } from "./keys.ts"

export interface DocumentPlace {
  ticketId: string
  phase: DocumentPhase
}
type Status = DocumentComment["status"]

/** Newest first: all that are open, because their number is limited, and the newest of the resolved ones. */
export const commentsQuery = ({ ticketId, phase }: DocumentPlace, status: Status) =>
  queryOptions({
    queryKey: [...commentsKey({ ticketId, phase }), status],
    queryFn: () => get<Page<DocumentComment>>(commentsPath({ ticketId, phase }), { status, limit: status === "open" ? 200 : 50 }),
  })

export async function addComment(place: DocumentPlace, comment: { revision: number; line: number; body: string }): Promise<void> {
  await post<DocumentComment>(commentsPath(place), comment)
  await touch(commentsKey(place))
}

export async function markComment(place: DocumentPlace, id: string, status: Status): Promise<void> {
  await patch<DocumentComment>(`${commentsPath(place)}/${id}`, { status })
  await touch(commentsKey(place))
}

export async function rewordComment(place: DocumentPlace, id: string, body: string): Promise<void> {
  await patch<DocumentComment>(`${commentsPath(place)}/${id}`, { body })
  await touch(commentsKey(place))
}

export async function deleteComment(place: DocumentPlace, id: string): Promise<void> {
  await del(`${commentsPath(place)}/${id}`)
  await touch(commentsKey(place))
}

const commentsPath = ({ ticketId, phase }: DocumentPlace) => `${documentPath(ticketId, phase)}/comments`
const commentsKey = ({ ticketId, phase }: DocumentPlace) => [...keys.ticket.one(ticketId), "comments", phase]
