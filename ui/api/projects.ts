import { queryOptions } from "@tanstack/solid-query"
import type { Project, Visibility } from "#contract/projects.ts"
import type { Phase } from "#contract/tickets.ts"
import { touch } from "./actions.ts"
import { del, get, patch, post } from "./client.ts"
import { keys } from "./keys.ts"
import { projectQuery } from "./queries.ts"
import { queryClient } from "./query-client.ts"

/** Where the value of a setting comes from, last word first. */
export type SettingSource = "run" | "project" | "clanker" | "default" | "strategy"
export type ProjectSettings = Record<string, { value: unknown; source: SettingSource }>
export interface BranchPreview {
  branch: string
  errors: string[]
}

export const projectSettingsQuery = (id: string) =>
  queryOptions({ queryKey: [...keys.project.one(id), "settings"], queryFn: () => get<ProjectSettings>(`/api/projects/${id}/settings`) })
export const branchPreviewQuery = (template: string) =>
  queryOptions({
    queryKey: ["branch-preview", template],
    queryFn: () => post<BranchPreview>("/api/projects/branch-preview", { template }),
    staleTime: Infinity,
  })

/** What the project's forms say; the server checks every field and fills in what is left out. */
export interface ProjectWrite {
  name: string
  key: string
  repositoryUrl: string
  baseBranch: string
  pullRequestRepository: string | null
  pullRequestBaseBranch: string | null
  branchNameTemplate: string
  scm: { provider: "github"; apiUrl?: string; secretId?: string } | null
  defaultClankerId: string | null
  phaseClankers: Partial<Record<Phase, string>>
  autoStart: Project["autoStart"]
  workerSettings: Record<string, unknown>
  agentInstructions: string
  visibility: Visibility
  archived: boolean
}

export async function createProject(project: Partial<ProjectWrite>): Promise<Project> {
  return shown(await post<Project>("/api/projects", project))
}

export async function editProject(id: string, changes: Partial<ProjectWrite>): Promise<Project> {
  return shown(await patch<Project>(`/api/projects/${id}`, changes))
}

export async function deleteProject({ id, slug }: Pick<Project, "id" | "slug">): Promise<void> {
  await del(`/api/projects/${id}`)
  for (const name of [id, slug]) queryClient.removeQueries({ queryKey: keys.project.one(name) })
  void touch(keys.project.list, keys.ticket.all, keys.secret.all, keys.dashboard)
}

function shown(project: Project): Project {
  for (const name of [project.id, project.slug]) {
    queryClient.setQueryData(projectQuery(name).queryKey, project)
    void touch([...keys.project.one(name), "readiness"], [...keys.project.one(name), "settings"])
  }
  void touch(keys.project.list, keys.secret.all)
  return project
}
