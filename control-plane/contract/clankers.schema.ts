import { z } from "zod"
import { AGENT_SLUGS, DEFAULT_AGENT } from "./agents.ts"
import { CLANKER_STATUSES, COMPUTE_TYPES, FILE_LIMITS, isConfigFilePath, NAME_LIMIT, STRATEGY_OF } from "./clankers.ts"
import { idSchema } from "./ids.schema.ts"
import { TERMINAL_STATUSES } from "./jobs.ts"
import { utf8Length } from "./text.ts"

const fileSchema = z.strictObject({
  path: z.string().max(200).refine(isConfigFilePath, "must be AGENTS.md, opencode.json or skills/<name>.md, without '..'"),
  content: z.string().refine((text) => utf8Length(text) <= FILE_LIMITS.bytesEach, `must be at most ${FILE_LIMITS.bytesEach} bytes`),
})
export const filesSchema = z
  .array(fileSchema)
  .max(FILE_LIMITS.count)
  .refine((files) => new Set(files.map((file) => file.path)).size === files.length, "must not name a path twice")
  .refine(
    (files) => files.reduce((sum, file) => sum + utf8Length(file.content), 0) <= FILE_LIMITS.bytesTogether,
    `must be at most ${FILE_LIMITS.bytesTogether} bytes together`,
  )

/** AWS takes cpu and memory as text in some calls and as numbers in others: both are accepted and kept as numbers. */
const numeric = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
const awsId = z.string().max(2048)
const networkSchema = { subnetIds: z.array(awsId).max(16).optional(), securityGroupIds: z.array(awsId).max(5).optional() }

const lambdaSchema = z.strictObject({
  computeType: z.literal("lambda"),
  imageUri: awsId.optional(),
  timeout: numeric(1, 900).default(900),
  memorySize: numeric(128, 10_240).default(3008),
  ephemeralStorage: numeric(512, 10_240).default(4096),
  architecture: z.enum(["x86_64", "arm64"]).default("x86_64"),
  vpcConfig: z.strictObject(networkSchema).optional(),
  vpc: z.strictObject(networkSchema).optional(),
  roleArn: awsId.optional(),
  functionName: z.string().max(64).optional(),
  region: z.string().max(32).optional(),
})
const ecsSchema = z.strictObject({
  computeType: z.literal("ecs"),
  cluster: awsId.optional(),
  clusterArn: awsId.optional(),
  taskDefinitionArn: awsId.optional(),
  taskFamily: z.string().max(255).optional(),
  launchType: z.enum(["FARGATE", "FARGATE_SPOT"]).default("FARGATE"),
  cpu: numeric(256, 16_384).default(1024),
  memory: numeric(512, 122_880).default(2048),
  architecture: z.enum(["x86_64", "arm64"]).default("x86_64"),
  containerImage: awsId.optional(),
  ...networkSchema,
  assignPublicIp: z.boolean().optional(),
  executionRoleArn: awsId.optional(),
  taskRoleArn: awsId.optional(),
  ephemeralStorageGiB: numeric(21, 200).optional(),
  region: z.string().max(32).optional(),
})
const dockerSchema = z.strictObject({
  computeType: z.literal("docker"),
  containerImage: z.string().min(1).max(512).optional(),
  networkMode: z.string().min(1).max(128).default("bridge"),
  hostId: idSchema("host").optional(),
  cpus: z.number().positive().max(256).optional(),
  memoryMb: numeric(128, 1_048_576).optional(),
})

/** The seeds' JSON blocks, word for word. Shapes of AWS ids are checked at Start, not here. */
export const deploymentConfigSchema = z.discriminatedUnion("computeType", [lambdaSchema, ecsSchema, dockerSchema])

const agentSettingsSchema = z.strictObject({
  model: z.string().min(1).max(200).optional(),
  baseUrl: z
    .url({ protocol: /^https?$/, error: "must be an http(s) URL" })
    .max(2048)
    .optional(),
  extraArgs: z.array(z.string().max(2000)).max(50).optional(),
})

