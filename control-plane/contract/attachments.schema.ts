import { z } from "zod"

/** What `multipart/form-data` with the one field `file` makes. Type and size are what the server found in the bytes, not what the sender said. */
export const attachmentSchema = z.object({
  id: z.string(),
  name: z.string(),
  mime: z.string(),
  size: z.number().int(),
  author: z.string(),
  createdAt: z.string(),
})
