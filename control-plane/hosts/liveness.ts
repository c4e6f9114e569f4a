import { HOST_AWAY_MS } from "#contract/host.ts"

/** What is known of a host's connection, epoch milliseconds. */
export interface Heard {
  /** Its newest message, or the newest ping that the platform answered by itself. */
  at: number
  /** The oldest question "are you there?" that it has not answered, or null. */
  askedAt: number | null
}
/** How long a quiet host may take to answer when it is asked. */
const ANSWER_MS = 15_000

/** A quiet host is asked before it counts as away: a connection may be dead without a close, and a host need not ping. */
export function livenessOf({ at, askedAt }: Heard, now: number): "here" | "ask" | "away" {
  if (now - at < HOST_AWAY_MS) return "here"
  if (askedAt === null) return "ask"
  return now - askedAt < ANSWER_MS ? "here" : "away"
}
