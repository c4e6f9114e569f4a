import { z } from "zod"
import { awsChecksSchema, settingsPatchSchema, settingsSchema } from "#contract/settings.schema.ts"
import { checkAwsAccess } from "../answers/aws-access.ts"
import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { INSTALLATION_CAP, PAUSE_CAP, PROJECT_CAP, queueObject } from "../queue/stub.ts"
import { requiresSecondApprover, setSecondApprover } from "../settings/store.ts"
import { type App, route } from "./route.ts"

/** A paused installation lets running jobs end and starts no new ones. */
const NO_LIMIT = 1_000_000

export function mountSettings(app: App): void {
  route(
    app,
    { method: "get", path: "/api/settings", caller: "read", summary: "Read the installation's settings", reply: settingsSchema },
    async ({ context }) => ({ body: await shown(context) }),
  )

  route(
    app,
    {
      method: "patch",
      path: "/api/settings",
      caller: "admin",
      summary: "Change the installation's settings",
      body: settingsPatchSchema,
      reply: settingsSchema,
    },
    async ({ context, body: { maxConcurrency, projectConcurrency, paused, requireSecondApprover } }) => {
      const queue = queueObject(context.env)
      if (maxConcurrency !== undefined) await queue.setCap(INSTALLATION_CAP, maxConcurrency, null)
      if (projectConcurrency === null) await queue.dropCap(PROJECT_CAP)
      else if (projectConcurrency !== undefined) await queue.setCap(PROJECT_CAP, projectConcurrency, null)
      if (paused !== undefined) await queue.setCap(PAUSE_CAP, paused ? 0 : NO_LIMIT, paused ? "the installation is paused" : null)
      if (requireSecondApprover !== undefined) await setSecondApprover(context, requireSecondApprover)
      return { body: await shown(context) }
    },
  )

  route(
    app,
    {
      method: "post",
      path: "/api/settings/aws-checks",
      caller: "admin",
      summary: "Ask AWS what the control plane may see there; nothing is changed",
      body: z.strictObject({}),
      reply: awsChecksSchema,
    },
    async ({ context }) => ({ body: await checkAwsAccess(context) }),
  )
}

async function shown(context: Context) {
  const { environment, publicUrl, managed: managedDefaults, aws } = context.config
  const [{ installation, project, paused }, requireSecondApprover] = await Promise.all([
    queueObject(context.env).limits(),
    requiresSecondApprover(context),
  ])
  const caps = { maxConcurrency: installation, projectConcurrency: project, paused, requireSecondApprover }
  const source = context.aws?.credentials.source.kind
  const awsCredentials = source === undefined ? null : source === "role" ? ("role" as const) : ("key" as const)
  return { ...caps, environment, publicUrl, awsRegion: aws.region, awsCredentials, managedDefaults }
}

/** The cron by hand: admin, on a local control plane only. */
export function mountTicks(app: App, tick: (context: Context) => Promise<void>): void {
  route(
    app,
    {
      method: "post",
      path: "/api/settings/ticks",
      caller: "admin",
      summary: "Run the cron at a given time (local only)",
      body: z.strictObject({ at: z.iso.datetime().optional() }),
      reply: z.object({ at: z.string() }),
    },
    async ({ context, body }) => {
      if (context.config.environment !== "local") throw new AppError("auth.forbidden", "Ticks by hand exist only on a local control plane.")
      const at = body.at ? Date.parse(body.at) : context.now()
      await tick({ ...context, now: () => at })
      return { body: { at: new Date(at).toISOString() } }
    },
  )
}
