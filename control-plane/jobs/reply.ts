import { type Agent, AGENTS } from "#contract/agents.ts"
import { showFailure } from "#contract/failures.ts"
import { isTerminal, type Job } from "#contract/jobs.ts"
import type { JobSpec } from "./spec.ts"
import type { JobState } from "./state.ts"

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

/** A job as the API shows it. */
export function toReply(id: string, spec: JobSpec, state: JobState, lastSeq: number): Job {
  const { stage, cause, evidence } = state
  return {
    id,
    kind: spec.kind,
    ...(spec.revisionOf === null ? {} : { revisionOf: spec.revisionOf }),
    status: stage.status,
    ...(cause ? { cause } : {}),
    attempt: state.attempts.at(-1)?.n ?? 0,
    attempts: state.attempts.map(({ n, startedAt, endedAt, end }) => ({ n, startedAt: iso(startedAt), endedAt: isoOrNull(endedAt), end })),
    ...(spec.retryOf ? { retryOf: spec.retryOf } : {}),
    projectId: spec.projectId,
    ...(spec.subject.type === "ticket-phase" ? { ticketId: spec.subject.ticketId } : {}),
    ...(spec.subject.type === "claw" ? { executionId: spec.subject.executionId, scheduleId: spec.subject.scheduleId } : {}),
    clankerId: spec.clanker.id,
    clanker: { name: spec.clanker.name, slug: spec.clanker.slug },
    ...modelOf(spec.agent),
    clankerRevision: spec.clanker.revision,
    queue: stage.status === "queued" ? { reason: stage.reason, position: null } : null,
    steps: state.steps.map(({ name, state: seen, startedAt, endedAt }) => ({
      name,
      state: seen,
      startedAt: isoOrNull(startedAt),
      endedAt: isoOrNull(endedAt),
    })),
    failure: stage.status === "failed" ? showFailure(stage.failure) : null,
    evidence: evidence && (stage.status === "stopping" || isTerminal(stage.status)) ? { ...evidence, at: iso(evidence.at) } : null,
    branch: state.branch,
    commit: state.commit,
    baseCommit: state.baseCommit,
    pullRequest: state.pullRequest,
    agentVersion: state.agentVersion,
    imageDigest: typeof spec.compute.facts["imageDigest"] === "string" ? spec.compute.facts["imageDigest"] : null,
    resumed: state.resumed,
    usage: state.usage,
    lastSeq,
    settled: state.settled,
    version: state.version,
    createdAt: iso(state.createdAt),
    startedAt: isoOrNull(state.startedAt),
    endedAt: isoOrNull(state.endedAt),
    deadlineAt: isoOrNull(state.deadlineAt),
  }
}

function modelOf({ slug, model }: JobSpec["agent"]): { model?: string } {
  const known: Pick<Agent, "slug" | "defaultModel"> = AGENTS[slug]
  const asked = model ?? known.defaultModel
  return asked === undefined ? {} : { model: asked }
}
