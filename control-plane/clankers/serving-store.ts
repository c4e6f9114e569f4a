import { and, eq, or, type SQL, sql } from "drizzle-orm"
import type { DeploymentFacts } from "../compute/strategy.ts"
import type { Context } from "../context.ts"
import type { Id } from "../db/client.ts"
import { clankerConfigFiles, clankerRevisions, clankers } from "./table.ts"

/** What jobs use: the deployed revision with the facts of its deployment. */
export type ServingClanker = Omit<Awaited<ReturnType<typeof servingQuery>>[number], "facts"> & { facts: DeploymentFacts }

const named = (idOrSlug: Id) => or(eq(clankers.id, idOrSlug), eq(clankers.slug, idOrSlug))
const served = and(
  eq(clankerRevisions.clankerId, clankers.id),
  eq(clankerRevisions.revision, sql`COALESCE(${clankers.servingRevision}, ${clankers.revision})`),
)

export const servingQuery = ({ db }: Context, idOrSlug: Id) =>
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
    .where(named(idOrSlug))
    .limit(1)

export const toServing = ([row]: Awaited<ReturnType<typeof servingQuery>>): ServingClanker | null =>
  row ? { ...row, facts: toFacts(row.facts) } : null

/** Null when there is no such clanker. */
export const findServing = async (context: Context, idOrSlug: string): Promise<ServingClanker | null> =>
  toServing(await servingQuery(context, idOrSlug))

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

function toFacts(stored: Record<string, unknown> | null): DeploymentFacts {
  const facts: DeploymentFacts = {}
  for (const [name, value] of Object.entries(stored ?? {}))
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") facts[name] = value
  return facts
}
