/** What the queue wrote into its book, in the order in which it did. */
export type Decision =
  | { type: "waits"; jobId: string; projectId: string; priority: number; at: number }
  | { type: "granted"; leaseId: string; jobId: string }
  | { type: "released"; leaseId: string }
type Waits = Extract<Decision, { type: "waits" }>

/**
 * Reads the decisions again with the rule as it was promised: of the waiting jobs the one with the highest priority, of
 * those of the project with the fewest running, of those the oldest. Says how many grants there were, how many of them
 * went to another job than that, and how many leases were held at most.
 */
export function readDecisions(decisions: readonly Decision[]): { granted: number; outOfOrder: number; heldAtMost: number } {
  const waiting = new Map<string, Waits>()
  const held = new Map<string, string>()
  const sum = { granted: 0, outOfOrder: 0, heldAtMost: 0 }
  for (const decision of decisions) {
    if (decision.type === "waits") waiting.set(decision.jobId, decision)
    if (decision.type === "released") held.delete(decision.leaseId)
    if (decision.type !== "granted") continue
    const job = waiting.get(decision.jobId)
    const running = (projectId: string) => [...held.values()].filter((one) => one === projectId).length
    const [first] = [...waiting.values()].toSorted(
      (a, b) => b.priority - a.priority || running(a.projectId) - running(b.projectId) || a.at - b.at || (a.jobId < b.jobId ? -1 : 1),
    )
    sum.granted++
    if (!job || first !== job) sum.outOfOrder++
    waiting.delete(decision.jobId)
    held.set(decision.leaseId, job?.projectId ?? "")
    sum.heldAtMost = Math.max(sum.heldAtMost, held.size)
  }
  return sum
}
