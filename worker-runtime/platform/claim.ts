// PURE: what an answered claim means.
import { claimReplySchema } from "#contract/worker.schema.ts"
import { EXIT } from "#contract/worker.ts"
import type { ClaimReply } from "#contract/worker.ts"
import { StepFailure } from "../failure.ts"
import { Refused } from "../line.ts"
import type { Settled } from "./repeat.ts"

/** Read after the claim is ours, so that a payload which breaks the contract is a failure that can be told. */
export function readWork(reply: unknown): ClaimReply {
  const work = claimReplySchema.safeParse(reply)
  if (work.success) return work.data
  const [issue] = work.error.issues
  throw new StepFailure({ kind: "invalid-payload", field: issue?.path.map(String).join(".") || "(whole)", detail: work.error.message })
}

/** The server's clock may differ from ours: a deadline in the past is not believed. */
export function limitOf(maxExecutionMs: number, deadlineAt: string, now: number): number {
  const left = Date.parse(deadlineAt) - now
  return left > 0 ? Math.min(maxExecutionMs, left) : maxExecutionMs
}

export function refused(answer: Exclude<Settled<unknown>, { kind: "ok" }>): Refused {
  if (answer === null) return new Refused("the control plane could not be reached", EXIT.unreachable)
  if (answer.kind === "fenced") return new Refused(answer.code, EXIT.fenced)
  return new Refused(`the claim was refused: ${"code" in answer ? answer.code : answer.kind}`, EXIT.internal)
}
