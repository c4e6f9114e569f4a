import { z } from "zod"
import { ROLES, TOKEN_SCOPES } from "./users.ts"

export const tokenCreateSchema = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(z.enum(TOKEN_SCOPES)).min(1),
  /** Seconds from now; null never expires. */
  expiresIn: z.number().int().min(60).max(31_536_000).nullable().default(null),
})
export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.enum(TOKEN_SCOPES)),
  expiresAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string(),
})
/** The token itself is shown once, in the answer that made it. */
export const tokenCreatedSchema = tokenSchema.extend({ token: z.string() })

/** Who calls: the user and what the token in use allows. */
export const meSchema = z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES), scopes: z.array(z.enum(TOKEN_SCOPES)) })

const name = z.string().trim().min(1, "must not be empty").max(100)
const email = z.email("must be an e-mail address").max(254)
const password = z.string().min(10, "must have at least 10 characters").max(200)

export const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Only for the installation's admins, and one's own. */
  email: z.string().optional(),
  role: z.enum(ROLES),
  disabled: z.boolean(),
  createdAt: z.string(),
})
/** An admin sets the first password and hands it over; the user changes it after the first log-in. */
export const userCreateSchema = z.strictObject({ name, email, role: z.enum(ROLES).default("member"), password })
/** A new password ends the user's sessions; so does being disabled. */
export const userPatchSchema = z.strictObject({ name, role: z.enum(ROLES), disabled: z.boolean(), password }).partial()
/** The first admin, with the token of the link that the operator's terminal printed. */
export const setupSchema = z.strictObject({
  token: z.string().min(1).max(200),
  name,
  email,
  password,
})
