import { constants } from "node:os"
import { EXIT } from "#contract/worker.ts"
import type { RunExit } from "./runs.ts"

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

interface ContainerEnd {
  ExitCode: number
  OOMKilled: boolean
  /** What the engine itself has to say, when a container could not be run. */
  Error: string
  FinishedAt: string
  memoryBytes: number
}

/**
 * How a container ended, from what the engine says of it. Process 1 passes its worker's signal on as 128 + its number.
 * The engine also says "out of memory" when the kernel took another process of the container, the agent, say: only
 * where the worker itself was killed is that how the container ended.
 */
export function containerExit({ ExitCode, OOMKilled, Error: words, FinishedAt, memoryBytes }: ContainerEnd): RunExit {
  const signal = SIGNALS.get(ExitCode - 128)
  const oom = OOMKilled && signal === "SIGKILL"
  const limit = memoryBytes > 0 ? ` of ${Math.round(memoryBytes / 1_048_576)} MB` : ""
  const sentence = oom ? `The worker ran out of memory: its container reached its limit${limit}.` : byEnd(signal ? null : ExitCode, signal)
  return {
    exitCode: ExitCode,
    ...(signal && { signal }),
    oom,
    reason: words === "" ? sentence : `${sentence} Docker says: ${words}`,
    at: Date.parse(FinishedAt) || Date.now(),
  }
}
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))
