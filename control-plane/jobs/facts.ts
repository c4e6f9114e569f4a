import { currentAttempt, type Facts, type JobState, type Provenance, type StepState } from "./state.ts"

/** What a batch of events means for the state, or null when it means nothing. `shown` says whether people see it. */
export function applyFacts(state: JobState, facts: Facts): { state: JobState; shown: boolean } | null {
  const { first, steps, pushed, pullRequest, usage, checkpoint } = facts
  const shown = steps.length > 0 || pushed !== null || pullRequest !== null
  if (!first && !shown && usage === null && checkpoint === null) return null
  const attempt = currentAttempt(state)?.n ?? 1
  const after: JobState = {
    ...state,
    steps: steps.reduce(applyStep, state.steps),
    pushIntent: state.pushIntent || steps.some(({ step, state: seen }) => seen === "intent" && step === "commit-and-push"),
    ...(pushed ? { branch: pushed.branch, commit: pushed.commit } : {}),
    ...(pullRequest ? { pullRequest } : {}),
    ...(usage ? { usage: addUsage(state.usage, usage) } : {}),
    ...(checkpoint ? { checkpoint: { attempt, ...checkpoint } } : {}),
  }
  return { state: after, shown }
}

export function applyProvenance(state: JobState, seen: Provenance): Partial<JobState> {
  return {
    branch: seen.branch ?? state.branch,
    commit: seen.commit ?? state.commit,
    baseCommit: seen.baseCommit ?? state.baseCommit,
    pullRequest: seen.pullRequest ?? state.pullRequest,
    agentVersion: seen.agentVersion ?? state.agentVersion,
    resumed: seen.resumed ?? state.resumed,
    usage: { ...state.usage, computeMs: state.usage.computeMs + seen.computeMs },
  }
}

function applyStep(all: StepState[], { step, state, at }: Facts["steps"][number]): StepState[] {
  if (state === "intent") return all
  return all.map((known) => {
    if (known.name !== step) return known
    if (state === "started") return { ...known, state: "running", startedAt: at, endedAt: null }
    return { ...known, state: state === "finished" ? "done" : "failed", startedAt: known.startedAt ?? at, endedAt: at }
  })
}

/** A job's cost is unknown as long as no call named one, and a lower bound once some did. */
function addUsage(known: JobState["usage"], seen: NonNullable<Facts["usage"]>): JobState["usage"] {
  return {
    ...known,
    inputTokens: known.inputTokens + seen.inputTokens,
    outputTokens: known.outputTokens + seen.outputTokens,
    costUsd: seen.costUsd === null ? known.costUsd : (known.costUsd ?? 0) + seen.costUsd,
  }
}
