import { EXIT } from "#contract/worker.ts"

const BY_CODE: Record<number, string> = {
  [EXIT.accepted]: "The worker delivered its result and ended.",
  [EXIT.usage]: "The worker was started wrongly (exit code 64).",
  [EXIT.unreachable]: "The worker could not reach the control plane until its deadline (exit code 69).",
  [EXIT.internal]: "The worker failed inside (exit code 70).",
  [EXIT.fenced]: "The worker gave way: another worker has the attempt, or the job was over (exit code 75).",
}

export interface HowEnded {
  exitCode: number | null
  signal?: string | null
  /** Only when the exit code cannot be known: why not. */
  unseen?: string
}

/** Why a worker ended, as a sentence. Its output is not quoted: that is not the host's to redact. */
export function exitReason({ exitCode, signal, unseen }: HowEnded, { asked, left }: { asked: boolean; left: number }): string {
  const sentences = [unseen ?? byEnd(exitCode, signal)]
  if (asked) sentences.push("It had been asked to stop.")
  if (left > 0) sentences.push(`${left} of its processes could not be killed.`)
  return sentences.join(" ")
}

function byEnd(exitCode: number | null, signal: string | null | undefined): string {
  if (exitCode === null) return `The worker was ended by ${signal ?? "an unknown signal"}.`
  return BY_CODE[exitCode] ?? `The worker ended with exit code ${exitCode}.`
}
