// What may happen outside, and for how long (worker-protocol.md, "Lease"): nothing that a partitioned worker would regret.
import { CLOCKS } from "#contract/jobs.ts"
import type { Sender } from "./sender.ts"

/** Milliseconds. */
export interface LeaseClocks {
  /** How long one acknowledgement lets the worker act outside. */
  leaseMs: number
  /** How old the acknowledgement may be with which an effect begins. */
  freshMs: number
}

/** The lease is the server's to say; a short one leaves as large a part of itself for an effect as the usual one. */
export const clocksOf = (leaseMs: number): LeaseClocks => ({ leaseMs, freshMs: Math.min(CLOCKS.intentFreshMs.ms, leaseMs / 3) })

/** An acknowledgement counts from when its request was sent. Under a clock that was set back none proves anything. */
export const isFresh = (sentAt: number, now: number, { freshMs }: LeaseClocks): boolean => now >= sentAt && now - sentAt < freshMs
export const isLeased = (sentAt: number, now: number, { leaseMs }: LeaseClocks): boolean => now >= sentAt && now - sentAt < leaseMs

interface Leased {
  sender: Pick<Sender, "acked" | "leasedAt">
  clocks: LeaseClocks
  now: () => number
}
export interface Effect<T> {
  /** Tells what is about to happen; answers its seq. */
  intent: () => number
  /** Must end when its signal is aborted, and find what an earlier try of it has done: it is tried again under a new lease. */
  act: (lease: AbortSignal) => Promise<T>
  signal: AbortSignal
}

/**
 * Carries out one effect outside: begun only when its intent was acknowledged just now, and ended when the acknowledgements
 * stop for as long as the lease is. Throws the signal's reason when the attempt is over.
 */
export async function actUnderLease<T>(leased: Leased, { intent, act, signal }: Effect<T>): Promise<T> {
  for (;;) {
    await untilAllowed(leased, intent, signal)
    const lease = watchLease(leased)
    try {
      return await act(AbortSignal.any([signal, lease.signal]))
    } catch (error) {
      if (signal.aborted || !lease.signal.aborted) throw error
    } finally {
      lease.end()
    }
  }
}

async function untilAllowed({ sender, clocks, now }: Leased, intent: () => number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const sentAt = await sender.acked(intent(), signal)
    signal.throwIfAborted()
    // An old acknowledgement proves nothing any more; then the intent is told again.
    if (isFresh(sentAt, now(), clocks)) return
  }
}

/** Every acknowledgement renews the lease. */
function watchLease({ sender, clocks, now }: Leased): { signal: AbortSignal; end: () => void } {
  const over = new AbortController()
  let timer: NodeJS.Timeout
  const look = () => {
    const sentAt = sender.leasedAt()
    if (!isLeased(sentAt, now(), clocks)) over.abort(new Error("the lease is over"))
    else timer = setTimeout(look, sentAt + clocks.leaseMs - now())
  }
  look()
  return { signal: over.signal, end: () => clearTimeout(timer) }
}
