import type { z } from "zod"
import type { secretCreateSchema, secretSchema } from "./secrets.schema.ts"

export const SECRET_LOCATIONS = ["database", "ssm", "env"] as const
export type SecretLocation = (typeof SECRET_LOCATIONS)[number]
export type Secret = z.infer<typeof secretSchema>
export type SecretCreate = z.infer<typeof secretCreateSchema>

/** Names a secret may not take: they would change how the worker, git or the loader behave. */
export const RESERVED_SECRET_NAMES = /^(PATH|HOME|NODE_OPTIONS|LD_.*|GIT_.*|VIBERATOR_.*)$/
export const SECRET_NAME = /^[A-Z][A-Z0-9_]*$/
