import type { z } from "zod"
import type {
  memberSchema,
  projectCreateSchema,
  projectPatchSchema,
  projectSchema,
  readinessCheckSchema,
  workerSettingsSchema,
} from "./projects.schema.ts"

export type Project = z.infer<typeof projectSchema>
export type ProjectCreate = z.infer<typeof projectCreateSchema>
export type ProjectPatch = z.infer<typeof projectPatchSchema>
export type WorkerSettings = z.infer<typeof workerSettingsSchema>
export type Member = z.infer<typeof memberSchema>
export type ReadinessCheck = z.infer<typeof readinessCheckSchema>

/** Who sees a project: every user of the installation, or admins and those with a grant alone. */
export const VISIBILITIES = ["everyone", "members"] as const
export type Visibility = (typeof VISIBILITIES)[number]

export const MEMBER_LIMIT = 200

export const BRANCH_TOKENS = ["ticket", "original_ticket", "clanker", "phase", "date", "job"] as const
export const DEFAULT_BRANCH_TEMPLATE = "viberator/{{ ticket }}"
/** Paths an agent may not change unless the project says so: they would run with the forge's own rights. */
export const DEFAULT_PROTECTED_PATHS: readonly string[] = [".github/workflows/**"]
/** Seconds; applied after run > project > clanker are merged, then capped by the strategy. */
export const DEFAULT_MAX_EXECUTION_SECONDS = 2700
