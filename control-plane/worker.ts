import { createApp } from "./app.ts"
import { clankerObject as clankerClass } from "./clankers/object.ts"
import type { Doors } from "./compute/strategy.ts"
import type { Bindings } from "./config.ts"
import { type Context, createContext, newId, now, overrides } from "./context.ts"
import { hostObject as hostClass } from "./hosts/object.ts"
import { connectedHosts } from "./hosts/store.ts"
import { hostObject } from "./hosts/stub.ts"
import { jobObject as jobClass } from "./jobs/object.ts"
import { jobObject } from "./jobs/stub.ts"
import { queueObject as queueClass } from "./queue/object.ts"
import { queueObject } from "./queue/stub.ts"
import { react } from "./reactions.ts"
import { tick } from "./schedule.ts"

export { FeedObject } from "./feed/object.ts"

// Here the rooms that may not know each other are given their doors.
const compute = (context: Context): Doors => ({
  now,
  aws: context.aws && {
    client: context.aws,
    environment: context.config.environment,
    publicUrl: context.config.publicUrl,
    managed: context.config.managed,
    fetch: overrides.fetch,
  },
  host: (id) => hostObject(context.env, id),
  connectedHosts: async () =>
    (await connectedHosts(context)).map(({ id, name, engine }) => ({
      id,
      name,
      engine: engine?.kind ?? "unknown",
      engineVersion: engine?.version ?? "unknown",
    })),
})

export class JobObject extends jobClass({ react, doors: compute }) {}
export class QueueObject extends queueClass({
  grant: (env, jobId, leaseId) => jobObject(env, jobId).granted(leaseId),
  holds: (env, jobId, leaseId) => jobObject(env, jobId).holds(leaseId),
  newLeaseId: () => newId("lease"),
}) {}
export class ClankerObject extends clankerClass({
  compute,
  cap: (env, id, limit, reason) => queueObject(env).setCap(`clanker:${id}`, limit, reason),
}) {}
export class HostObject extends hostClass({
  told: (env, { jobId, attempt, report }) => jobObject(env, jobId).reported({ attempt, ...report }),
  cap: (env, id, limit, reason) => queueObject(env).setCap(`host:${id}`, limit, reason),
}) {}

const app = createApp(tick)

export default {
  fetch: (request, env, ctx) => app.fetch(request, env, ctx),
  scheduled: async (controller, env) => tick({ ...createContext(env), now: () => controller.scheduledTime }),
} satisfies ExportedHandler<Bindings>
