import type { ClankerCreate, ClankerPatch, DeploymentConfig } from "#contract/clankers.ts"
import type { Context } from "../context.ts"
import { isUniqueConflict, listed } from "../db/client.ts"
import { invalid, notFound } from "../errors.ts"
import { secretsQuery } from "../secrets/store.ts"
import type { FileSize, Revision } from "./revision-store.ts"
import { slugOf } from "./slug.ts"
import {
  clankerQuery,
  type ClankerRecord,
  filesQuery,
  findClanker,
  freeSlug,
  insertClanker,
  sizesQuery,
  slugsLike,
  toClanker,
  updateClanker,
} from "./store.ts"

/** Stores settings only: the clanker is inactive until it is started. */
export async function createClanker(context: Context, input: ClankerCreate): Promise<StoredClanker> {
  const base = slugOf(input.name, "clanker")
  const [secrets, slugs] = await context.db.batch([secretsQuery(context, listed(input.secretIds)), slugsLike(context, base)])
  checkSecrets(input.secretIds, secrets)
  const id = context.newId("clanker")
  const { name, description, maxConcurrency, files, agent, agentSettings, secretIds, maxExecutionTime } = input
  const revision = { agent, agentSettings, secretIds, maxExecutionTime, deploymentConfig: normalise(input.deploymentConfig) }
  const slug = freeSlug(slugs, base)
  try {
    await insertClanker(context, id, slug, { name, description, maxConcurrency }, revision, files)
  } catch (error) {
    if (!isUniqueConflict(error)) throw error
    // Somebody took the slug between the look and the write: its own id makes it unique.
    await insertClanker(context, id, `${slug}-${id.slice(-6)}`, { name, description, maxConcurrency }, revision, files)
  }
  return loadClanker(context, id)
}

/** Edits at the same moment that one more edit bears; each makes the revision after the other's. */
const TRIES = 5

/** Name, description and concurrency apply at once; anything else makes the next revision, which waits for a start. */
export async function patchClanker(context: Context, idOrSlug: string, patch: ClankerPatch, tries = TRIES): Promise<StoredClanker> {
  const [found, files, secrets] = await context.db.batch([
    clankerQuery(context, idOrSlug),
    filesQuery(context, idOrSlug),
    secretsQuery(context, listed(patch.secretIds ?? [])),
  ])
  const clanker = present(toClanker(found))
  checkSecrets(patch.secretIds ?? [], secrets)
  const { name, description, maxConcurrency } = patch
  const { agent, agentSettings, deploymentConfig, secretIds, maxExecutionTime } = clanker.current
  const revision: Revision = {
    agent: patch.agent ?? agent,
    agentSettings: patch.agentSettings ?? agentSettings,
    deploymentConfig: patch.deploymentConfig ? normalise(patch.deploymentConfig) : deploymentConfig,
    secretIds: patch.secretIds ?? secretIds,
    maxExecutionTime: patch.maxExecutionTime === undefined ? maxExecutionTime : patch.maxExecutionTime,
  }
  const wantedFiles = patch.files?.toSorted((a, b) => (a.path < b.path ? -1 : 1)) ?? files
  const before = { agent, agentSettings, deploymentConfig, secretIds, maxExecutionTime }
  const same = JSON.stringify([before, files]) === JSON.stringify([revision, wantedFiles])
  const next = same ? null : { number: clanker.revision + 1, revision, files: wantedFiles }
  try {
    await updateClanker(context, clanker.id, { name, description, maxConcurrency }, next)
  } catch (error) {
    if (!isUniqueConflict(error) || tries <= 1) throw error
    // Somebody else made this revision between the look and the write: the patch goes on top of theirs.
    return patchClanker(context, clanker.id, patch, tries - 1)
  }
  return loadClanker(context, clanker.id)
}

/** With the files of its newest revision. */
export interface StoredClanker {
  clanker: ClankerRecord
  files: FileSize[]
}
export async function loadClanker(context: Context, idOrSlug: string): Promise<StoredClanker> {
  const [found, files] = await context.db.batch([clankerQuery(context, idOrSlug), sizesQuery(context, idOrSlug)])
  return { clanker: present(toClanker(found)), files }
}

export const existingClanker = async (context: Context, idOrSlug: string): Promise<ClankerRecord> =>
  present(await findClanker(context, idOrSlug))

function checkSecrets(ids: readonly string[], secrets: readonly { id: string }[]): void {
  const found = new Set(secrets.map(({ id }) => id))
  const unknown = ids.filter((id) => !found.has(id))
  if (unknown.length > 0) throw invalid("secretIds", `names secrets that do not exist: ${unknown.join(", ")}`)
}

/** The other spellings of the seeds become the one that is stored. */
function normalise(config: DeploymentConfig): DeploymentConfig {
  switch (config.computeType) {
    case "lambda": {
      const { vpc, ...rest } = config
      return { ...rest, ...((rest.vpcConfig ?? vpc) ? { vpcConfig: rest.vpcConfig ?? vpc } : {}) }
    }
    case "ecs": {
      const { clusterArn, ...rest } = config
      return { ...rest, ...((rest.cluster ?? clusterArn) ? { cluster: rest.cluster ?? clusterArn } : {}) }
    }
    case "docker":
      return config
  }
}

function present(clanker: ClankerRecord | null): ClankerRecord {
  if (!clanker) throw notFound("clanker")
  return clanker
}
