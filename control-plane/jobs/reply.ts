import { type Agent, AGENTS } from "#contract/agents.ts"
import { type ConsoleLink, logSearchLink, logStreamLink, taskConsoleLink, taskLogStream } from "#contract/aws-console.ts"
import { showFailure } from "#contract/failures.ts"
import { isTerminal, type Job } from "#contract/jobs.ts"
import type { JobSpec } from "./spec.ts"
import type { Attempt, JobState } from "./state.ts"

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
    attempts: state.attempts.map((attempt) => ({
      ...{ n: attempt.n, startedAt: iso(attempt.startedAt), endedAt: isoOrNull(attempt.endedAt), end: attempt.end },
      links: consoleLinksOf(spec.compute, attempt),
    })),
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

/** A worker on AWS that was launched: its task with the stream it writes, or what the functions' log has of its invocation. */
export function consoleLinksOf(
  { type, facts }: JobSpec["compute"],
  { handle, compute }: Pick<Attempt, "handle" | "compute">,
): ConsoleLink[] {
  const text = (name: string) => (typeof facts[name] === "string" ? facts[name] : "")
  const [region, group] = [text("region"), text("logGroup")]
  const links: [string, string | null][] = []
  if (type === "ecs" && handle !== null) {
    const stream = taskLogStream({ prefix: text("logStreamPrefix"), container: text("container"), taskArn: handle })
    links.push(["Task", taskConsoleLink(region, text("clusterArn"), handle)])
    if (group !== "" && text("logStreamPrefix") !== "") links.push(["Log", logStreamLink(region, group, stream)])
  }
  // Of two deliveries the one that claimed is the worker, whichever answer came back.
  const requestId = compute?.startsWith("lambda:") ? compute.slice("lambda:".length) : handle
  if (type === "lambda" && requestId && group !== "") links.push(["Log", logSearchLink(region, group, requestId)])
  return links.flatMap(([name, url]) => (url === null ? [] : [{ name, url }]))
}

function modelOf({ slug, model }: JobSpec["agent"]): { model?: string } {
  const known: Pick<Agent, "slug" | "defaultModel"> = AGENTS[slug]
  const asked = model ?? known.defaultModel
  return asked === undefined ? {} : { model: asked }
}
