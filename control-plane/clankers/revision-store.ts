import { and, desc, eq, lt, sql } from "drizzle-orm"
import type { AgentSlug } from "#contract/agents.ts"
import type { DeploymentConfig } from "#contract/clankers.ts"
import { utf8Length } from "#contract/text.ts"
import type { Context } from "../context.ts"
import { type Page, pageOf, type PageWish, readCursor } from "../db/page.ts"
import { type AgentSettings, clankerConfigFiles, clankerRevisions } from "./table.ts"

export interface Revision {
  agent: AgentSlug
  agentSettings: AgentSettings
  deploymentConfig: DeploymentConfig
  secretIds: string[]
  maxExecutionTime: number | null
}
export type RevisionRecord = Revision & { revision: number; createdAt: number }
export interface ConfigFile {
  path: string
  content: string
}
export interface FileSize {
  path: string
  size: number
}
type Address = { id: string; revision: number }

export async function findRevision({ db }: Context, clankerId: string, revision: number): Promise<RevisionRecord | null> {
  const [row] = await db
    .select()
    .from(clankerRevisions)
    .where(and(eq(clankerRevisions.clankerId, clankerId), eq(clankerRevisions.revision, revision)))
    .limit(1)
  return row ?? null
}

/** Newest first. The numbers have no holes, so the cursor carries one where other lists have a time. */
export async function listRevisions({ db }: Context, clankerId: string, { limit, cursor }: PageWish): Promise<Page<RevisionRecord>> {
  const from = readCursor(cursor)
  const rows = await db
    .select()
    .from(clankerRevisions)
    .where(and(eq(clankerRevisions.clankerId, clankerId), from ? lt(clankerRevisions.revision, from.at) : undefined))
    .orderBy(desc(clankerRevisions.revision))
    .limit(limit + 1)
  return pageOf(rows, limit, ({ revision }) => ({ at: revision, id: clankerId }))
}

/** Paths and sizes of the files of many revisions at once, to be looked up by clanker and revision. */
export async function listFiles({ db }: Context, of: readonly Address[]): Promise<(of: Address) => FileSize[]> {
  const key = ({ id, revision }: Address) => `${id} ${revision}`
  const files = new Map<string, FileSize[]>(of.map((address) => [key(address), []]))
  const { clankerId, revision, path, size } = clankerConfigFiles
  const wanted = JSON.stringify(of.map((address) => [address.id, address.revision]))
  const rows = await db
    .select({ id: clankerId, revision, path, size })
    .from(clankerConfigFiles)
    .where(sql`(${clankerId}, ${revision}) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${wanted}))`)
    .orderBy(path)
  for (const row of rows) files.get(key(row))?.push({ path: row.path, size: row.size })
  return (address) => files.get(key(address)) ?? []
}

export async function loadFiles({ db }: Context, clankerId: string, revision: number): Promise<ConfigFile[]> {
  return db
    .select({ path: clankerConfigFiles.path, content: clankerConfigFiles.content })
    .from(clankerConfigFiles)
    .where(and(eq(clankerConfigFiles.clankerId, clankerId), eq(clankerConfigFiles.revision, revision)))
    .orderBy(clankerConfigFiles.path)
}

export const fileRow = (clankerId: string, revision: number, { path, content }: ConfigFile) => ({
  clankerId,
  revision,
  path,
  content,
  size: utf8Length(content),
})
