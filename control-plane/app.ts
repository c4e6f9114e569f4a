import { OpenAPIHono } from "@hono/zod-openapi"
import { SECURITY_HEADERS } from "#contract/headers.ts"
import { mountClankers } from "./clankers/routes.ts"
import { mountClaws } from "./claws/routes.ts"
import { type Context, createContext, newId, overrides } from "./context.ts"
import { AppError } from "./errors.ts"
import { mountAgents } from "./http/agents.ts"
import { mountDashboard } from "./http/dashboard.ts"
import { mountFeed } from "./http/feed.ts"
import { mountHealth } from "./http/health.ts"
import { mountIssuer } from "./http/issuer.ts"
import { mountOpenApi } from "./http/openapi.ts"
import { drain } from "./http/input.ts"
import { errorReply } from "./http/reply.ts"
import type { AppEnv } from "./http/route.ts"
import { mountSettings, mountTicks } from "./http/settings.ts"
import { mountAudit } from "./http/audit-routes.ts"
import { mountDocs } from "./http/docs.ts"
import { mountUsage } from "./http/usage.ts"
import { mountHosts } from "./hosts/routes.ts"
import { mountCallbacks } from "./jobs/callbacks.ts"
import { mountHooks } from "./jobs/hook-routes.ts"
import { mountJobs } from "./jobs/routes.ts"
import { createLog } from "./log.ts"
import { mountMembers } from "./projects/member-routes.ts"
import { mountProjects } from "./projects/routes.ts"
import { mountPrompts } from "./prompts/routes.ts"
import { mountSecrets } from "./secrets/routes.ts"
import { mountTickets } from "./tickets/routes.ts"
import { mountPeople } from "./users/people-routes.ts"
import { mountTokens } from "./users/routes.ts"
import { mountSessions } from "./users/session-routes.ts"

const HEADERS = { ...SECURITY_HEADERS, "cache-control": "no-store" }

/** Of a body that no route wanted, or whose sender was refused; as much as a route without a limit of its own reads. */
const UNREAD_BYTES = 1_048_576

/** `tick` is the cron: it lies beside this file and is handed in. */
export function createApp(tick: (context: Context) => Promise<void>) {
  const app = new OpenAPIHono<AppEnv>()

  app.use("*", async (c, next) => {
    const requestId = newId("request")
    c.set("requestId", requestId)
    c.set("context", createContext(c.env, (overrides.log ?? createLog()).with({ requestId })))
    const startedAt = Date.now()
    await next()
    await drain(c.req.raw, UNREAD_BYTES)
    for (const [name, value] of Object.entries(HEADERS)) if (c.res.status !== 101) c.res.headers.set(name, value)
    if (c.res.status !== 101) c.res.headers.set("x-request-id", requestId)
    c.var.context.log.info("request", { method: c.req.method, path: c.req.path, status: c.res.status, ms: Date.now() - startedAt })
  })

  mountHealth(app)
  mountIssuer(app)
  mountOpenApi(app)
  mountDocs(app)
  mountCallbacks(app)
  mountHooks(app)
  mountFeed(app)
  mountAgents(app)
  mountDashboard(app)
  mountSessions(app)
  mountTokens(app)
  mountPeople(app)
  mountSecrets(app)
  mountHosts(app)
  mountClankers(app)
  mountProjects(app)
  mountMembers(app)
  mountPrompts(app)
  mountTickets(app)
  mountClaws(app)
  mountJobs(app)
  mountUsage(app)
  mountAudit(app)
  mountSettings(app)
  mountTicks(app, tick)

  app.onError((error, c) => {
    const requestId = c.get("requestId") ?? newId("request")
    const { status, body } = errorReply(error, requestId, overrides.log ?? createLog())
    const wait = body.error.detail?.["retryAfterSeconds"]
    return c.json(body, status, {
      ...HEADERS,
      "x-request-id": requestId,
      ...(typeof wait === "number" ? { "retry-after": String(wait) } : {}),
    })
  })
  app.notFound((c) => {
    const { status, body } = errorReply(
      new AppError("not-found", `There is nothing at ${c.req.path}.`),
      c.get("requestId"),
      overrides.log ?? createLog(),
    )
    return c.json(body, status)
  })
  return app
}
