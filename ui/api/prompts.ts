import { queryOptions } from "@tanstack/solid-query"
import type { Prompt, PromptKey, PromptPreview, PromptSources } from "#contract/prompts.ts"
import { touch } from "./actions.ts"
import { ApiError, del, get, post, put, type Query, search } from "./client.ts"
import { keys } from "./keys.ts"
import { queryClient } from "./query-client.ts"

/** One of the seven, for a project or, with an empty id, for the installation. */
export interface Template {
  key: PromptKey
  projectId: string
}

export const templateSourcesQuery = (projectId: string) =>
  queryOptions({
    queryKey: [...keys.template.list, projectId],
    queryFn: () => get<PromptSources>("/api/prompts", { projectId }),
  })
export const templateQuery = ({ key, projectId }: Template) =>
  queryOptions({
    queryKey: [...keys.template.one(key), projectId],
    queryFn: () => get<Prompt>(`/api/prompts/${key}`, { projectId }),
  })

/** What a text that is not saved becomes, with a ticket's values or with none. */
export const templatePreviewQuery = ({ key, projectId }: Template, text: string, ticketId: string) =>
  queryOptions({
    queryKey: ["template-preview", key, projectId, ticketId, text],
    queryFn: () =>
      post<PromptPreview>(`/api/prompts/${key}/preview${search({ projectId })}`, { template: text, ...(ticketId ? { ticketId } : {}) }),
    // Every pause in typing makes another one.
    gcTime: 10_000,
  })

/** On top of the revision that the text began from. */
export const saveTemplate = async (template: Template, text: string, baseRevision: number): Promise<Prompt> =>
  shown(template, await put<Prompt>(pathOf(template), { template: text, baseRevision }).catch(lookAgain(template)))

/** Back to what counts without this text. */
export const resetTemplate = async (template: Template, baseRevision: number): Promise<Prompt> =>
  shown(template, await del<Prompt>(pathOf(template, { baseRevision })).catch(lookAgain(template)))

const pathOf = ({ key, projectId }: Template, more: Query = {}) => `/api/prompts/${key}${search({ projectId, ...more })}`

/** Whoever was too late is shown what came before them. */
const lookAgain = (template: Template) => async (error: unknown) => {
  if (error instanceof ApiError && error.code === "version.stale") await touch(templateQuery(template).queryKey)
  throw error
}

function shown(template: Template, prompt: Prompt): Prompt {
  queryClient.setQueryData(templateQuery(template).queryKey, prompt)
  // The installation's text counts in every project that has none of its own.
  void touch(keys.template.all)
  return prompt
}
