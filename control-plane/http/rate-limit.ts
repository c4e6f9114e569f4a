import type { Context } from "../context.ts"
import { AppError } from "../errors.ts"
import { countRequest } from "../users/store.ts"

/** At most `max` requests of one address within a window that begins with its first; throws `rate.limited`. */
export async function limitRate(
  context: Context,
  request: Request,
  { act, max, windowMs }: { act: string; max: number; windowMs: number },
): Promise<void> {
  const address = request.headers.get("cf-connecting-ip") ?? "unknown"
  const count = await countRequest(context, `${act}:${address}`, windowMs)
  if (count > max)
    throw new AppError("rate.limited", "Too many tries: wait a minute, then try again.", { retryAfterSeconds: Math.ceil(windowMs / 1000) })
}
