import { and, eq, isNull, lt } from "drizzle-orm"
import type { Context } from "../context.ts"
import { changes } from "../db/client.ts"
import { AppError } from "../errors.ts"
import { hmacHex } from "../hash.ts"
import { idempotencyKeys } from "./table.ts"

interface Answer<T> {
  status: 200 | 201 | 202 | 204
  body: T
}

/**
 * Runs a creating request at most once per caller, path and key: a repeat with the same body gets the first answer, one
 * with another body 409. A refused first request leaves no trace, so that it can be mended and sent again.
 */
export async function once<T>(
  { context, caller, path, key, bytes }: { context: Context; caller: string; path: string; key: string | undefined; bytes: Uint8Array },
  run: () => Promise<Answer<T>>,
): Promise<Answer<T>> {
  if (key === undefined) return run()
  if (key.length < 1 || key.length > 200)
    throw new AppError("request.invalid", "Idempotency-Key must have 1 to 200 characters.", {
      fields: { "Idempotency-Key": "must have 1 to 200 characters" },
    })
  const { db, now } = context
  // Keyed: a plain hash of a body that holds a secret could be guessed at.
  const bodyHash = await hmacHex(context.keys.workerToken, new TextDecoder().decode(bytes))
  const mine = and(eq(idempotencyKeys.caller, caller), eq(idempotencyKeys.path, path), eq(idempotencyKeys.key, key))
  const taken = await db.insert(idempotencyKeys).values({ caller, path, key, bodyHash, createdAt: now() }).onConflictDoNothing()
  if (changes(taken) === 0) {
    const [first] = await db.select().from(idempotencyKeys).where(mine).limit(1)
    if (first?.bodyHash !== bodyHash) throw new AppError("idempotency.conflict", "This Idempotency-Key was used with another body.")
    if (first.status !== null && first.reply !== null) return { status: readStatus(first.status), body: JSON.parse(first.reply) }
    const dead = and(mine, isNull(idempotencyKeys.status), lt(idempotencyKeys.createdAt, now() - DEAD_MS))
    const inherited = await db.update(idempotencyKeys).set({ createdAt: now() }).where(dead)
    if (changes(inherited) === 0)
      throw new AppError("idempotency.conflict", "The first request with this Idempotency-Key is still at work: try again in a minute.")
  }
  const answer = await run().catch(async (error: unknown) => {
    await db.delete(idempotencyKeys).where(mine)
    throw error
  })
  // What was created stays created: when this write fails the key stays taken, and a repeat does not create a second one.
  await db
    .update(idempotencyKeys)
    .set({ status: answer.status, reply: JSON.stringify(answer.body) })
    .where(mine)
  return answer
}

const readStatus = (status: number): Answer<never>["status"] => (status === 200 || status === 201 || status === 202 ? status : 204)
/** A first request that has not answered by then died with its isolate. */
const DEAD_MS = 60_000
const KEPT_MS = 24 * 60 * 60_000

export const forgottenKeysItem = ({ db, now }: Context) => db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, now() - KEPT_MS))
