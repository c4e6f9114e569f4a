import { CLOCKS } from "#contract/jobs.ts"
import { watchPullRequests } from "./answers/pull-request-watch.ts"
import { stuckDeployments } from "./clankers/store.ts"
import { clankerObject } from "./clankers/stub.ts"
import { tickClaws } from "./claws/tick.ts"
import type { Context } from "./context.ts"
import { forgetKeys } from "./http/idempotency.ts"
import { stuckJobs } from "./jobs/store.ts"
import { jobObject } from "./jobs/stub.ts"
import { queueObject } from "./queue/stub.ts"

/** The cron's minute: the second way out of every state, for when an object's own alarm did not fire. */
export async function tick(context: Context): Promise<void> {
  const done = await Promise.allSettled([
    watchdog(context),
    queueObject(context.env).audit(),
    forgetKeys(context),
    watchPullRequests(context),
    tickClaws(context),
  ])
  for (const result of done) if (result.status === "rejected") context.log.error("tick.failed", result.reason)
}

/** Rows that should have moved: jobs that were never accepted are accepted, all other objects are poked to look at their clocks and project what is true. */
async function watchdog(context: Context): Promise<void> {
  const { env } = context
  const before = context.now() - CLOCKS.watchdogMs.ms
  const [jobs, deployments] = await context.db.batch([stuckJobs(context, before), stuckDeployments(context, before)])
  const done = await Promise.allSettled([
    ...jobs.map(({ id, version }) => (version === 0 ? jobObject(env, id).accept(id) : jobObject(env, id).poke())),
    ...deployments.map(({ id }) => clankerObject(env, id).poke()),
  ])
  const failed = done.filter((result) => result.status === "rejected").length
  if (done.length > 0) context.log.info("watchdog", { poked: done.length, failed })
}
