import { EVENT_LIMITS } from "#contract/worker.ts"
import type { EventsReply } from "#contract/worker.ts"
import { Interrupted } from "../failure.ts"
import { pauseMs } from "./answers.ts"
import type { Answer } from "./answers.ts"
import type { Journal } from "./journal.ts"

/** Events wait for company this long, or until there are so many bytes. */
const GATHER_MS = 100
const GATHER_BYTES = 32_768
/** Below the contract's limit by the batch's own brackets and vitals. */
const BATCH_BYTES = EVENT_LIMITS.batchBytes - 65_536

export interface SenderDeps {
  journal: Journal
  post(events: readonly string[], signal: AbortSignal): Promise<Answer<EventsReply>>
  heartbeatMs: number
  /** Without an acknowledgement for so long the attempt counts as lost. */
  silentMs: number
  now: () => number
  random: () => number
  onStop(order: { reason: string; graceMs: number }): void
  onFence(reason: string): void
}

export interface Sender {
  /** Something was appended. */
  poke(): void
  /** Resolves when the event is acknowledged, with the time at which the acknowledged request was sent. */
  acked(seq: number, signal: AbortSignal): Promise<number>
  fenced(): string | null
  close(): void
}

interface Waiter {
  seq: number
  resolve(sentAt: number): void
  reject(error: unknown): void
}

/** Sends the journal, one request in flight, until closed or fenced; every acknowledgement renews the lease. */
export function startSender(deps: SenderDeps): Sender {
  const { journal, now } = deps
  const closing = new AbortController()
  let waiters: Waiter[] = []
  let wake = () => {}
  let gatherSince: number | null = journal.lastSeq() > journal.acked() ? now() : null
  let lastSentAt = now()
  let lastAckAt = now()
  let notBefore = 0
  let tries = 0
  let limit: number = EVENT_LIMITS.count
  let fence: string | null = null

  const setFence = (reason: string) => {
    if (fence !== null) return
    fence = reason
    closing.abort()
    deps.onFence(reason)
    for (const waiter of waiters) waiter.reject(new Interrupted({ kind: "fenced", reason }))
    waiters = []
  }
  const pauseAgain = (retryAfterMs: number) => {
    tries += 1
    notBefore = now() + pauseMs({ tries, retryAfterMs, random: deps.random() })
  }
  const dueAt = () => {
    const hurry = waiters.some(({ seq }) => seq > journal.acked()) || journal.waiting() >= GATHER_BYTES
    const due = gatherSince === null ? lastSentAt + deps.heartbeatMs : hurry ? now() : gatherSince + GATHER_MS
    return Math.max(due, notBefore)
  }
  const untilDue = async () => {
    for (let ms = dueAt() - now(); ms > 0 && !closing.signal.aborted; ms = dueAt() - now()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(ms, lastAckAt + deps.silentMs - now() + 1))
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      if (now() - lastAckAt > deps.silentMs) setFence("no acknowledgement")
    }
  }
  const settle = (answer: Answer<EventsReply>, sentAt: number, batch: { events: readonly string[]; to: number }) => {
    switch (answer.kind) {
      case "ok": {
        lastAckAt = now()
        const before = journal.acked()
        // The other side's count is the truth: it may also have less than we thought.
        if (answer.value.acked < before) journal.rewind(answer.value.acked + 1)
        else journal.ack(answer.value.acked)
        if (batch.events.length > 0 && journal.acked() <= before) pauseAgain(0)
        else tries = 0
        gatherSince = journal.lastSeq() > journal.acked() ? now() - GATHER_MS : null
        if (answer.value.stop !== undefined) deps.onStop(answer.value.stop)
        const done = waiters.filter(({ seq }) => seq <= journal.acked())
        waiters = waiters.filter(({ seq }) => seq > journal.acked())
        for (const waiter of done) waiter.resolve(sentAt)
        return
      }
      case "bad-event": {
        if (batch.events.length > 1) limit = Math.floor(batch.events.length / 2)
        else {
          journal.replace(batch.to, { kind: "notice", code: "event-refused", text: `An event of the worker was refused (${answer.code}).` })
          limit = EVENT_LIMITS.count
        }
        return
      }
      case "events-missing":
        journal.rewind(answer.expected)
        return
      case "fenced":
        setFence(answer.code)
        return
      case "refused":
      case "later":
        pauseAgain(answer.kind === "later" ? answer.retryAfterMs : 0)
    }
  }
  const loop = async () => {
    for (;;) {
      await untilDue()
      if (closing.signal.aborted) return
      const batch = journal.batch({ count: limit, bytes: BATCH_BYTES })
      const sentAt = now()
      lastSentAt = sentAt
      if (batch.events.length === 0) gatherSince = null
      settle(await deps.post(batch.events, closing.signal), sentAt, batch)
      if (now() - lastAckAt > deps.silentMs) setFence("no acknowledgement")
    }
  }
  // The loop ends by being closed, in the middle of a request if need be; anything else is a bug that must not be silent.
  loop().catch((error: unknown) => (closing.signal.aborted ? undefined : setFence(`the sender broke: ${String(error)}`)))

  return {
    poke() {
      gatherSince ??= now()
      wake()
    },
    acked(seq, signal) {
      if (fence !== null) return Promise.reject(new Interrupted({ kind: "fenced", reason: fence }))
      if (signal.aborted) return Promise.reject(signal.reason)
      if (seq <= journal.acked()) return Promise.resolve(lastSentAt)
      return new Promise((resolve, reject) => {
        const waiter = { seq, resolve, reject }
        waiters.push(waiter)
        signal.addEventListener("abort", () => {
          waiters = waiters.filter((other) => other !== waiter)
          reject(signal.reason)
        })
        wake()
      })
    },
    fenced: () => fence,
    close() {
      closing.abort()
      wake()
    },
  }
}
