import { type Query, search } from "./api/client.ts"

/** Every address of the site, in one place. */
export const paths = {
  dashboard: () => "/",
  login: (to?: string) => `/login${search({ to: to === "/" ? undefined : to })}`,
  setup: () => "/setup",
  tickets: (filter?: Query) => `/tickets${search(filter)}`,
  newTicket: (projectId?: string) => `/tickets/new${search({ project: projectId })}`,
  ticket: (key: string) => `/tickets/${key}`,
  jobs: (filter?: Query) => `/jobs${search(filter)}`,
  job: (id: string, tab?: "output" | "log" | "prompt" | "details") => `/jobs/${id}${search({ tab: tab === "output" ? undefined : tab })}`,
  claws: () => "/claws",
  projects: (filter?: Query) => `/projects${search(filter)}`,
  newProject: () => "/projects/new",
  project: (id: string) => `/projects/${id}`,
  clankers: () => "/clankers",
  newClanker: () => "/clankers/new",
  clanker: (idOrSlug: string) => `/clankers/${idOrSlug}`,
  editClanker: (idOrSlug: string) => `/clankers/${idOrSlug}/edit`,
  hosts: () => "/hosts",
  secrets: (filter?: Query) => `/secrets${search(filter)}`,
  integrations: () => "/integrations",
  prompts: (projectId?: string) => `/prompts${search({ project: projectId })}`,
  prompt: (key: string, projectId?: string) => `/prompts/${key}${search({ project: projectId })}`,
  users: () => "/users",
  settings: () => "/settings",
} as const
