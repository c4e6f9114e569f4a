import { z } from "zod"

/** Type and size are what the server found in the bytes, not what the sender said. */
export const attachmentSchema = z.object({
  id: z.string(),
  name: z.string(),
  mime: z.string(),
  size: z.number().int(),
  author: z.string(),
  createdAt: z.string(),
})

/** `multipart/form-data` with this one field. */
export const attachmentFormSchema = z.strictObject({ file: z.file("is required, as a file") })
