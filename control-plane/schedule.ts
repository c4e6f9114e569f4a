import { CLOCKS } from "#contract/jobs.ts"
import { watchPullRequests } from "./answers/pull-request-watch.ts"
import { stuckDeployments } from "./clankers/store.ts"
import { clankerObject } from "./clankers/stub.ts"
import { clawQuestions, tickClaws } from "./claws/tick.ts"
import type { Context } from "./context.ts"
import { forgottenKeysItem } from "./http/idempotency.ts"
import { stuckJobs } from "./jobs/store.ts"
import { jobObject } from "./jobs/stub.ts"
import { queueObject } from "./queue/stub.ts"

/** The cron's minute: the second way out of every state, for when an object's own alarm did not fire; and what is due by the clock. */
export async function tick(context: Context): Promise<void> {
  await settled(context, [look(context), queueObject(context.env).audit(), watchPullRequests(context)])
}

/** Everything that the minute asks of D1, in one batch. */
async function look(context: Context): Promise<void> {
  const before = context.now() - CLOCKS.watchdogMs.ms
  const [jobs, deployments, , ...claws] = await context.db.batch([
    stuckJobs(context, before),
    stuckDeployments(context, before),
    forgottenKeysItem(context),
    ...clawQuestions(context),
  ])
  await settled(context, [watchdog(context, jobs, deployments), tickClaws(context, claws)])
}

/** Rows that should have moved: jobs that were never accepted are accepted, all other objects are poked to look at their clocks and project what is true. */
async function watchdog(
  { env, log }: Context,
  jobs: readonly { id: string; version: number }[],
  deployments: readonly { id: string }[],
): Promise<void> {
  const done = await Promise.allSettled([
    ...jobs.map(({ id, version }) => (version === 0 ? jobObject(env, id).accept(id) : jobObject(env, id).poke())),
    ...deployments.map(({ id }) => clankerObject(env, id).poke()),
  ])
  const failed = done.filter((result) => result.status === "rejected").length
  if (done.length > 0) log.info("watchdog", { poked: done.length, failed })
}

/** One that fails keeps none of the others from its minute. */
async function settled(context: Context, work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === "rejected") context.log.error("tick.failed", result.reason)
}
