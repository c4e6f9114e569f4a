import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { CLOCKS } from "#contract/jobs.ts"
import type { EventsReply } from "#contract/worker.ts"
import type { Answer } from "./answers.ts"
import { openJournal } from "./journal.ts"
import { actUnderLease, clocksOf, isFresh, isLeased } from "./lease.ts"
import { startSender } from "./sender.ts"

const usual = clocksOf(CLOCKS.leaseMs.ms)

test("the clocks are the contract's, and shrink with the lease that the server gives", () => {
  expect(usual).toEqual({ leaseMs: CLOCKS.leaseMs.ms, freshMs: CLOCKS.intentFreshMs.ms })
  expect(clocksOf(600)).toEqual({ leaseMs: 600, freshMs: 200 })
})

test.each([
  [0, true, true],
  [usual.freshMs - 1, true, true],
  [usual.freshMs, false, true],
  [usual.leaseMs - 1, false, true],
  [usual.leaseMs, false, false],
  [-1, false, false],
])("an acknowledgement %i ms old: fresh %s, leased %s", (age, fresh, leased) => {
  expect(isFresh(1_000_000, 1_000_000 + age, usual)).toBe(fresh)
  expect(isLeased(1_000_000, 1_000_000 + age, usual)).toBe(leased)
})

/** What becomes of one request: it takes so long to arrive, its answer so long to come back; null means lost on that way. */
interface Fate {
  thereMs: number | null
  backMs: number | null
}
const way = fc.constantFrom(0, 10, 400, 5_000, 19_000, 25_000, null)
const fates = fc.array(fc.record({ thereMs: way, backMs: way }), { maxLength: 12 })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test(
  "whatever the network does, nothing is begun or goes on outside longer than the server can know of it",
  { timeout: 120_000 },
  async () => {
    let begun = 0
    let ended = 0
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          fates,
          cutAfterMs: fc.integer({ min: 0, max: 200_000 }),
          effectMs: fc.constantFrom(50, 15_000, 100_000),
          atMs: fc.nat(60_000),
        }),
        async (world) => {
          const seen = await live(world)
          begun += seen.begun
          ended += seen.endedByLease
        },
      ),
      { numRuns: 300 },
    )
    // The property is about something only when both happened now and then.
    expect(begun).toBeGreaterThan(100)
    expect(ended).toBeGreaterThan(10)
  },
)

/** One worker's real sender and journal on a simulated network; after `cutAfterMs` nothing arrives any more. */
async function live({ fates: script, cutAfterMs, effectMs, atMs }: { fates: Fate[]; cutAfterMs: number; effectMs: number; atMs: number }) {
  const folder = mkdtempSync(join(tmpdir(), "lease-"))
  const journal = openJournal({ file: join(folder, "journal"), now: Date.now })
  const from = Date.now()
  const server = { acked: 0, heardAt: from }
  const attempt = new AbortController()
  const seen = { begun: 0, endedByLease: 0 }
  const post = async (events: readonly string[]): Promise<Answer<EventsReply>> => {
    const { thereMs, backMs } = script.shift() ?? { thereMs: 5, backMs: 5 }
    const lost = { kind: "later", why: "lost", retryAfterMs: 0 } as const
    await later(thereMs ?? 30_000)
    if (thereMs === null || Date.now() - from > cutAfterMs) return lost
    for (const { seq } of events.map((text): { seq: number } => JSON.parse(text))) if (seq === server.acked + 1) server.acked = seq
    server.heardAt = Date.now()
    const acked = server.acked
    await later(backMs ?? 30_000)
    return backMs === null || Date.now() - from > cutAfterMs ? lost : { kind: "ok", value: { acked, leaseUntil: "" } }
  }
  const sender = startSender({
    ...{ journal, post, now: Date.now, random: () => 0.5 },
    ...{ heartbeatMs: CLOCKS.heartbeatMs.ms, silentMs: CLOCKS.silentMs.ms },
    onStop: () => {},
    onFence: (reason) => attempt.abort(new Error(reason)),
  })
  let intent = 0
  const act = async (lease: AbortSignal) => {
    seen.begun++
    expect(server.acked).toBeGreaterThanOrEqual(intent)
    expect(Date.now() - server.heardAt).toBeLessThan(usual.freshMs)
    for (const end = Date.now() + effectMs; Date.now() < end && !lease.aborted; await later(50))
      expect(Date.now() - server.heardAt).toBeLessThanOrEqual(usual.leaseMs)
    seen.endedByLease += lease.aborted ? 1 : 0
    lease.throwIfAborted()
  }
  const tell = () => {
    intent = journal.append({ kind: "step", step: "commit-and-push", state: "intent" })
    sender.poke()
    return intent
  }
  const done = later(atMs)
    .then(() => actUnderLease({ sender, clocks: usual, now: Date.now }, { intent: tell, act, signal: attempt.signal }))
    .then(
      () => "acted",
      (error: unknown) => {
        // An expectation that failed in the effect must fail the run.
        if (!attempt.signal.aborted) throw error
        return "fenced"
      },
    )
  done.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(1_500_000)
  await done
  sender.close()
  journal.close()
  rmSync(folder, { recursive: true })
  return seen
}

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
