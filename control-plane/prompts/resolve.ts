import type { PromptKey } from "#contract/prompts.ts"
import { DEFAULT_TEMPLATES } from "./defaults.ts"
import { type Door, findOverrides, type Scope } from "./store.ts"

export interface Resolved {
  template: string
  source: "project" | "installation" | "default"
}

/** The template in force: the project's, else the installation's, else the system's. */
export async function resolveTemplate(door: Pick<Door, "db">, key: PromptKey, projectId: Scope): Promise<Resolved> {
  const { project, installation } = await findOverrides(door, key, projectId)
  if (project !== null) return { template: project, source: "project" }
  if (installation !== null) return { template: installation, source: "installation" }
  return { template: DEFAULT_TEMPLATES[key], source: "default" }
}
