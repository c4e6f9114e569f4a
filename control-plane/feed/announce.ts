import type { Changed } from "#contract/feed.ts"
import type { Bindings } from "../config.ts"
import { wordsOf } from "../errors.ts"
import type { Log } from "../log.ts"
import { feedObject } from "./stub.ts"

/** What of the context this needs; it lies below it. */
interface Door {
  env: Bindings
  log: Log
  now: () => number
}

/** Wakes the browsers after a write. What was written stands without it, so a feed that does not answer is noted and no more. */
export async function announce(
  { env, log, now }: Door,
  noun: Changed["noun"],
  { id, projectId = null }: { id: string; projectId?: string | null },
): Promise<void> {
  try {
    await feedObject(env).tell({ type: "changed", noun, id, projectId, version: now() })
  } catch (error) {
    log.warn("feed.silent", { noun, id, error: wordsOf(error) })
  }
}