const editable = {
  name: z.string().trim().min(1, "must not be empty").max(NAME_LIMIT),
  description: z.string().max(2000),
  agent: z.enum(AGENT_SLUGS),
  agentSettings: agentSettingsSchema,
  deploymentConfig: deploymentConfigSchema,
  secretIds: z.array(idSchema("secret")).max(50),
  files: filesSchema,
  maxConcurrency: z.number().int().min(1).max(1000),
  maxExecutionTime: z.number().int().min(60).max(604_800).nullable(),
}
export const clankerCreateSchema = z.strictObject({
  name: editable.name,
  deploymentConfig: editable.deploymentConfig,
  description: editable.description.default(""),
  agent: editable.agent.default(DEFAULT_AGENT),
  agentSettings: editable.agentSettings.default({}),
  secretIds: editable.secretIds.default([]),
  files: editable.files.default([]),
  maxConcurrency: editable.maxConcurrency.default(2),
  maxExecutionTime: editable.maxExecutionTime.default(null),
})
/** Lists replace; a field that is left out stays. */
export const clankerPatchSchema = z.strictObject(editable).partial()

export const deploymentStartSchema = z.strictObject({ revision: z.number().int().min(1).optional() })

/** `stopped`: the clanker was deactivated while the step was at work. */
export const deploymentStepSchema = z.object({
  name: z.string(),
  state: z.enum(["running", "done", "failed", "stopped"]),
  at: z.string(),
  message: z.string().optional(),
})

/** `projectId`: the test uses this project's secrets as well, and is seen by those who see the project. */
export const selfTestStartSchema = z.strictObject({ projectId: idSchema("project").optional() })
/** Without a name: "Copy of …". */
export const clankerCopySchema = z.strictObject({ name: editable.name.optional() })

/** What became of the newest self-test; `revision` is the one that served then. */
export const selfTestSchema = z.object({
  jobId: z.string(),
  revision: z.number().int(),
  status: z.enum(["running", ...TERMINAL_STATUSES]),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  seconds: z.number().int().nullable(),
  agentVersion: z.string().nullable(),
  /** What the agent said. */
  answer: z.string().nullable(),
  failure: z.object({ kind: z.string(), message: z.string(), advice: z.string() }).nullable(),
})

const stored = {
  agent: z.enum(AGENT_SLUGS),
  agentSettings: agentSettingsSchema,
  deploymentConfig: z.looseObject({ computeType: z.enum(COMPUTE_TYPES) }),
  secretIds: z.array(z.string()),
  maxExecutionTime: z.number().int().nullable(),
}
const storedFileSchema = z.object({ path: z.string(), size: z.number().int() })

/** What was saved at one edit; `deployed` is the one that the last start that worked was of. */
export const clankerRevisionSchema = z.object({
  n: z.number().int(),
  ...stored,
  files: z.array(storedFileSchema),
  createdAt: z.string(),
  deployed: z.boolean(),
})
export const clankerRevisionWithContentsSchema = clankerRevisionSchema.extend({
  files: z.array(storedFileSchema.extend({ content: z.string() })),
})

export const clankerSchema = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  description: z.string(),
  ...stored,
  strategy: z.enum(Object.values(STRATEGY_OF)),
  files: z.array(storedFileSchema),
  maxConcurrency: z.number().int(),
  status: z.enum(CLANKER_STATUSES),
  statusMessage: z.string().nullable(),
  acceptsJobs: z.boolean(),
  revision: z.number().int(),
  deployedRevision: z.number().int().nullable(),
  servingRevision: z.number().int().nullable(),
  changesPending: z.boolean(),
  selfTest: selfTestSchema.nullable(),
  /** What is known to be wrong with it, in sentences; nothing is refused for it. */
  warnings: z.array(z.object({ code: z.enum(["image.lacks-agent"]), message: z.string() })),
  deployment: z.object({ steps: z.array(deploymentStepSchema), facts: z.record(z.string(), z.unknown()) }).nullable(),
  running: z.number().int(),
  queued: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
})
