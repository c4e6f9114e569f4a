import { z } from "zod"
import { clankerSchema, deploymentStartSchema } from "#contract/clankers.schema.ts"
import type { Clanker } from "#contract/clankers.ts"
import type { Context } from "../context.ts"
import { AppError, notFound } from "../errors.ts"
import { type App, route } from "../http/route.ts"
import { queueObject } from "../queue/stub.ts"
import type { DeploymentState } from "./deployment.ts"
import { loadClanker, type StoredClanker } from "./edit.ts"
import { preflight } from "./preflight.ts"
import { toReply } from "./reply.ts"
import { findRevision } from "./revision-store.ts"
import type { ClankerRecord } from "./store.ts"
import { clankerObject } from "./stub.ts"

const params = { id: z.string().max(100) }
const path = "/api/clankers/:id/deployment"

export function mountDeployment(app: App): void {
  route(
    app,
    {
      method: "put",
      path,
      caller: "admin",
      summary: "Start: deploy the newest or a named revision",
      params,
      body: deploymentStartSchema,
      reply: clankerSchema,
      status: 202,
    },
    async ({ context, params: { id }, body }) => {
      const { clanker, files } = await loadClanker(context, id)
      const revision = await findRevision(context, clanker.id, body.revision ?? clanker.revision)
      if (!revision) throw notFound("revision")
      const fresh = await clankerObject(context.env, clanker.id).start({
        clankerId: clanker.id,
        revision: revision.revision,
        config: preflight(context, clanker, revision.deploymentConfig),
        maxConcurrency: clanker.maxConcurrency,
      })
      return { body: await shown(context, { clanker, files }, fresh) }
    },
  )

  route(
    app,
    {
      method: "get",
      path,
      caller: "read",
      summary: "Read the deployment, as stored or as it is now",
      params,
      query: { refresh: z.enum(["true", "false"]).default("false") },
      reply: clankerSchema,
    },
    async ({ context, params: { id }, query: { refresh } }) => {
      const stored = await loadClanker(context, id)
      return { body: await shown(context, stored, refresh === "true" ? await refreshed(context, stored.clanker) : undefined) }
    },
  )

  route(
    app,
    {
      method: "delete",
      path,
      caller: "admin",
      summary: "Deactivate: keep everything, take no new jobs",
      params,
      reply: clankerSchema,
    },
    async ({ context, params: { id } }) => {
      const stored = await loadClanker(context, id)
      const fresh = await clankerObject(context.env, stored.clanker.id).deactivate(stored.clanker.id)
      return { body: await shown(context, stored, fresh) }
    },
  )
}

async function refreshed(context: Context, clanker: ClankerRecord): Promise<DeploymentState> {
  const deployed = await findRevision(context, clanker.id, clanker.deployedRevision ?? clanker.revision)
  const { computeType } = deployed?.deploymentConfig ?? clanker.current.deploymentConfig
  const answer = await clankerObject(context.env, clanker.id).refresh(computeType)
  if ("state" in answer) return answer.state
  throw new AppError("outside.failed", `What is deployed could not be looked at: ${answer.why}`)
}

/** `fresh` is what the clanker's object has just said. */
export async function shown({ env }: Context, { clanker, files }: StoredClanker, fresh?: DeploymentState): Promise<Clanker> {
  const counts = await queueObject(env).counts()
  return toReply(clanker, { files, counts: counts[clanker.id], ...(fresh ? { fresh } : {}) })
}
