// PURE: whether an execution may begin now.
import type { Overlap } from "#contract/claws.ts"

export type Admission = { kind: "start" } | { kind: "wait" } | { kind: "skip"; reason: string }

/** `running` and `waitingBefore` count other executions of the same schedule. */
export function admit({ overlap, running, waitingBefore }: { overlap: Overlap; running: number; waitingBefore: number }): Admission {
  if (overlap === "allow") return { kind: "start" }
  if (running === 0 && waitingBefore === 0) return { kind: "start" }
  if (overlap === "skip") return { kind: "skip", reason: "the run before had not ended" }
  return waitingBefore === 0 ? { kind: "wait" } : { kind: "skip", reason: "another run was waiting already" }
}
