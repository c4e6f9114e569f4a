import type { z } from "zod"
import type {
  clankerCreateSchema,
  clankerPatchSchema,
  clankerRevisionSchema,
  clankerRevisionWithContentsSchema,
  clankerSchema,
  deploymentConfigSchema,
  deploymentStepSchema,
  selfTestSchema,
} from "./clankers.schema.ts"

export const CLANKER_STATUSES = ["inactive", "deploying", "active", "failed"] as const
export type ClankerStatus = (typeof CLANKER_STATUSES)[number]

export const COMPUTE_TYPES = ["lambda", "ecs", "docker"] as const
export type ComputeType = (typeof COMPUTE_TYPES)[number]

/** The strategy's name, derived from `computeType` and shown in replies. */
export const STRATEGY_OF = {
  lambda: "aws_lambda_container",
  ecs: "aws_ecs",
  docker: "docker",
} as const satisfies Record<ComputeType, string>
export type Strategy = (typeof STRATEGY_OF)[ComputeType]

export type Clanker = z.infer<typeof clankerSchema>
export type ClankerCreate = z.infer<typeof clankerCreateSchema>
export type ClankerPatch = z.infer<typeof clankerPatchSchema>
export type ClankerRevision = z.infer<typeof clankerRevisionSchema>
export type ClankerRevisionWithContents = z.infer<typeof clankerRevisionWithContentsSchema>
export type DeploymentConfig = z.infer<typeof deploymentConfigSchema>
export type SelfTest = z.infer<typeof selfTestSchema>
export type DeploymentStep = z.infer<typeof deploymentStepSchema>

/** Characters of a clanker's name. */
export const NAME_LIMIT = 100

/** Config files: caps that keep a revision's row and a job's payload well below the platform's 2 MB row. */
export const FILE_LIMITS = { count: 50, bytesEach: 200_000, bytesTogether: 1_048_576 } as const

/** How long a self-test may run, milliseconds: one prompt that needs no tool. */
export const SELF_TEST_LIMIT_MS = 5 * 60_000
/** Characters of the agent's answer that are kept. */
export const SELF_TEST_ANSWER_LIMIT = 1000

/** Which acts a clanker's status allows; server and UI read the same table. */
export const clankerCan = {
  inactive: { deactivate: false },
  deploying: { deactivate: true },
  active: { deactivate: true },
  failed: { deactivate: true },
} as const satisfies Record<ClankerStatus, { deactivate: boolean }>

/** `AGENTS.md`, `opencode.json` or `skills/**.md`, without a way out of the folder. */
export function isConfigFilePath(path: string): boolean {
  if (path === "AGENTS.md" || path === "opencode.json") return true
  const segments = path.split("/")
  return (
    segments.length > 1 &&
    segments[0] === "skills" &&
    path.endsWith(".md") &&
    segments.every((part) => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(part))
  )
}
