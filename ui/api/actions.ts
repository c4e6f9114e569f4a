import type { Job, Retry } from "#contract/jobs.ts"
import type { DocumentPhase, Phase, PhaseDocument, Ticket, TicketPatch } from "#contract/tickets.ts"
import { ApiError, del, patch, post, put } from "./client.ts"
import { keys } from "./keys.ts"
import { documentQuery, jobQuery, type Me, meQuery, ticketQuery } from "./queries.ts"
import { queryClient } from "./query-client.ts"

/** After a write: what it answered is shown at once, everything it touches is asked again. */
export const touch = (...touched: readonly (readonly unknown[])[]): Promise<void[]> =>
  Promise.all(touched.map((queryKey) => queryClient.invalidateQueries({ queryKey })))

/** What the API requires to create a ticket; the rest has defaults. */
export interface NewTicket {
  projectId: string
  title: string
  description: string
  severity: Ticket["severity"]
  category: string
  startingPhase: Phase
  overrideReason?: string
  labels: string[]
}

export async function createTicket(ticket: NewTicket): Promise<Ticket> {
  const created = await post<Ticket>("/api/tickets", ticket)
  show(created)
  void touch(keys.ticket.list, keys.dashboard)
  return created
}

export async function editTicket(id: string, changes: TicketPatch): Promise<Ticket> {
  const changed = await patch<Ticket>(`/api/tickets/${id}`, changes)
  show(changed)
  void touch(keys.ticket.all, keys.dashboard)
  return changed
}

/** Archives all of them or none, or brings them back. */
export async function archiveTickets(ids: readonly string[], archived: boolean): Promise<void> {
  for (const ticket of (await post<{ items: Ticket[] }>("/api/tickets/archivals", { ids, archived })).items) show(ticket)
  await touch(keys.ticket.all, keys.dashboard)
}

export async function overrideTicket(id: string, reason: string): Promise<void> {
  show(await put<Ticket>(`/api/tickets/${id}/override`, { reason }))
  void touch(keys.ticket.all)
}

export async function deleteTicket(id: string): Promise<void> {
  await del(`/api/tickets/${id}`)
  queryClient.removeQueries({ queryKey: keys.ticket.one(id) })
  void touch(keys.ticket.list, keys.dashboard)
}

export interface PhaseRun {
  clankerId?: string
  additionalContext?: string
  maxExecutionTime?: number
}

export async function runPhase(ticketId: string, phase: Phase, run: PhaseRun = {}): Promise<Job> {
  return started(await post<{ job: Job }>(`/api/tickets/${ticketId}/phases/${phase}/runs`, run))
}

/** Asks the agent for the document's next revision; the open comments go along. */
export async function reviseDocument(
  { ticketId, phase }: { ticketId: string; phase: DocumentPhase },
  revision: PhaseRun & { feedback: string },
): Promise<Job> {
  return started(await post<{ job: Job }>(`${documentPath(ticketId, phase)}/revisions`, revision))
}

export async function writeDocument(
  { ticketId, phase }: { ticketId: string; phase: DocumentPhase },
  edit: { content: string; baseRevision: number },
): Promise<void> {
  showDocument(ticketId, phase, await put<PhaseDocument>(documentPath(ticketId, phase), edit))
}

export type ApprovalAct = { state: "requested" | "approved" | "rejected"; revision: number; comment?: string }

export async function decideDocument({ ticketId, phase }: { ticketId: string; phase: DocumentPhase }, act: ApprovalAct): Promise<void> {
  showDocument(ticketId, phase, await put<PhaseDocument>(`${documentPath(ticketId, phase)}/approval`, act))
}

export async function revokeApproval({ ticketId, phase }: { ticketId: string; phase: DocumentPhase }): Promise<void> {
  showDocument(ticketId, phase, await del<PhaseDocument>(`${documentPath(ticketId, phase)}/approval`))
}

export async function cancelJob(id: string): Promise<Job> {
  return started(await post<{ job: Job }>(`/api/jobs/${id}/cancellation`))
}

export async function retryJob(id: string, retry: Retry = {}): Promise<Job> {
  return started(await post<{ job: Job }>(`/api/jobs/${id}/retries`, retry))
}

export async function deleteJob(id: string): Promise<void> {
  await del(`/api/jobs/${id}`)
  queryClient.removeQueries({ queryKey: keys.job.one(id) })
  void touch(keys.job.list, keys.dashboard)
}

export async function signIn(email: string, password: string): Promise<void> {
  await post("/api/auth/sign-in/email", { email, password })
  queryClient.clear()
  // Whether the account may still be used is said by nothing but a question of its own.
  await queryClient.fetchQuery(meQuery()).catch((error: unknown) => {
    throw error instanceof ApiError && error.status === 401 ? disabledAccount() : error
  })
}

const disabledAccount = () =>
  new ApiError({ status: 403, code: "auth.forbidden", message: "This account is disabled: ask an admin of this installation." })

export async function signOut(): Promise<void> {
  await post("/api/auth/sign-out")
  queryClient.clear()
}

export async function setUp(admin: { token: string; name: string; email: string; password: string }): Promise<void> {
  await post<Me>("/api/setup", admin)
  queryClient.clear()
}

export const documentPath = (ticketId: string, phase: DocumentPhase) => `/api/tickets/${ticketId}/phases/${phase}/document`

function show(ticket: Ticket): void {
  queryClient.setQueryData(ticketQuery(ticket.id).queryKey, ticket)
  queryClient.setQueryData(ticketQuery(ticket.key).queryKey, ticket)
}

function showDocument(ticketId: string, phase: DocumentPhase, document: PhaseDocument): void {
  queryClient.setQueryData(documentQuery(ticketId, phase).queryKey, document)
  void touch(keys.ticket.all, keys.dashboard)
}

function started({ job }: { job: Job }): Job {
  queryClient.setQueryData(jobQuery(job.id).queryKey, job)
  void touch(keys.job.list, keys.ticket.all, keys.dashboard)
  return job
}
