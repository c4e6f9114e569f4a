import { setTimeout as sleep } from "node:timers/promises"
import type { Log } from "../log.ts"
import { pauseMs } from "./answers.ts"
import type { Answer } from "./answers.ts"

/** An answer that decides something; null when the asking was ended before there was one. */
export type Settled<T> = Exclude<Answer<T>, { kind: "later" }> | null

/** Asks until the answer is another than "later". Never throws for the network. */
export type Repeat = <T>(what: string, call: (signal: AbortSignal) => Promise<Answer<T>>, signal: AbortSignal) => Promise<Settled<T>>

/** The first and the last failure are logged, not every one between. */
export function createRepeat({ log, random }: { log: Log; random: () => number }): Repeat {
  return async (what, call, signal) => {
    let why = "no time"
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        const answer = await call(signal)
        if (answer.kind !== "later") return answer
        why = answer.why
        if (tries === 1) log.warn("control-plane-later", { what, why })
        await sleep(pauseMs({ tries, retryAfterMs: answer.retryAfterMs, random: random() }), undefined, { signal })
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
    log.warn("control-plane-unreachable", { what, why })
    return null
  }
}
