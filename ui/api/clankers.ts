import { queryOptions } from "@tanstack/solid-query"
import type { Agent, AgentSlug } from "#contract/agents.ts"
import type { Clanker, ClankerRevision, ClankerRevisionWithContents, ComputeType } from "#contract/clankers.ts"
import type { Job } from "#contract/jobs.ts"
import { touch } from "./actions.ts"
import { del, get, type Page, patch, post, put } from "./client.ts"
import { keys } from "./keys.ts"
import { clankerQuery } from "./queries.ts"
import { queryClient } from "./query-client.ts"

export const agentsQuery = () =>
  queryOptions({ queryKey: keys.agents, queryFn: () => get<Page<Agent>>("/api/agents"), staleTime: Infinity })

/** The newest ones; a start or an edit changes the list. */
export const clankerRevisionsQuery = (id: string, limit: number) =>
  queryOptions({
    queryKey: [...keys.clanker.one(id), "revisions", limit],
    queryFn: () => get<Page<ClankerRevision>>(`/api/clankers/${id}/revisions`, { limit }),
  })
export const clankerRevisionQuery = (id: string, n: number) =>
  queryOptions({
    // What was saved never changes: it lies outside the clanker's key, so that the feed does not fetch it again.
    queryKey: ["clanker-revision", id, n],
    queryFn: () => get<ClankerRevisionWithContents>(`/api/clankers/${id}/revisions/${n}`),
    staleTime: Infinity,
  })

export interface ConfigFile {
  path: string
  content: string
}
/** What a clanker's form says. Of `deploymentConfig` the server checks every field and fills in the defaults. */
export interface ClankerWrite {
  name: string
  description: string
  agent: AgentSlug
  agentSettings: { model?: string; baseUrl?: string; extraArgs?: string[] }
  deploymentConfig: { computeType: ComputeType } & Record<string, unknown>
  secretIds: string[]
  maxConcurrency: number | string
  maxExecutionTime: number | string | null
  /** Replaces every stored file; left out, they stay. */
  files?: ConfigFile[]
}

export async function createClanker(clanker: ClankerWrite): Promise<Clanker> {
  return shown(await post<Clanker>("/api/clankers", clanker))
}

export async function editClanker(id: string, changes: Partial<ClankerWrite>): Promise<Clanker> {
  return shown(await patch<Clanker>(`/api/clankers/${id}`, changes))
}

/** The newest revision, or a former one by its number. */
export async function startClanker(id: string, revision?: number): Promise<Clanker> {
  return shown(await put<Clanker>(`/api/clankers/${id}/deployment`, revision === undefined ? {} : { revision }))
}

export async function deactivateClanker(id: string): Promise<Clanker> {
  return shown(await del<Clanker>(`/api/clankers/${id}/deployment`))
}

/** Asks the cloud or the host what stands there now. */
export async function refreshDeployment(id: string): Promise<Clanker> {
  return shown(await get<Clanker>(`/api/clankers/${id}/deployment`, { refresh: "true" }))
}

export async function copyClanker(id: string): Promise<Clanker> {
  return shown(await post<Clanker>(`/api/clankers/${id}/copies`, {}))
}

/** With a project it uses that project's secrets as well. */
export async function startSelfTest(id: string, projectId?: string): Promise<Job> {
  const { job } = await post<{ job: Job }>(`/api/clankers/${id}/self-tests`, projectId === undefined ? {} : { projectId })
  await touch(keys.clanker.all, keys.job.list, keys.dashboard)
  return job
}

/** Answers what of it stays elsewhere. */
export async function deleteClanker({ id, slug }: Pick<Clanker, "id" | "slug">): Promise<string[]> {
  const { remains } = await del<{ remains: string[] }>(`/api/clankers/${id}`)
  for (const name of [id, slug]) queryClient.removeQueries({ queryKey: keys.clanker.one(name) })
  void touch(keys.clanker.list, keys.secret.all, keys.project.all, keys.dashboard)
  return remains
}

/** A page may have asked by id or by slug. */
function shown(clanker: Clanker): Clanker {
  for (const name of [clanker.id, clanker.slug]) queryClient.setQueryData(clankerQuery(name).queryKey, clanker)
  void touch([...keys.clanker.one(clanker.id), "revisions"], keys.clanker.list, keys.secret.all, keys.project.all)
  return clanker
}
