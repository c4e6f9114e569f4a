import { and, eq, inArray, or, type SQL, sql } from "drizzle-orm"
import type { BatchItem } from "drizzle-orm/batch"
import type { PromptKey } from "#contract/prompts.ts"
import { changes, type Db, type Id } from "../db/client.ts"
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
  /** Higher with each save of this one. */
  revision: number
}
const countsFor = (projectId: Id | null) =>
  or(eq(promptTemplates.scope, INSTALLATION), projectId === null ? undefined : eq(promptTemplates.scope, projectId))
const own = sql<boolean>`${promptTemplates.scope} <> ${INSTALLATION}`.mapWith(Boolean)

/** The overrides of these templates that count for this scope: a project's own and the installation's. */
export const overridesQuery = ({ db }: Pick<Door, "db">, keys: readonly PromptKey[], projectId: Id | null) =>
  db
    .select({ key: promptTemplates.key, own, template: promptTemplates.template, revision: promptTemplates.updatedAt })
    .from(promptTemplates)
    .where(and(inArray(promptTemplates.key, keys), countsFor(projectId)))

/** Which templates are overridden for this scope, and where. */
export const listOverrides = ({ db }: Pick<Door, "db">, projectId: Scope): Promise<Pick<Override, "key" | "own">[]> =>
  db.select({ key: promptTemplates.key, own }).from(promptTemplates).where(countsFor(projectId))

/** False when the override is not the one of revision `base` any more; 0 says that there was none. Without a base it is written in any case. */
export async function putOverride({ db, now }: Door, { key, projectId, base }: Wanted, template: string): Promise<boolean> {
  const insert = db.insert(promptTemplates).values({ key, scope: projectId ?? INSTALLATION, template, updatedAt: now() })
  // Strictly later than the one before, because the time is the revision.
  const set = { template, updatedAt: sql`MAX(${now()}, ${promptTemplates.updatedAt} + 1)` }
  const target = [promptTemplates.key, promptTemplates.scope]
  if (base === undefined) return changes(await insert.onConflictDoUpdate({ target, set })) > 0
  if (base === 0) return changes(await insert.onConflictDoNothing()) > 0
  return changes(await db.update(promptTemplates).set(set).where(isThat({ key, projectId, base }))) > 0
}

/** False when there is one, but not of revision `base`. */
export async function removeOverride({ db }: Pick<Door, "db">, wanted: Wanted): Promise<boolean> {
  const [gone, [left]] = await db.batch([
    db.delete(promptTemplates).where(isThat(wanted)),
    db
      .select({ key: promptTemplates.key })
      .from(promptTemplates)
      .where(isThat({ ...wanted, base: undefined })),
  ])
  return changes(gone) > 0 || left === undefined
}

export interface Wanted {
  key: PromptKey
  projectId: Scope
  base: number | undefined
}
const isThat = ({ key, projectId, base }: Wanted): SQL | undefined =>
  and(
    eq(promptTemplates.key, key),
    eq(promptTemplates.scope, projectId ?? INSTALLATION),
    base === undefined ? undefined : eq(promptTemplates.updatedAt, base),
  )

/** For the batch that deletes a project. */
export const removalOfProjectPrompts = ({ db }: Pick<Door, "db">, projectId: string): BatchItem<"sqlite"> =>
  db.delete(promptTemplates).where(eq(promptTemplates.scope, projectId))
