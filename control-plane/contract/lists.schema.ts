import { z } from "zod"

/** `?limit=&cursor=` of every list: newest first, 50 by default, at most 200. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
}

/** `{ items, nextCursor }`; `nextCursor` is null on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** Query flags arrive as text. */
export const flag = z.enum(["true", "false"]).transform((value) => value === "true")
