import { type Clanker, STRATEGY_OF } from "#contract/clankers.ts"
import { iso } from "../context.ts"
import { type DeploymentState, standing } from "./deployment.ts"
import { imageWarnings } from "./images.ts"
import type { ClankerRecord } from "./store.ts"

/** A clanker as the API shows it. `fresh` is the object's own state where the caller has just heard it: the row may lag. */
export function toReply(
  clanker: ClankerRecord,
  {
    files,
    counts,
    fresh,
  }: { files: { path: string; size: number }[]; counts?: { running: number; queued: number } | undefined; fresh?: DeploymentState },
): Clanker {
  const { current, revision } = clanker
  const deployed = fresh
    ? {
        status: fresh.status,
        statusMessage: fresh.statusMessage,
        acceptsJobs: fresh.serving !== null,
        deployedRevision: fresh.deployedRevision,
        servingRevision: fresh.serving?.revision ?? null,
        steps: fresh.steps,
        facts: standing(fresh),
      }
    : clanker
  const { status, statusMessage, acceptsJobs, deployedRevision, servingRevision, steps, facts } = deployed
  return {
    id: clanker.id,
    name: clanker.name,
    slug: clanker.slug,
    description: clanker.description,
    agent: current.agent,
    agentSettings: current.agentSettings,
    strategy: STRATEGY_OF[current.deploymentConfig.computeType],
    deploymentConfig: current.deploymentConfig,
    secretIds: current.secretIds,
    files,
    maxConcurrency: clanker.maxConcurrency,
    maxExecutionTime: current.maxExecutionTime,
    status,
    statusMessage,
    acceptsJobs,
    revision,
    deployedRevision,
    servingRevision,
    changesPending: deployedRevision !== null && deployedRevision !== revision,
    selfTest: clanker.selfTest,
    warnings: imageWarnings(current.agent, current.deploymentConfig, { facts }),
    deployment: steps.length > 0 || facts ? { steps, facts: facts ?? {} } : null,
    running: counts?.running ?? 0,
    queued: counts?.queued ?? 0,
    createdAt: iso(clanker.createdAt),
    updatedAt: iso(clanker.updatedAt),
  }
}
