import { PROMPT_KEYS, type PromptKey } from "#contract/prompts.ts"
import { DEFAULT_TEMPLATES } from "./defaults.ts"
import { type Door, listOverrides, type Override, overridesQuery, type Scope } from "./store.ts"

interface Sourced {
  template: string
  source: "project" | "installation" | "default"
}
export interface Resolved extends Sourced {
  /** What counts once this scope's own override is removed. */
  inherited: Sourced
  default: string
  /** Of this scope's own override; 0 where there is none. */
  revision: number
}

export async function resolveTemplate(door: Pick<Door, "db">, key: PromptKey, projectId: Scope): Promise<Resolved> {
  const overrides = await overridesQuery(door, [key], projectId)
  const { shipped, common, inForce } = among(overrides, key)
  const revision = overrides.find(({ own }) => own === (projectId !== null))?.revision ?? 0
  return { ...inForce, inherited: projectId === null ? shipped : common, default: shipped.template, revision }
}

/** The template in force: the project's, else the installation's, else the system's. */
export const templateOf = (overrides: readonly Override[], key: PromptKey): string => among(overrides, key).inForce.template

function among(overrides: readonly Override[], key: PromptKey): Record<"shipped" | "common" | "inForce", Sourced> {
  const of = (own: boolean) => overrides.find((override) => override.key === key && override.own === own)?.template
  const [project, installation] = [of(true), of(false)]
  const shipped: Sourced = { template: DEFAULT_TEMPLATES[key], source: "default" }
  const common: Sourced = installation === undefined ? shipped : { template: installation, source: "installation" }
  return { shipped, common, inForce: project === undefined ? common : { template: project, source: "project" } }
}

/** Where each template in force comes from: one query for all seven. */
export async function sourcesOf(door: Pick<Door, "db">, projectId: Scope): Promise<{ key: PromptKey; source: Sourced["source"] }[]> {
  const rows = await listOverrides(door, projectId)
  const has = (key: PromptKey, own: boolean) => rows.some((row) => row.key === key && row.own === own)
  return PROMPT_KEYS.map((key) => ({ key, source: has(key, true) ? "project" : has(key, false) ? "installation" : "default" }))
}
