import type { Dashboard } from "#contract/dashboard.ts"
import type { Context } from "../context.ts"
import { openFailures, unfinishedNow } from "../jobs/store.ts"
import { waitingDocuments } from "../tickets/document-store.ts"
import { showTickets } from "../tickets/reply.ts"
import { archivedIds, openPullRequests } from "../tickets/store.ts"

const EACH = 20

/** What needs a person, and what runs without one: five queries, however much there is. */
export async function dashboard(context: Context): Promise<Dashboard> {
  const [approvals, failed, running, pulls] = await Promise.all([
    waitingDocuments(context, EACH),
    openFailures(context, { limit: EACH, putAway: archivedIds }),
    unfinishedNow(context, EACH),
    openPullRequests(context, EACH),
  ])
  return { approvals, failed, running, pullRequests: await showTickets(context, pulls) }
}
