import type { Payload, SecretDelivery } from "#contract/worker.ts"
import type { JobSpec, JobTexts, SpecSecret } from "./spec.ts"

/** What one attempt is told, from what was fixed when the job was made. */
export function buildPayload({
  protocol,
  jobId,
  attempt,
  deadlineAt,
  spec,
  texts,
  pushIntent,
}: {
  /** The one that the worker's claim named: it may be a release behind. */
  protocol: number
  jobId: string
  attempt: number
  deadlineAt: string
  spec: JobSpec
  texts: JobTexts
  pushIntent: boolean
}): Payload {
  const { pullRequest, ...repository } = spec.repository
  const startAt = spec.resume?.startAt ?? (attempt > 1 || pushIntent ? "clone" : null)
  return {
    protocol,
    job: { id: jobId, kind: spec.kind, attempt, deadlineAt, ...(spec.revisionOf === null ? {} : { revisionOf: spec.revisionOf }) },
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
    ...(startAt ? { resume: { startAt } } : {}),
  }
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
