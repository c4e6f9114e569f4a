import { queryOptions } from "@tanstack/solid-query"
import type { ClawExecution, ClawSchedule, ClawTemplate, ClawTemplatePatch } from "#contract/claws.ts"
import { touch } from "./actions.ts"
import { del, get, type Page, patch, post, type Query } from "./client.ts"
import { keys } from "./keys.ts"
import { queryClient } from "./query-client.ts"

export const clawTemplatesQuery = (filter: Query = {}) =>
  queryOptions({
    queryKey: [...keys.claw.templates, filter],
    queryFn: () => get<Page<ClawTemplate>>("/api/claws/templates", { limit: 200, ...filter }),
  })
export const clawTemplateQuery = (id: string) =>
  queryOptions({ queryKey: keys.claw.one(id), queryFn: () => get<ClawTemplate>(`/api/claws/templates/${id}`) })

export const schedulesQuery = (filter: Query = {}) =>
  queryOptions({
    queryKey: [...keys.claw.schedules, filter],
    queryFn: () => get<Page<ClawSchedule>>("/api/claws/schedules", { limit: 100, ...filter }),
  })
export const scheduleQuery = (id: string) =>
  queryOptions({ queryKey: keys.claw.one(id), queryFn: () => get<ClawSchedule>(`/api/claws/schedules/${id}`) })
export const executionsQuery = (id: string, filter: Query = {}) =>
  queryOptions({
    queryKey: [...keys.claw.one(id), "executions", filter],
    queryFn: () => get<Page<ClawExecution>>(`/api/claws/schedules/${id}/executions`, { limit: 25, ...filter }),
  })

export interface TemplateWrite {
  name: string
  description: string
  clankerId: string | null
  instructions: string
  secretIds: string[]
  baseBranch: string | null
  opensPullRequest: boolean
}
/** When a schedule is due; the server says of each field what is wrong with it. */
export interface Timing {
  cron: string | null
  interval: string | null
  anchorAt: string | null
  timeZone: string
}
export interface ScheduleWrite extends Timing {
  name: string
  overlap: ClawSchedule["overlap"]
  missedRuns: ClawSchedule["missedRuns"]
  webhook?: { url: string } | null
}

/** The next runs of a time that is not saved. */
export const schedulePreviewQuery = (timing: Timing) =>
  queryOptions({
    queryKey: ["schedule-preview", timing],
    queryFn: () => post<{ nextRuns: string[] }>("/api/claws/schedules/preview", timing),
    // Every pause in typing makes another one, and each is true for a minute at most.
    gcTime: 10_000,
    retry: false,
  })

export async function createTemplate(projectId: string, template: TemplateWrite): Promise<ClawTemplate> {
  return shownTemplate(await post<ClawTemplate>("/api/claws/templates", { projectId, ...template }))
}

export async function editTemplate(id: string, changes: ClawTemplatePatch): Promise<ClawTemplate> {
  return shownTemplate(await patch<ClawTemplate>(`/api/claws/templates/${id}`, changes))
}

export async function deleteTemplate(id: string): Promise<void> {
  await del(`/api/claws/templates/${id}`)
  gone(id)
}

export async function createSchedule(templateId: string, schedule: ScheduleWrite): Promise<ClawSchedule> {
  return shownSchedule(await post<ClawSchedule>("/api/claws/schedules", { templateId, ...schedule }))
}

export async function editSchedule(id: string, changes: Partial<ScheduleWrite> & { enabled?: boolean }): Promise<ClawSchedule> {
  return shownSchedule(await patch<ClawSchedule>(`/api/claws/schedules/${id}`, changes))
}

export async function deleteSchedule(id: string): Promise<void> {
  await del(`/api/claws/schedules/${id}`)
  gone(id)
}

/** Answers what became of it at once: begun, waiting, or refused. */
export async function runSchedule(id: string): Promise<ClawExecution> {
  const execution = await post<ClawExecution>(`/api/claws/schedules/${id}/executions`)
  void touch(keys.claw.all, keys.job.list, keys.dashboard)
  return execution
}

function shownTemplate(template: ClawTemplate): ClawTemplate {
  queryClient.setQueryData(clawTemplateQuery(template.id).queryKey, template)
  void touch(keys.claw.templates, keys.secret.all)
  return template
}

function shownSchedule(schedule: ClawSchedule): ClawSchedule {
  const { webhook } = schedule
  // The signing secret is for the person who made it, not for the cache.
  queryClient.setQueryData(scheduleQuery(schedule.id).queryKey, { ...schedule, webhook: webhook && { url: webhook.url } })
  void touch(keys.claw.schedules, keys.claw.templates)
  return schedule
}

function gone(id: string): void {
  queryClient.removeQueries({ queryKey: keys.claw.one(id) })
  void touch(keys.claw.schedules, keys.claw.templates, keys.secret.all)
}
