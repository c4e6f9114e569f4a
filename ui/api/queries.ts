import { queryOptions } from "@tanstack/solid-query"
import type { Clanker } from "#contract/clankers.ts"
import type { Dashboard } from "#contract/dashboard.ts"
import type { Job } from "#contract/jobs.ts"
import type { Project, ReadinessCheck } from "#contract/projects.ts"
import type { DocumentPhase, PhaseDocument, Ticket, TimelineEntry } from "#contract/tickets.ts"
import type { Role, TokenScope } from "#contract/users.ts"
import { get, type Page, type Query } from "./client.ts"
import { keys } from "./keys.ts"

export interface Me {
  id: string
  name: string
  role: Role
  scopes: TokenScope[]
}
export interface Readiness {
  ready: boolean
  checks: ReadinessCheck[]
}
export type Revision = PhaseDocument["revisions"][number]

export const meQuery = () => queryOptions({ queryKey: keys.me, queryFn: () => get<Me>("/api/users/me"), staleTime: Infinity })

export const dashboardQuery = () => queryOptions({ queryKey: keys.dashboard, queryFn: () => get<Dashboard>("/api/dashboard") })

export const ticketsQuery = (filter: Query = {}) =>
  queryOptions({ queryKey: [...keys.ticket.list, filter], queryFn: () => get<Page<Ticket>>("/api/tickets", filter) })
export const ticketQuery = (id: string) => queryOptions({ queryKey: keys.ticket.one(id), queryFn: () => get<Ticket>(`/api/tickets/${id}`) })
export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.ticket.one(id), "timeline"],
    queryFn: () => get<Page<TimelineEntry>>(`/api/tickets/${id}/timeline`, { limit: 100 }),
  })
export const documentQuery = (id: string, phase: DocumentPhase) =>
  queryOptions({
    queryKey: [...keys.ticket.one(id), "document", phase],
    queryFn: () => get<PhaseDocument>(`/api/tickets/${id}/phases/${phase}/document`),
  })
export const revisionQuery = (id: string, phase: DocumentPhase, n: number) =>
  queryOptions({
    // A revision never changes: it lies outside the ticket's key, so that the feed does not fetch it again.
    queryKey: ["revision", id, phase, n],
    queryFn: () => get<Revision & { content: string }>(`/api/tickets/${id}/phases/${phase}/document/revisions/${n}`),
    staleTime: Infinity,
  })

export const jobsQuery = (filter: Query = {}) =>
  queryOptions({ queryKey: [...keys.job.list, filter], queryFn: () => get<Page<Job>>("/api/jobs", filter) })
export const jobQuery = (id: string) => queryOptions({ queryKey: keys.job.one(id), queryFn: () => get<Job>(`/api/jobs/${id}`) })
export const promptQuery = (id: string) =>
  queryOptions({ queryKey: ["job-prompt", id], queryFn: () => get<{ prompt: string }>(`/api/jobs/${id}/prompt`), staleTime: Infinity })

export const clankersQuery = () =>
  queryOptions({ queryKey: keys.clanker.list, queryFn: () => get<Page<Clanker>>("/api/clankers", { limit: 200 }) })
export const clankerQuery = (id: string) =>
  queryOptions({ queryKey: keys.clanker.one(id), queryFn: () => get<Clanker>(`/api/clankers/${id}`) })

export const projectsQuery = () =>
  queryOptions({ queryKey: keys.project.list, queryFn: () => get<Page<Project>>("/api/projects", { limit: 200 }) })
export const archivedProjectsQuery = () =>
  queryOptions({
    queryKey: [...keys.project.list, "archived"],
    queryFn: () => get<Page<Project>>("/api/projects", { limit: 200, archived: true }),
  })
export const projectQuery = (id: string) =>
  queryOptions({ queryKey: keys.project.one(id), queryFn: () => get<Project>(`/api/projects/${id}`) })
export const readinessQuery = (id: string) =>
  queryOptions({ queryKey: [...keys.project.one(id), "readiness"], queryFn: () => get<Readiness>(`/api/projects/${id}/readiness`) })
