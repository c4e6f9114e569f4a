import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { LIVE_LIMITS } from "#contract/live.ts"
import { afterAck, isBehind, type Sent, withSent } from "./backlog.ts"

const { bytesBehind, msBehind } = LIVE_LIMITS
const sent = (...messages: [seq: number, bytes: number, at: number][]) =>
  messages.reduce<Sent[]>((backlog, [seq, bytes, at]) => withSent(backlog, { seq, bytes, at }), [])

describe("a viewer", () => {
  it.each([
    ["who has everything", sent(), 0, false],
    ["with as much on its way as is allowed", sent([1, bytesBehind, 0]), 0, false],
    ["with more", sent([1, bytesBehind, 0], [2, 1, 0]), 0, true],
    ["whose oldest message is as old as is allowed", sent([1, 1, 0], [2, 1, 9000]), msBehind, false],
    ["whose oldest message is older", sent([1, 1, 0], [2, 1, 9000]), msBehind + 1, true],
    ["who has acknowledged the oldest", afterAck(sent([1, 1, 0], [2, 1, 9000]), 1), msBehind + 1, false],
    ["who acknowledges again and again what it has long had", afterAck(afterAck(sent([5, 1, 0]), 4), 0), msBehind + 1, true],
  ])("%s: %s", (_who, backlog, now, behind) => {
    expect(isBehind(backlog, now)).toBe(behind)
  })

  it("is counted exactly, and in few words however many messages there are", { timeout: 60_000 }, () => {
    const step = fc.record({ bytes: fc.nat(30_000), ms: fc.nat(300), ack: fc.option(fc.nat(200)) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let backlog: Sent[] = []
        let exact: Sent[] = []
        let now = 0
        for (const [seq, { bytes, ms, ack }] of steps.entries()) {
          now += ms
          backlog = withSent(backlog, { seq, bytes, at: now })
          exact = [...exact, { seq, bytes, at: now }]
          if (ack !== null) [backlog, exact] = [afterAck(backlog, ack), exact.filter((one) => one.seq > ack)]
          expect(backlog.length).toBeLessThanOrEqual(50)
          // Messages that count as one are let go together: never fewer bytes or a later time than is true.
          expect(isBehind(backlog, now) || !isBehind(exact, now)).toBe(true)
          if (exact.length <= 50 && steps.length <= 50) expect(backlog).toEqual(exact)
        }
      }),
      { numRuns: 500 },
    )
  })
})
