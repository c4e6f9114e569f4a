import { z } from "zod"
import { idSchema } from "./ids.schema.ts"
import { BRANCH_TOKENS, DEFAULT_BRANCH_TEMPLATE, VISIBILITIES } from "./projects.ts"
import { PHASES } from "./tickets.ts"
import { ROLES } from "./users.ts"

const gitUrl = z
  .url({ protocol: /^https?$/, error: "must be an http(s) URL of a git repository" })
  .max(2048)
  .refine((url) => !/^[a-z]+:\/\/[^/]*@/i.test(url), "must not carry credentials: put them into a secret")
export const branchNameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!-)(?!\/)(?!.*\/\/)(?!.*\.\.)(?!.*@\{)[^\s~^:?*[\\]+(?<!\/)(?<!\.)(?<!\.lock)$/, "must be a git branch name")

/** Tokens are `{{ name }}`; unknown ones are refused when the template is saved, not when a job needs a branch. */
export const branchTemplateSchema = z
  .string()
  // Said here, because the preview of a branch shows it as it is.
  .max(200, "must have at most 200 characters")
  .superRefine((template, check) => {
    for (const [, token = ""] of template.matchAll(/\{\{\s*(.*?)\s*\}\}/g)) {
      if (!BRANCH_TOKENS.some((known) => known === token))
        check.addIssue(`has the unknown token "${token}"; allowed are ${BRANCH_TOKENS.join(", ")}`)
    }
  })

const seconds = z.number().int().min(60).max(604_800)
export const workerSettingsSchema = z.strictObject({
  maxExecutionTime: seconds.optional(),
  maxChanges: z.number().int().min(1).max(100_000).optional(),
  testCommand: z.string().max(2000).optional(),
  requirePassingTests: z.boolean().optional(),
  setupCommand: z.string().max(2000).optional(),
  protectedPaths: z.array(z.string().min(1).max(500)).max(100).optional(),
  allowProtectedPaths: z.boolean().optional(),
  submodules: z.boolean().optional(),
  lfs: z.boolean().optional(),
  blobless: z.boolean().optional(),
  budgetUsd: z.number().positive().max(100_000).optional(),
  /** Of all jobs that are created within a month, in UTC. */
  monthlyBudgetUsd: z.number().positive().max(10_000_000).optional(),
  /** Tokens of those jobs whose cost is unknown. */
  monthlyBudgetTokens: z.number().int().positive().max(1_000_000_000_000).optional(),
  pullRequest: z
    .strictObject({
      draft: z.boolean().optional(),
      labels: z.array(z.string().min(1).max(50)).max(20).optional(),
      reviewers: z.array(z.string().min(1).max(100)).max(15).optional(),
    })
    .optional(),
})

const scmSchema = z.strictObject({
  provider: z.enum(["github"]),
  apiUrl: z
    .url({ protocol: /^https?$/, error: "must be an http(s) URL" })
    .max(2048)
    .optional(),
  secretId: idSchema("secret").optional(),
})
const autoStartSchema = z.strictObject({
  onCreate: z.boolean().default(false),
  labels: z.array(z.string().min(1).max(100)).max(50).default([]),
  onApproval: z.boolean().default(false),
})

const editable = {
  name: z.string().trim().min(1, "must not be empty").max(100),
  repositoryUrl: gitUrl,
  baseBranch: branchNameSchema,
  pullRequestRepository: gitUrl.nullable(),
  pullRequestBaseBranch: branchNameSchema.nullable(),
  branchNameTemplate: branchTemplateSchema,
  scm: scmSchema.nullable(),
  defaultClankerId: idSchema("clanker").nullable(),
  phaseClankers: z.partialRecord(z.enum(PHASES), idSchema("clanker")),
  autoStart: autoStartSchema,
  workerSettings: workerSettingsSchema,
  agentInstructions: z.string().max(100_000),
  visibility: z.enum(VISIBILITIES),
}
const key = z.string().regex(/^[A-Z]{2,5}$/, "must be two to five capitals")
export const projectCreateSchema = z.strictObject({
  name: editable.name,
  key: key.optional(),
  repositoryUrl: editable.repositoryUrl,
  baseBranch: editable.baseBranch.default("main"),
  pullRequestRepository: editable.pullRequestRepository.default(null),
  pullRequestBaseBranch: editable.pullRequestBaseBranch.default(null),
  branchNameTemplate: editable.branchNameTemplate.default(DEFAULT_BRANCH_TEMPLATE),
  scm: editable.scm.default(null),
  defaultClankerId: editable.defaultClankerId.default(null),
  phaseClankers: editable.phaseClankers.default({}),
  autoStart: editable.autoStart.default({ onCreate: false, labels: [], onApproval: false }),
  workerSettings: editable.workerSettings.default({}),
  agentInstructions: editable.agentInstructions.default(""),
  visibility: editable.visibility.default("everyone"),
})
/** The key is fixed once a ticket carries it. */
export const projectPatchSchema = z.strictObject({ ...editable, key, archived: z.boolean() }).partial()

export const projectSchema = z.object({
  id: z.string(),
  slug: z.string(),
  key: z.string(),
  ...editable,
  /** What the caller may do here: their role in the installation, or a grant where that counts. */
  role: z.enum(ROLES),
  archivedAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
})

export const readinessCheckSchema = z.object({
  name: z.enum(["repository", "scm-credential", "clanker", "agent-secrets", "budget"]),
  state: z.enum(["ready", "warning", "missing", "invalid", "unknown"]),
  code: z.string(),
  action: z.string(),
})
export const readinessSchema = z.object({ ready: z.boolean(), checks: z.array(readinessCheckSchema) })

export const projectSettingsSchema = z.record(
  z.string(),
  z.object({ value: z.unknown(), source: z.enum(["run", "project", "clanker", "default", "strategy"]) }),
)

export const branchPreviewSchema = z.strictObject({
  template: z.string().max(500),
  ticket: z.string().max(500).optional(),
  clanker: z.string().max(500).optional(),
})
export const branchPreviewReplySchema = z.object({ branch: z.string(), errors: z.array(z.string()) })

/** What a user may do in this project beyond their role in the installation, or, where only members see it, at all. */
/** `email` only for the installation's admins, and one's own. */
export const memberSchema = z.object({ userId: z.string(), name: z.string(), email: z.string().optional(), role: z.enum(ROLES) })
export const memberPutSchema = z.strictObject({ role: z.enum(ROLES) })
