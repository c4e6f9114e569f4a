import { and, eq, inArray, or, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { PromptKey } from "#contract/prompts.ts"
import type { Db, Id } from "../db/client.ts"
import { promptTemplates } from "./table.ts"

const INSTALLATION = "installation"

/** What of the context this store needs; it lies below it. */
export interface Door {
  db: Db
  now: () => number
}
/** A project's id, or null for the whole installation. */
export type Scope = string | null

export interface Override {
  key: string
  /** Of the project that was asked for, or of the installation. */
  own: boolean
  template: string
}
const countsFor = (projectId: Id | null) =>
  or(eq(promptTemplates.scope, INSTALLATION), projectId === null ? undefined : eq(promptTemplates.scope, projectId))
const own = sql<boolean>`${promptTemplates.scope} <> ${INSTALLATION}`.mapWith(Boolean)

/** The overrides of these templates that count for this scope: a project's own and the installation's. */
export const overridesQuery = ({ db }: Pick<Door, "db">, keys: readonly PromptKey[], projectId: Id | null) =>
  db
    .select({ key: promptTemplates.key, own, template: promptTemplates.template })
    .from(promptTemplates)
    .where(and(inArray(promptTemplates.key, keys), countsFor(projectId)))

/** Which templates are overridden for this scope, and where. */
export const listOverrides = ({ db }: Pick<Door, "db">, projectId: Scope): Promise<Pick<Override, "key" | "own">[]> =>
  db.select({ key: promptTemplates.key, own }).from(promptTemplates).where(countsFor(projectId))

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
