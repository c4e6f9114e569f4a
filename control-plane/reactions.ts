import { selfTestEnded } from "./clankers/self-test-store.ts"
import { clawJobEnded } from "./claws/ended.ts"
import { beginPending } from "./claws/tick.ts"
import type { Context } from "./context.ts"
import { announce } from "./feed/announce.ts"
import type { EndedJob } from "./jobs/effects.ts"
import { selfTestOf } from "./jobs/self-test.ts"
import { ticketJobEnded } from "./tickets/ended.ts"

/** A job ended: who has to know. Runs at least once; everything it calls is idempotent. */
export async function react(context: Context, ended: EndedJob): Promise<void> {
  switch (ended.spec.subject.type) {
    case "ticket-phase":
      return ticketJobEnded(context, ended)
    case "claw":
      await clawJobEnded(context, ended)
      // One that waited for this one need not wait for the minute.
      return beginPending(context, { scheduleId: ended.spec.subject.scheduleId })
    case "self-test":
      await selfTestEnded(context, ended.spec.subject.clankerId, selfTestOf(ended.job, ended.outcome))
      return announce(context, "clanker", { id: ended.spec.subject.clankerId })
  }
}
