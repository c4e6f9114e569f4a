import type { Dashboard } from "#contract/dashboard.ts"
import type { Context } from "../context.ts"
import { spentOfProjects } from "../jobs/usage-store.ts"
import { monthlyBudget, monthStart } from "../projects/budget.ts"
import { budgetedIds, budgetedProjects } from "../projects/store.ts"
import { openFailuresQuery, snapshotsOf, unfinishedNowQuery } from "../jobs/store.ts"
import { archivedIds, openPullRequestsQuery, waitingDocumentsQuery } from "../tickets/list-store.ts"
import { toReply } from "../tickets/reply.ts"

const EACH = 20

/** What needs a person, and what runs without one: one batch, however much there is. */
export async function dashboard(context: Context): Promise<Dashboard> {
  const [approvals, failed, running, pulls, budgeted, spent] = await context.db.batch([
    waitingDocumentsQuery(context, EACH),
    openFailuresQuery(context, { limit: EACH, putAway: archivedIds }),
    unfinishedNowQuery(context, EACH),
    openPullRequestsQuery(context, EACH),
    budgetedProjects(context),
    spentOfProjects(context, budgetedIds, monthStart(context.now())),
  ])
  const budgets = budgeted.flatMap(({ id, slug, name, workerSettings }) => {
    const used = spent.find(({ projectId }) => projectId === id) ?? { costUsd: 0, unknownCostTokens: 0 }
    const { state, sentence } = monthlyBudget(workerSettings, used)
    return state === "near" || state === "spent" ? [{ projectId: id, slug, name, state, sentence }] : []
  })
  return { budgets, approvals, failed: snapshotsOf(failed), running: snapshotsOf(running), pullRequests: pulls.map(toReply) }
}
