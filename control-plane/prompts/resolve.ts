import { PROMPT_KEYS, type PromptKey } from "#contract/prompts.ts"
import { DEFAULT_TEMPLATES } from "./defaults.ts"
import { type Door, findOverrides, listOverrides, type Scope } from "./store.ts"

interface Sourced {
  template: string
  source: "project" | "installation" | "default"
}
export interface Resolved extends Sourced {
  /** What counts once this scope's own override is removed. */
  inherited: Sourced
  default: string
}

/** The template in force: the project's, else the installation's, else the system's. */
export async function resolveTemplate(door: Pick<Door, "db">, key: PromptKey, projectId: Scope): Promise<Resolved> {
  const { project, installation } = await findOverrides(door, key, projectId)
  const shipped: Sourced = { template: DEFAULT_TEMPLATES[key], source: "default" }
  const common: Sourced = installation === null ? shipped : { template: installation, source: "installation" }
  const own: Sourced = project === null ? common : { template: project, source: "project" }
  return { ...own, inherited: projectId === null ? shipped : common, default: shipped.template }
}

/** Where each template in force comes from: one query for all seven. */
export async function sourcesOf(door: Pick<Door, "db">, projectId: Scope): Promise<{ key: PromptKey; source: Sourced["source"] }[]> {
  const rows = await listOverrides(door, projectId)
  const has = (key: PromptKey, own: boolean) => rows.some((row) => row.key === key && (row.scope === projectId) === own)
  return PROMPT_KEYS.map((key) => ({ key, source: has(key, true) ? "project" : has(key, false) ? "installation" : "default" }))
}
