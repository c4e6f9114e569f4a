import type { WorkerEvent } from "#contract/worker.ts"
import type { Facts } from "./state.ts"

/**
 * Go-back-N: of a batch only what continues the log without a hole is taken. A batch that starts above `acked + 1` stores
 * nothing; events at or below `acked` are repeats. A `gap` continues from its `from` and moves the count to its `to`.
 */
export function take(acked: number, events: readonly WorkerEvent[]): { taken: WorkerEvent[]; acked: number } {
  const taken: WorkerEvent[] = []
  let upTo = acked
  for (const event of events) {
    if (event.seq <= upTo) continue
    const starts = event.kind === "gap" ? event.from : event.seq
    if (starts > upTo + 1) break
    taken.push(event)
    upTo = event.seq
  }
  return { taken, acked: upTo }
}

/** What the taken events mean for the job itself. */
export function factsOf(events: readonly WorkerEvent[], first: boolean): Facts {
  const facts: Facts = { first, steps: [], pushed: null, pullRequest: null, usage: null, checkpoint: null }
  for (const event of events) {
    switch (event.kind) {
      case "step":
        facts.steps.push({ step: event.step, state: event.state, at: Date.parse(event.at) })
        break
      case "pushed":
        facts.pushed = { branch: event.branch, commit: event.commit }
        break
      case "pull-request":
        facts.pullRequest = { url: event.url, number: event.number }
        break
      case "checkpoint": {
        const { artifact, commit, agentState = null, agentVersion = null, finished = false } = event
        facts.checkpoint = { artifact, commit, agentState, agentVersion, finished }
        break
      }
      case "usage": {
        const known = facts.usage ?? { inputTokens: 0, outputTokens: 0, costUsd: null }
        const costUsd = event.costUsd === undefined ? known.costUsd : (known.costUsd ?? 0) + event.costUsd
        facts.usage = { inputTokens: known.inputTokens + event.inputTokens, outputTokens: known.outputTokens + event.outputTokens, costUsd }
        break
      }
      default:
        break
    }
  }
  return facts
}
