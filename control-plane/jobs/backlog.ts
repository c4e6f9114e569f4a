import { LIVE_LIMITS } from "#contract/live.ts"

/** What is on its way to a viewer and not acknowledged, oldest first: up to which event, how much, since when. */
export interface Sent {
  seq: number
  bytes: number
  at: number
}
/** It lies in a socket's attachment, which holds 16 KiB; beyond this the newest messages count as one. */
const MOST = 50

export function withSent(backlog: readonly Sent[], sent: Sent): Sent[] {
  const last = backlog.at(-1)
  if (backlog.length < MOST || !last) return [...backlog, sent]
  return [...backlog.slice(0, -1), { seq: sent.seq, bytes: last.bytes + sent.bytes, at: last.at }]
}

export const afterAck = (backlog: readonly Sent[], seq: number): Sent[] => backlog.filter((sent) => sent.seq > seq)

/** Nobody waits for the slowest: whoever has not acknowledged so much, or for so long, reads pages instead. */
export function isBehind(backlog: readonly Sent[], now: number): boolean {
  const bytes = backlog.reduce((sum, sent) => sum + sent.bytes, 0)
  return bytes > LIVE_LIMITS.bytesBehind || now - (backlog[0]?.at ?? now) > LIVE_LIMITS.msBehind
}
