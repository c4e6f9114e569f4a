// What worker and control plane said to each other in each protocol that is still accepted: recorded, and never edited
// once its protocol is the one before.
import { readFileSync } from "node:fs"

type Json = Readonly<Record<string, unknown>>
export interface Talk {
  claim: Json
  events: Json & { events: readonly Json[] }
  credentials: Json
  result: Json & { lastSeq: number }
  claimReply: Json & { payload: Json }
  eventsReply: Json
  resultReply: Json
}
export interface Wire {
  protocol: number
  /** Everything that can be said. */
  full: Talk
  /** Only what must be said. */
  sparse: Talk
}

/** Throws when nothing is recorded of this protocol. */
export const readWire = (protocol: number): Wire => JSON.parse(readFileSync(new URL(`wire/${protocol}.json`, import.meta.url), "utf8"))
