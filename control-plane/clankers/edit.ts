import { type ClankerCreate, type ClankerPatch, type DeploymentConfig, NAME_LIMIT } from "#contract/clankers.ts"
import { utf8Length } from "#contract/text.ts"
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
export async function createClanker(context: Context, input: ClankerCreate, base = slugOf(input.name, "clanker")): Promise<StoredClanker> {
  const [secrets, slugs] = await context.db.batch([secretsQuery(context, listed(input.secretIds)), slugsLike(context, base)])
  checkSecrets(input.secretIds, secrets)
  const id = context.newId("clanker")
  const { name, description, maxConcurrency, files, agent, agentSettings, secretIds, maxExecutionTime } = input
  const revision = { agent, agentSettings, secretIds, maxExecutionTime, deploymentConfig: normalise(input.deploymentConfig) }
  const slug = freeSlug(slugs, base)
  const insert = (free: string) => insertClanker(context, id, free, { name, description, maxConcurrency }, revision, files)
  // When somebody takes the slug between the look and the write, the clanker's own id makes it unique.
  const clanker = await insert(slug).catch((error: unknown) => {
    if (!isUniqueConflict(error)) throw error
    return insert(`${slug}-${id.slice(-6)}`)
  })
  const sizes = files.map(({ path, content }) => ({ path, size: utf8Length(content) })).toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return { clanker, files: sizes }
}

/** The newest revision once more, under a name and a slug of its own: never deployed, with the same secrets ticked. */
export async function copyClanker(context: Context, idOrSlug: string, name?: string): Promise<StoredClanker> {
  const [found, files] = await context.db.batch([clankerQuery(context, idOrSlug), filesQuery(context, idOrSlug)])
  const { current, ...original } = present(toClanker(found))
  const { description, maxConcurrency } = original
  const copy = { ...current, name: name ?? `Copy of ${original.name}`.slice(0, NAME_LIMIT), description, maxConcurrency, files }
  return createClanker(context, copy, slugOf(name ?? original.name, "clanker"))
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
