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
  /** When the newest acknowledged request was sent; before the first one, when the sender started. */
  leasedAt(): number
  fenced(): string | null
  close(): void
}

interface Waiter {
  seq: number
  resolve(sentAt: number): void
  reject(error: unknown): void
}

interface Sending {
  deps: SenderDeps
  closing: AbortController
  waiters: Waiter[]
  wake: () => void
  /** Since when an event waits to be sent. */
  gatherSince: number | null
  lastSentAt: number
  lastAckAt: number
  leasedAt: number
  /** No request before this time, whatever hurries. */
  notBefore: number
  tries: number
  /** Events of one batch; smaller while a bad one is looked for. */
  limit: number
  fence: string | null
}

/** Sends the journal, one request in flight, until closed or fenced; every acknowledgement renews the lease. */
export function startSender(deps: SenderDeps): Sender {
  const { journal, now } = deps
  const sending: Sending = {
    deps,
    closing: new AbortController(),
    waiters: [],
    wake: () => {},
    gatherSince: journal.lastSeq() > journal.acked() ? now() : null,
    lastSentAt: now(),
    lastAckAt: now(),
    leasedAt: now(),
    notBefore: 0,
    tries: 0,
    limit: EVENT_LIMITS.count,
    fence: null,
  }
  const { signal } = sending.closing
  // The loop ends by being closed, in the middle of a request if need be; anything else is a bug that must not be silent.
  sendAll(sending).catch((error: unknown) => (signal.aborted ? undefined : setFence(sending, `the sender broke: ${String(error)}`)))
  return {
    poke() {
      sending.gatherSince ??= now()
      sending.wake()
    },
    leasedAt: () => sending.leasedAt,
    acked: (seq, until) => waitFor(sending, seq, until),
    fenced: () => sending.fence,
    close() {
      sending.closing.abort()
      sending.wake()
    },
  }
}

async function sendAll(sending: Sending): Promise<void> {
  const { deps, closing } = sending
  const { journal, now } = deps
  for (;;) {
    await untilDue(sending)
    if (closing.signal.aborted) return
    const batch = journal.batch({ count: sending.limit, bytes: BATCH_BYTES })
    const sentAt = now()
    sending.lastSentAt = sentAt
    if (batch.events.length === 0) sending.gatherSince = null
    settle(sending, { answer: await deps.post(batch.events, closing.signal), sentAt, batch })
    fenceWhenSilent(sending)
  }
}

async function untilDue(sending: Sending): Promise<void> {
  const { deps, closing } = sending
  for (let ms = dueAt(sending) - deps.now(); ms > 0 && !closing.signal.aborted; ms = dueAt(sending) - deps.now()) {
    const untilSilent = sending.lastAckAt + deps.silentMs - deps.now() + 1
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, untilSilent))
      sending.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    fenceWhenSilent(sending)
  }
}

function dueAt({ deps: { journal, now, heartbeatMs }, waiters, gatherSince, lastSentAt, notBefore }: Sending): number {
  const hurry = waiters.some(({ seq }) => seq > journal.acked()) || journal.waiting() >= GATHER_BYTES
  const due = gatherSince === null ? lastSentAt + heartbeatMs : hurry ? now() : gatherSince + GATHER_MS
  return Math.max(due, notBefore)
}

interface Answered {
  answer: Answer<EventsReply>
  sentAt: number
  batch: { events: readonly string[]; to: number }
}

function settle(sending: Sending, { answer, sentAt, batch }: Answered): void {
  const { journal } = sending.deps
  switch (answer.kind) {
    case "ok":
      settleAcked(sending, { reply: answer.value, sentAt, sent: batch.events.length })
      return
    case "bad-event":
      if (batch.events.length > 1) sending.limit = Math.floor(batch.events.length / 2)
      else {
        journal.replace(batch.to, { kind: "notice", code: "event-refused", text: `An event of the worker was refused (${answer.code}).` })
        sending.limit = EVENT_LIMITS.count
      }
      return
    case "events-missing":
      journal.rewind(answer.expected)
      return
    case "fenced":
      setFence(sending, answer.code)
      return
    case "refused":
    case "later":
      pause(sending, answer.kind === "later" ? answer.retryAfterMs : 0)
  }
}

function settleAcked(sending: Sending, { reply, sentAt, sent }: { reply: EventsReply; sentAt: number; sent: number }): void {
  const { journal, now, onStop } = sending.deps
  const before = journal.acked()
  sending.lastAckAt = now()
  sending.leasedAt = sentAt
  // The other side's count is the truth: it may also have less than we thought.
  if (reply.acked < before) journal.rewind(reply.acked + 1)
  else journal.ack(reply.acked)
  if (sent > 0 && journal.acked() <= before) pause(sending, 0)
  else sending.tries = 0
  sending.gatherSince = journal.lastSeq() > journal.acked() ? now() - GATHER_MS : null
  // Before anybody who waits is told: nothing outside may follow a stop.
  if (reply.stop !== undefined) onStop(reply.stop)
  const done = sending.waiters.filter(({ seq }) => seq <= journal.acked())
  sending.waiters = sending.waiters.filter(({ seq }) => seq > journal.acked())
  for (const waiter of done) waiter.resolve(sentAt)
}

function pause(sending: Sending, retryAfterMs: number): void {
  const { now, random } = sending.deps
  sending.tries += 1
  sending.notBefore = now() + pauseMs({ tries: sending.tries, retryAfterMs, random: random() })
}

function fenceWhenSilent(sending: Sending): void {
  const { now, silentMs } = sending.deps
  if (now() - sending.lastAckAt > silentMs) setFence(sending, "no acknowledgement")
}

function setFence(sending: Sending, reason: string): void {
  if (sending.fence !== null) return
  sending.fence = reason
  sending.closing.abort()
  sending.deps.onFence(reason)
  for (const waiter of sending.waiters.splice(0)) waiter.reject(new Interrupted({ kind: "fenced", reason }))
}

function waitFor(sending: Sending, seq: number, signal: AbortSignal): Promise<number> {
  const { fence, leasedAt, deps } = sending
  if (fence !== null) return Promise.reject(new Interrupted({ kind: "fenced", reason: fence }))
  if (signal.aborted) return Promise.reject(signal.reason)
  if (seq <= deps.journal.acked()) return Promise.resolve(leasedAt)
  return new Promise((resolve, reject) => {
    const waiter = { seq, resolve, reject }
    sending.waiters.push(waiter)
    signal.addEventListener("abort", () => {
      sending.waiters = sending.waiters.filter((other) => other !== waiter)
      reject(signal.reason)
    })
    sending.wake()
  })
}
