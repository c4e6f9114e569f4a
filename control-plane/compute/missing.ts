import type { Strategy } from "./strategy.ts"

/** A strategy that this release can save but not deploy: Start ends `failed` with this sentence, and nothing can be launched. */
export function missing(name: string, maxExecutionMs: number | null): Strategy {
  const sentence = `This release cannot deploy to ${name} yet; choose Docker.`
  return {
    maxExecutionMs: () => maxExecutionMs,
    provision: async () => ({ status: "failed", message: sentence }),
    launch: async () => ({ status: "refused", transient: false, failure: { kind: "launch-refused", detail: sentence } }),
    inspect: async () => ({ state: "gone", reason: sentence, oom: false }),
    stop: async () => undefined,
    prove: async () => ({ ok: false, reason: sentence }),
  }
}
