import { z } from "zod"
import { ERROR_CODES } from "./errors.ts"

export const errorReplySchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_CODES)),
    message: z.string(),
    detail: z.record(z.string(), z.unknown()).optional(),
    requestId: z.string(),
  }),
})
