import { z } from "zod"
import { idSchema } from "./ids.schema.ts"
import { RESERVED_SECRET_NAMES, SECRET_LOCATIONS, SECRET_NAME } from "./secrets.ts"

/** 64 KiB: a PEM bundle fits, a file pasted by mistake does not. */
const valueSchema = z.string().min(1, "must not be empty").max(65_536, "must be at most 65,536 characters")
const nameSchema = z
  .string()
  .max(128)
  .regex(SECRET_NAME, "must be capitals, digits and underscores, starting with a letter")
  .refine((name) => !RESERVED_SECRET_NAMES.test(name), "is reserved: choose another name")

export const secretCreateSchema = z
  .strictObject({
    name: nameSchema,
    location: z.enum(SECRET_LOCATIONS),
    value: valueSchema.optional(),
    reference: z.string().min(1).max(1024).optional(),
    projectId: idSchema("project").optional(),
  })
  .refine(
    (secret) => secret.location === "env" || secret.value !== undefined || (secret.location === "ssm" && secret.reference !== undefined),
    {
      path: ["value"],
      message: "is required for this location",
    },
  )
  .refine((secret) => secret.location !== "env" || secret.value === undefined, {
    path: ["value"],
    message: "must be left out: a secret of location env lives in the worker's environment",
  })

export const secretRotateSchema = z.strictObject({ value: valueSchema })

/** A secret as the API shows it: never its value. */
export const secretSchema = z.object({
  id: z.string(),
  name: z.string(),
  location: z.enum(SECRET_LOCATIONS),
  reference: z.string().optional(),
  projectId: z.string().nullable(),
  version: z.number().int(),
  usedBy: z.array(z.object({ type: z.enum(["clanker", "project", "task-template"]), id: z.string(), name: z.string() })),
  createdAt: z.string(),
  updatedAt: z.string(),
})
