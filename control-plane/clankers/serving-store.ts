import { and, eq, or, type SQL, sql } from "drizzle-orm"
import type { DeploymentFacts } from "../compute/strategy.ts"
import type { Context } from "../context.ts"
import { type Id, inList } from "../db/client.ts"
import { clankerConfigFiles, clankerRevisions, clankers } from "./table.ts"

/** What jobs use: the deployed revision with the facts of its deployment. */
export type ServingClanker = Omit<ServingRow, "facts"> & { facts: DeploymentFacts }

const named = (idOrSlug: Id) => or(eq(clankers.id, idOrSlug), eq(clankers.slug, idOrSlug))
const served = and(
  eq(clankerRevisions.clankerId, clankers.id),
  eq(clankerRevisions.revision, sql`COALESCE(${clankers.servingRevision}, ${clankers.revision})`),
)

const selectServing = ({ db }: Context) =>
  db
    .select({
      ...{ id: clankers.id, name: clankers.name, slug: clankers.slug },
      ...{ acceptsJobs: clankers.acceptsJobs, status: clankers.status, statusMessage: clankers.statusMessage },
      ...{ maxConcurrency: clankers.maxConcurrency, facts: clankers.facts },
      ...{ revision: clankerRevisions.revision, agent: clankerRevisions.agent, agentSettings: clankerRevisions.agentSettings },
      ...{ deploymentConfig: clankerRevisions.deploymentConfig, secretIds: clankerRevisions.secretIds },
      maxExecutionTime: clankerRevisions.maxExecutionTime,
    })
    .from(clankers)
    .innerJoin(clankerRevisions, served)
    .$dynamic()
type ServingRow = Awaited<ReturnType<typeof selectServing>>[number]

export const servingQuery = (context: Context, idOrSlug: Id) => selectServing(context).where(named(idOrSlug)).limit(1)

export const toServing = (row: ServingRow): ServingClanker => ({ ...row, facts: factsOf(row.facts) })

/** Those that there are. */
export const servingAmong = async (context: Context, ids: readonly string[]): Promise<ServingClanker[]> =>
  (await selectServing(context).where(inList(clankers.id, ids))).map(toServing)

/** The files of the revision that serves; none while it takes no jobs. */
export const servingFiles = ({ db }: Context, idOrSlug: Id) =>
  db
    .select({ path: clankerConfigFiles.path, content: clankerConfigFiles.content })
    .from(clankerConfigFiles)
    .innerJoin(
      clankers,
      and(
        eq(clankers.id, clankerConfigFiles.clankerId),
        eq(clankerConfigFiles.revision, sql`COALESCE(${clankers.servingRevision}, ${clankers.revision})`),
      ),
    )
    .where(and(named(idOrSlug), eq(clankers.acceptsJobs, true)))
    .orderBy(clankerConfigFiles.path)

/** Selects the secrets that the serving revision has ticked. */
export const servingSecrets = (idOrSlug: Id): SQL =>
  sql`SELECT ticked.value FROM ${clankers} JOIN ${clankerRevisions} ON ${served} JOIN json_each(${clankerRevisions.secretIds}) AS ticked WHERE ${named(idOrSlug)}`

function factsOf(stored: Record<string, unknown> | null): DeploymentFacts {
  const facts: DeploymentFacts = {}
  for (const [name, value] of Object.entries(stored ?? {}))
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") facts[name] = value
  return facts
}
