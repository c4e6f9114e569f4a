import type { Payload, SecretDelivery } from "#contract/worker.ts"
import type { JobSpec, JobTexts, Origin, SpecSecret } from "./spec.ts"
import { type Checkpoint, currentAttempt, type JobState } from "./state.ts"

/** What one attempt is told, from what was fixed when the job was made. */
export function buildPayload({
  protocol,
  jobId,
  attempt,
  deadlineAt,
  spec,
  texts,
  resume,
}: {
  /** The one that the worker's claim named: it may be a release behind. */
  protocol: number
  jobId: string
  attempt: number
  deadlineAt: string
  spec: JobSpec
  texts: JobTexts
  resume: Payload["resume"] | null
}): Payload {
  const { pullRequest, ...repository } = spec.repository
  return {
    protocol,
    job: {
      id: jobId,
      kind: spec.kind,
      attempt,
      deadlineAt,
      ...(spec.revisionOf === null ? {} : { revisionOf: spec.revisionOf }),
      ...(spec.resume?.from ? { folder: spec.resume.from.folder } : {}),
    },
    project: spec.project,
    task: spec.task,
    prompt: texts.prompt,
    instructions: texts.instructions,
    clanker: { name: spec.clanker.name, slug: spec.clanker.slug },
    repository: { ...repository, ...(pullRequest ? { pullRequest } : {}) },
    agent: { slug: spec.agent.slug, extraArgs: spec.agent.extraArgs, ...defined({ model: spec.agent.model, baseUrl: spec.agent.baseUrl }) },
    files: texts.files,
    attachments: (spec.attachments ?? []).map(({ id, name, mime, size }) => ({ id, name, mime, size })),
    limits: {
      maxExecutionMs: spec.limits.maxExecutionMs,
      ...defined({ maxChanges: spec.limits.maxChanges, budgetUsd: spec.limits.budgetUsd }),
    },
    scm: { provider: spec.scm.provider, ...defined({ apiUrl: spec.scm.apiUrl, secretName: spec.scm.secretName }) },
    ...(resume ? { resume } : {}),
  }
}

/** The checkpoint that the current attempt goes on from: of an attempt before it, else of the job that this one tries again. */
export function originOf(jobId: string, spec: JobSpec, state: JobState): Origin | null {
  const own = currentAttempt(state)?.resume
  return own ? originAt(jobId, spec, own) : (spec.resume?.from ?? null)
}

/** A job that goes on with another one works in a folder of the same name. */
export function originAt(jobId: string, spec: JobSpec, checkpoint: Checkpoint): Origin {
  return { jobId, agent: spec.agent.slug, checkpoint, folder: spec.resume?.from?.folder ?? jobId }
}

/** What the worker is told of it. The session of another agent is of no use to this one. */
export function resumeOf(origin: Origin | null, spec: JobSpec, state: JobState): Payload["resume"] | null {
  const startAt = startAtOf(spec, state)
  if (!origin) return startAt === null ? null : { startAt }
  const { artifact, agentState, agentVersion } = origin.checkpoint
  const session = agentState !== null && origin.agent === spec.agent.slug
  return {
    checkpoint: artifact,
    ...(startAt === null ? {} : { startAt }),
    ...(session ? { agentState, ...(agentVersion === null ? {} : { agentVersion }) } : {}),
  }
}

/** An attempt after one whose agent had ended well needs no agent; otherwise a retry's own place counts. */
function startAtOf(spec: JobSpec, state: JobState): NonNullable<Payload["resume"]>["startAt"] | null {
  const attempt = currentAttempt(state)
  const pushes = spec.kind === "execution" || spec.kind === "claw"
  if (attempt?.resume) return attempt.resume.finished && pushes ? "commit-and-push" : "clone"
  return spec.resume?.startAt ?? ((attempt?.n ?? 1) > 1 || state.pushIntent ? "clone" : null)
}

/** How one secret is handed over; a value that was deleted meanwhile is looked for in the worker's environment, whose absence the worker reports by name. */
export function deliver(secret: SpecSecret, value: string | null): SecretDelivery {
  const { name, use } = secret
  switch (secret.location) {
    case "database":
      return value === null ? { name, use, from: "env" } : { name, use, from: "value", value }
    case "ssm":
      return { name, use, from: "ssm", parameter: secret.reference ?? name }
    case "env":
      return { name, use, from: "env" }
  }
}

function defined<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const name in fields) if (isDefined(fields[name])) kept[name] = fields[name]
  return kept
}
const isDefined = <T>(value: T): value is Exclude<T, undefined> => value !== undefined
