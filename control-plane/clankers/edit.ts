import type { ClankerCreate, ClankerPatch, DeploymentConfig } from "#contract/clankers.ts"
import type { Context } from "../context.ts"
import { isUniqueConflict } from "../db/client.ts"
import { invalid, notFound } from "../errors.ts"
import { findSecrets } from "../secrets/store.ts"
import { loadFiles, type Revision } from "./revision-store.ts"
import { slugOf } from "./slug.ts"
import { type ClankerRecord, findClanker, freeSlug, insertClanker, updateClanker } from "./store.ts"

/** Stores settings only: the clanker is inactive until it is started. */
export async function createClanker(context: Context, input: ClankerCreate): Promise<ClankerRecord> {
  await checkSecrets(context, input.secretIds)
  const id = context.newId("clanker")
  const { name, description, maxConcurrency, files, agent, agentSettings, secretIds, maxExecutionTime } = input
  const revision = { agent, agentSettings, secretIds, maxExecutionTime, deploymentConfig: normalise(input.deploymentConfig) }
  const slug = await freeSlug(context, slugOf(name, "clanker"))
  try {
    await insertClanker(context, id, slug, { name, description, maxConcurrency }, revision, files)
  } catch (error) {
    if (!isUniqueConflict(error)) throw error
    // Somebody took the slug between the look and the write: its own id makes it unique.
    await insertClanker(context, id, `${slug}-${id.slice(-6)}`, { name, description, maxConcurrency }, revision, files)
  }
  return present(await findClanker(context, id))
}

/** Edits at the same moment that one more edit bears; each makes the revision after the other's. */
const TRIES = 5

/** Name, description and concurrency apply at once; anything else makes the next revision, which waits for a start. */
export async function patchClanker(context: Context, clanker: ClankerRecord, patch: ClankerPatch, tries = TRIES): Promise<ClankerRecord> {
  if (patch.secretIds) await checkSecrets(context, patch.secretIds)
  const { name, description, maxConcurrency } = patch
  const { agent, agentSettings, deploymentConfig, secretIds, maxExecutionTime } = clanker.current
  const revision: Revision = {
    agent: patch.agent ?? agent,
    agentSettings: patch.agentSettings ?? agentSettings,
    deploymentConfig: patch.deploymentConfig ? normalise(patch.deploymentConfig) : deploymentConfig,
    secretIds: patch.secretIds ?? secretIds,
    maxExecutionTime: patch.maxExecutionTime === undefined ? maxExecutionTime : patch.maxExecutionTime,
  }
  const files = await loadFiles(context, clanker.id, clanker.revision)
  const wantedFiles = patch.files?.toSorted((a, b) => (a.path < b.path ? -1 : 1)) ?? files
  const before = { agent, agentSettings, deploymentConfig, secretIds, maxExecutionTime }
  const same = JSON.stringify([before, files]) === JSON.stringify([revision, wantedFiles])
  const next = same ? null : { number: clanker.revision + 1, revision, files: wantedFiles }
  try {
    await updateClanker(context, clanker.id, { name, description, maxConcurrency }, next)
  } catch (error) {
    if (!isUniqueConflict(error) || tries <= 1) throw error
    // Somebody else made this revision between the look and the write: the patch goes on top of theirs.
    return patchClanker(context, await existingClanker(context, clanker.id), patch, tries - 1)
  }
  return present(await findClanker(context, clanker.id))
}

export async function existingClanker(context: Context, idOrSlug: string): Promise<ClankerRecord> {
  const clanker = await findClanker(context, idOrSlug)
  if (!clanker) throw notFound("clanker")
  return clanker
}

async function checkSecrets(context: Context, ids: readonly string[]): Promise<void> {
  const found = new Set((await findSecrets(context, ids)).map(({ id }) => id))
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
  if (!clanker) throw new Error("a clanker that was just written is gone")
  return clanker
}
