import { z } from "zod"
import { shownFailureSchema } from "./failures.schema.ts"
import { idSchema } from "./ids.schema.ts"
import { JOB_KINDS, JOB_STATUSES, JOB_STEPS, STOP_CAUSES } from "./jobs.ts"

const iso = z.string().nullable()

export const usageSchema = z.object({
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  costUsd: z.number().nullable(),
  computeMs: z.number().int(),
})

/** What a worker's final word says of itself, without its text. */
const outcomeWordSchema = z.object({
  status: z.enum(["succeeded", "failed", "stopped"]),
  branch: z.string().optional(),
  commit: z.string().optional(),
  pullRequest: z.object({ url: z.string(), number: z.number().int() }).optional(),
})

export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  revisionOf: z.number().int().optional(),
  status: z.enum(JOB_STATUSES),
  cause: z.enum(STOP_CAUSES).optional(),
  attempt: z.number().int(),
  /** `links`: where AWS's console shows the attempt's worker and its log; none elsewhere, and before it was launched. */
  attempts: z.array(
    z.object({
      n: z.number().int(),
      startedAt: z.string(),
      endedAt: iso,
      end: z.string().nullable(),
      links: z.array(z.object({ name: z.string(), url: z.string() })),
    }),
  ),
  retryOf: z.string().optional(),
  /** Null for the self-test of a clanker that belongs to no project. */
  projectId: z.string().nullable(),
  ticketId: z.string().optional(),
  executionId: z.string().optional(),
  /** Of the claw that it is a run of. */
  scheduleId: z.string().optional(),
  clankerId: z.string(),
  /** As they were when the job was made: they outlive the clanker. Absent in jobs of releases that kept neither. */
  clanker: z.object({ name: z.string(), slug: z.string() }).optional(),
  /** What was asked for: the clanker's, else its agent's default. */
  model: z.string().optional(),
  clankerRevision: z.number().int(),
  queue: z.object({ reason: z.string(), position: z.number().int().nullable() }).nullable(),
  steps: z.array(
    z.object({ name: z.enum(JOB_STEPS), state: z.enum(["pending", "running", "done", "failed"]), startedAt: iso, endedAt: iso }),
  ),
  failure: shownFailureSchema.nullable(),
  evidence: z
    .object({
      signalled: z.boolean(),
      compute: z.string().nullable(),
      at: z.string(),
      proven: z.boolean(),
      outcome: outcomeWordSchema.optional(),
    })
    .nullable(),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  baseCommit: z.string().nullable(),
  pullRequest: z.object({ url: z.string(), number: z.number().int() }).nullable(),
  agentVersion: z.string().nullable(),
  imageDigest: z.string().nullable(),
  resumed: z.enum(["session", "checkpoint", "none"]).nullable(),
  usage: usageSchema,
  lastSeq: z.number().int(),
  settled: z.boolean(),
  version: z.number().int(),
  createdAt: z.string(),
  startedAt: iso,
  endedAt: iso,
  deadlineAt: iso,
})

export const retrySchema = z.strictObject({
  clankerId: idSchema("clanker").optional(),
  additionalContext: z.string().max(50_000).optional(),
  fresh: z.boolean().optional(),
})
export const jobReplySchema = z.object({ job: jobSchema })
