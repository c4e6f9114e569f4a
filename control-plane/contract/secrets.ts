import type { z } from "zod"
import type { secretCreateSchema, secretSchema } from "./secrets.schema.ts"

export const SECRET_LOCATIONS = ["database", "ssm", "env"] as const
export type SecretLocation = (typeof SECRET_LOCATIONS)[number]
export type Secret = z.infer<typeof secretSchema>
export type SecretCreate = z.infer<typeof secretCreateSchema>

/** Names a secret may not take: they would change how the worker, git or the loader behave. */
export const RESERVED_SECRET_NAMES = /^(PATH|HOME|NODE_OPTIONS|LD_.*|GIT_.*|VIBERATOR_.*)$/
export const SECRET_NAME = /^[A-Z][A-Z0-9_]*$/

/** Below it, and then below its environment's name, the parameters in AWS SSM are the control plane's own. */
export const SSM_PREFIX = "/viberator/secrets/"

/** Whether a new value can be set here; what is kept by others is only named. */
export const canRotate = ({ location, reference }: Pick<Secret, "location" | "reference">): boolean =>
  location === "database" || (location === "ssm" && reference?.startsWith(SSM_PREFIX) === true)
