import { z } from "zod"
import { AGENT_SLUGS } from "./agents.ts"
import { failureSchema } from "./failures.schema.ts"
import { JOB_KINDS, JOB_STEPS } from "./jobs.ts"
import { workerSettingsSchema } from "./projects.schema.ts"
import { ARTIFACT_NAME, EVENT_LIMITS } from "./worker.ts"

// Unknown keys are dropped, not refused: a worker of the next release may say more than this server knows.
const attempt = z.number().int().min(1)
const seq = z.number().int().min(1)
const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`), `must be ${length} hexadecimal digits`)

/** The four values a worker is started with. */
export const launchSchema = z.object({
  jobId: z.string().min(1),
  attempt: z.coerce.number().int().min(1),
  controlPlaneUrl: z.url(),
  launchToken: z.string().min(1),
})

/** The signature of a worker on AWS under `sts:GetCallerIdentity` (see proof.ts); a claim carries it as JSON. */
export const proofSchema = z.object({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region of AWS"),
  authorization: z.string().max(1000),
  /** As in `X-Amz-Date`. */
  date: z.string().regex(/^\d{8}T\d{6}Z$/, "must be YYYYMMDDTHHMMSSZ"),
  securityToken: z.string().max(6000).optional(),
})

export const claimSchema = z.object({
  attempt,
  claimId: z.string().min(8).max(100),
  /** SHA-256, in hex, of the secret part of the session token that the worker made. */
  sessionHash: hex(64),
  protocol: z.number().int(),
  workerVersion: z.string().max(100),
  compute: z.object({ kind: z.string().max(50), id: z.string().max(500), proof: z.string().max(8000).optional() }),
  /** Instead of work: even a worker that cannot begin says why. */
  failure: failureSchema.optional(),
})

export const secretDeliverySchema = z.intersection(
  z.object({ name: z.string(), use: z.enum(["agent", "scm", "both"]) }),
  z.discriminatedUnion("from", [
    z.object({ from: z.literal("value"), value: z.string() }),
    z.object({ from: z.literal("ssm"), parameter: z.string() }),
    z.object({ from: z.literal("env") }),
  ]),
)

/** A worker of the release before runs under settings that it does not know. */
const settings = workerSettingsSchema.strip().extend({ pullRequest: workerSettingsSchema.shape.pullRequest.unwrap().strip().optional() })

/** Everything one attempt needs to know; also the whole input of a worker without a control plane (`--payload`). */
export const payloadSchema = z.object({
  protocol: z.number().int(),
  job: z.object({
    id: z.string().min(1),
    kind: z.enum(JOB_KINDS),
    attempt,
    deadlineAt: z.string(),
    revisionOf: z.number().int().optional(),
    /** Names the work folder where it is not the job's id: the sessions of some agents are bound to its path. */
    folder: z.string().optional(),
  }),
  project: z.object({ name: z.string(), slug: z.string(), settings }),
  task: z.object({
    ticketKey: z.string().optional(),
    title: z.string().optional(),
    text: z.string().optional(),
    requestedBy: z.string().optional(),
  }),
  prompt: z.string(),
  /** The project's own instructions for agents; joined in front of the clanker's AGENTS.md. */
  instructions: z.string().default(""),
  clanker: z.object({ name: z.string(), slug: z.string() }).default({ name: "clanker", slug: "clanker" }),
  repository: z.object({
    url: z.string(),
    baseBranch: z.string(),
    branch: z.string(),
    pullRequest: z
      .object({
        repository: z.string(),
        baseBranch: z.string(),
        draft: z.boolean().default(false),
        labels: z.array(z.string()).default([]),
        reviewers: z.array(z.string()).default([]),
        existing: z.number().int().optional(),
      })
      .optional(),
  }),
  agent: z.object({
    slug: z.enum(AGENT_SLUGS),
    model: z.string().optional(),
    baseUrl: z.string().optional(),
    extraArgs: z.array(z.string()).default([]),
  }),
  files: z.array(z.object({ path: z.string(), content: z.string() })).default([]),
  attachments: z.array(z.object({ id: z.string(), name: z.string(), mime: z.string(), size: z.number().int() })).default([]),
  limits: z.object({ maxExecutionMs: z.number().int().min(1), maxChanges: z.number().int().optional(), budgetUsd: z.number().optional() }),
  scm: z.object({ provider: z.enum(["github"]), apiUrl: z.string().optional(), secretName: z.string().optional() }),
  /** What an earlier attempt or job left; the files are fetched by `GET /resume/{part}`. */
  resume: z
    .object({
      checkpoint: z.string().optional(),
      agentState: z.string().optional(),
      agentVersion: z.string().optional(),
      startAt: z.enum(["clone", "commit-and-push", "open-pull-request"]).optional(),
    })
    .optional(),
  /** Only without a control plane: there the secrets come with the payload. */
  secrets: z.array(secretDeliverySchema).optional(),
})

export const claimReplySchema = z.object({
  heartbeatMs: z.number().int(),
  leaseMs: z.number().int(),
  deadlineAt: z.string(),
  payload: payloadSchema,
  secrets: z.array(secretDeliverySchema),
  /** Keys (32 bytes in hex) of agent states: of the one that this job leaves, and of the one that it goes on from. */
  stateKeys: z.object({ seal: hex(64), open: hex(64).optional() }).optional(),
})

const base = { seq, at: z.string() }
const short = z.string().max(1000)
const long = z.string().max(EVENT_LIMITS.eventBytes)
const tokens = z.number().int().min(0)
const artifactName = z.string().regex(ARTIFACT_NAME, "must be 1 to 80 of a-z, 0-9, '.', '_' and '-'")

/** What a worker tells, one variant a kind. `seq` counts from 1 within the attempt, without a hole. */
export const eventSchema = z.discriminatedUnion("kind", [
  z.object({
    ...base,
    kind: z.literal("step"),
    step: z.enum(JOB_STEPS),
    state: z.enum(["started", "finished", "failed", "intent"]),
    detail: short.optional(),
  }),
  z.object({ ...base, kind: z.literal("log"), level: z.enum(["debug", "info", "warn", "error"]), source: short, text: long }),
  z.object({ ...base, kind: z.literal("text"), delta: long }),
  z.object({ ...base, kind: z.literal("reasoning"), delta: long }),
  z.object({
    ...base,
    kind: z.literal("tool"),
    id: short,
    name: short,
    state: z.enum(["started", "finished", "failed"]),
    input: z.unknown().optional(),
    output: long.optional(),
    exitCode: z.number().int().optional(),
  }),
  z.object({
    ...base,
    kind: z.literal("usage"),
    model: short,
    inputTokens: tokens,
    outputTokens: tokens,
    cacheReadTokens: tokens.optional(),
    cacheWriteTokens: tokens.optional(),
    costUsd: z.number().min(0).optional(),
  }),
  z.object({
    ...base,
    kind: z.literal("plan"),
    items: z.array(z.object({ text: short, state: z.enum(["pending", "active", "done"]) })).max(200),
  }),
  z.object({
    ...base,
    kind: z.literal("checkpoint"),
    artifact: artifactName,
    commit: short,
    /** The agent's own session of about that time, encrypted, and the version of the CLI that can read it. */
    agentState: artifactName.optional(),
    agentVersion: short.optional(),
    /** The agent had ended well: what is left to do needs no agent. */
    finished: z.boolean().optional(),
  }),
  z.object({ ...base, kind: z.literal("pushed"), branch: short, commit: short }),
  z.object({
    ...base,
    kind: z.literal("pull-request"),
    url: z.string().max(2048),
    number: z.number().int(),
    action: z.enum(["created", "updated"]),
  }),
  z.object({ ...base, kind: z.literal("notice"), code: short, text: long }),
  /** Events `from` … `to` were dropped because the journal was full; carries seq `to`. */
  z.object({ ...base, kind: z.literal("gap"), from: seq, to: seq, bytes: z.number().int() }),
])

export const vitalsSchema = z.object({ agentAlive: z.boolean(), openTool: short.optional(), cpuMs: z.number(), rssBytes: z.number() })
/** Events are checked one by one, so that a bad one can be named. */
export const eventsSchema = z.object({ attempt, events: z.array(z.unknown()).max(EVENT_LIMITS.count), vitals: vitalsSchema.optional() })
export const stopOrderSchema = z.object({ reason: z.string(), graceMs: z.number().int() })
export const eventsReplySchema = z.object({ acked: z.number().int(), leaseUntil: z.string(), stop: stopOrderSchema.optional() })

const provenance = {
  branch: short.optional(),
  commit: short.optional(),
  baseCommit: short.optional(),
  pullRequest: z.object({ url: z.string().max(2048), number: z.number().int() }).optional(),
  usage: z
    .object({
      inputTokens: tokens,
      outputTokens: tokens,
      costUsd: z.number().nullable().default(null),
      computeMs: z.number().int().default(0),
    })
    .optional(),
  resumed: z.enum(["session", "checkpoint", "none"]).optional(),
  agentVersion: short.optional(),
}
/** A worker's one final word. */
export const outcomeSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("succeeded"),
    /** Markdown, at most 512 KiB. */
    document: z.string().max(524_288).optional(),
    changedFiles: z.array(z.string().max(1000)).max(5000).optional(),
    summary: z.string().max(20_000).optional(),
    note: z.string().max(2000).optional(),
    ...provenance,
  }),
  z.object({ status: z.literal("failed"), failure: failureSchema, ...provenance }),
  z.object({ status: z.literal("stopped"), reason: z.string().max(1000), ...provenance }),
])
export const resultSchema = z.object({ attempt, lastSeq: z.number().int().min(0), outcome: outcomeSchema })
export const resultReplySchema = z.object({ status: z.string() })
export const credentialsSchema = z.object({ attempt, names: z.array(z.string().max(128)).max(50) })
export const credentialsReplySchema = z.object({ secrets: z.array(secretDeliverySchema) })
export const artifactReplySchema = z.object({ name: z.string(), size: z.number().int() })
