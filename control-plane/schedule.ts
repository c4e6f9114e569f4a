import { CLOCKS } from "#contract/jobs.ts"
import { watchPullRequests } from "./answers/pull-request-watch.ts"
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
  ])
  for (const result of done) if (result.status === "rejected") context.log.error("tick.failed", result.reason)
}

/** Rows that should have moved: never accepted ones are accepted, the others' objects are poked to project what is true. */
async function watchdog(context: Context): Promise<void> {
  const stuck = await stuckJobs(context, context.now() - CLOCKS.watchdogMs.ms)
  const done = await Promise.allSettled(
    stuck.map(({ id, version }) => (version === 0 ? jobObject(context.env, id).accept(id) : jobObject(context.env, id).poke())),
  )
  const failed = done.filter((result) => result.status === "rejected").length
  if (stuck.length > 0) context.log.info("watchdog", { poked: stuck.length, failed })
}
