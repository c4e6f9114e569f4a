import { and, eq, inArray } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { PromptKey } from "#contract/prompts.ts"
import type { Db } from "../db/client.ts"
import { promptTemplates } from "./table.ts"

const INSTALLATION = "installation"

/** What of the context this store needs; it lies below it. */
export interface Door {
  db: Db
  now: () => number
}
/** A project's id, or null for the whole installation. */
export type Scope = string | null

/** The overrides that count for this scope: a project's own and the installation's. */
export async function findOverrides(
  { db }: Pick<Door, "db">,
  key: PromptKey,
  projectId: Scope,
): Promise<{ project: string | null; installation: string | null }> {
  const rows = await db
    .select({ scope: promptTemplates.scope, template: promptTemplates.template })
    .from(promptTemplates)
    .where(and(eq(promptTemplates.key, key), inArray(promptTemplates.scope, [INSTALLATION, ...(projectId === null ? [] : [projectId])])))
  const of = (scope: string) => rows.find((row) => row.scope === scope)?.template ?? null
  return { project: projectId === null ? null : of(projectId), installation: of(INSTALLATION) }
}

/** Which templates are overridden for this scope, and where. */
export const listOverrides = ({ db }: Pick<Door, "db">, projectId: Scope): Promise<{ key: string; scope: string }[]> =>
  db
    .select({ key: promptTemplates.key, scope: promptTemplates.scope })
    .from(promptTemplates)
    .where(inArray(promptTemplates.scope, [INSTALLATION, ...(projectId === null ? [] : [projectId])]))

export async function putOverride({ db, now }: Door, key: PromptKey, projectId: Scope, template: string): Promise<void> {
  const row = { key, scope: projectId ?? INSTALLATION, template, updatedAt: now() }
  await db
    .insert(promptTemplates)
    .values(row)
    .onConflictDoUpdate({ target: [promptTemplates.key, promptTemplates.scope], set: { template, updatedAt: row.updatedAt } })
}

export async function removeOverride({ db }: Pick<Door, "db">, key: PromptKey, projectId: Scope): Promise<void> {
  await db.delete(promptTemplates).where(and(eq(promptTemplates.key, key), eq(promptTemplates.scope, projectId ?? INSTALLATION)))
}

/** For the batch that deletes a project. */
export const removalOfProjectPrompts = ({ db }: Pick<Door, "db">, projectId: string): BatchItem<"sqlite"> =>
  db.delete(promptTemplates).where(eq(promptTemplates.scope, projectId))
