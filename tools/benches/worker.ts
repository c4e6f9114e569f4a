import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EventsReply } from "#contract/worker.ts"
import type { Answer } from "../../worker-runtime/platform/answers.ts"
import { openJournal } from "../../worker-runtime/platform/journal.ts"
import { startSender } from "../../worker-runtime/platform/sender.ts"
import type { Target } from "./measure.ts"

/** `answers lost`: requests arrive, nothing comes back. `cut`: nothing arrives either. */
export type Network = "up" | "answers lost" | "cut"

const HEARTBEAT_MS = 15_000
const SILENT_MS = 600_000

/** A worker's own journal and sender, with their batches and go-back-N, before ours or the raw platform. */
export function startWorker(target: Target) {
  const folder = mkdtempSync(join(tmpdir(), "viberglass-bench-worker-"))
  const journal = openJournal({ file: join(folder, randomUUID()), now: Date.now })
  const emittedAt: number[] = []
  const ackMs: number[] = []
  /** The seqs and bytes of every event that was sent while the network was there, again when sent again. */
  const sent: { seq: number; bytes: number }[] = []
  let network: Network = "up"
  let fence: string | null = null

  async function post(events: readonly string[]): Promise<Answer<EventsReply>> {
    const lost = { kind: "later", why: network, retryAfterMs: 0 } as const
    if (network === "cut") return lost
    const first = journal.acked() + 1
    events.forEach((text, index) => sent.push({ seq: first + index, bytes: text.length }))
    const acked = events.length === 0 ? journal.acked() : await target.send(events)
    if (network !== "up") return lost
    for (let seq = journal.acked() + 1; seq <= acked; seq++) ackMs.push(performance.now() - (emittedAt[seq] ?? 0))
    return { kind: "ok", value: { acked, leaseUntil: "" } }
  }

  const sender = startSender({
    journal,
    post,
    heartbeatMs: HEARTBEAT_MS,
    silentMs: SILENT_MS,
    now: Date.now,
    random: () => 0,
    onStop: () => undefined,
    onFence: (reason) => void (fence = reason),
  })

  return {
    /** From the worker's own word to its acknowledgement, in milliseconds, one a stored event. */
    ackMs,
    sent,
    emittedAt: (seq: number) => emittedAt[seq] ?? 0,
    emit(delta: string): void {
      if (fence !== null) throw new Error(`the worker was fenced: ${fence}`)
      const at = performance.now()
      emittedAt[journal.append({ kind: "text", delta })] = at
      sender.poke()
    },
    acked: () => journal.acked(),
    lastSeq: () => journal.lastSeq(),
    waitingBytes: () => journal.waiting(),
    setNetwork: (now: Network) => void (network = now),
    /** Resolves when everything that was emitted is acknowledged. */
    drained: () => sender.acked(journal.lastSeq(), AbortSignal.timeout(60_000)),
    close(): void {
      sender.close()
      journal.close()
      rmSync(folder, { recursive: true })
    },
  }
}
export type BenchWorker = ReturnType<typeof startWorker>
