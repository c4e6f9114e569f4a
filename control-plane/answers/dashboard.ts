import type { Dashboard } from "#contract/dashboard.ts"
import type { Context } from "../context.ts"
import { openFailuresQuery, snapshotsOf, unfinishedNowQuery } from "../jobs/store.ts"
import { archivedIds, openPullRequestsQuery, waitingDocumentsQuery } from "../tickets/list-store.ts"
import { toReply } from "../tickets/reply.ts"

const EACH = 20

/** What needs a person, and what runs without one: one batch, however much there is. */
export async function dashboard(context: Context): Promise<Dashboard> {
  const [approvals, failed, running, pulls] = await context.db.batch([
    waitingDocumentsQuery(context, EACH),
    openFailuresQuery(context, { limit: EACH, putAway: archivedIds }),
    unfinishedNowQuery(context, EACH),
    openPullRequestsQuery(context, EACH),
  ])
  return { approvals, failed: snapshotsOf(failed), running: snapshotsOf(running), pullRequests: pulls.map(toReply) }
}
