import { afterAll, beforeAll, expect, it } from "vitest"
import { type Chaos, startChaos } from "../chaos/harness.ts"
import { chaosRun } from "../chaos/run.ts"

// The short mode of `npm run test:chaos`: another seed each time, printed, so that a failing run can be had again.
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000)
const runs = Array.from({ length: 10 }, (_, index) => seed + index)

let chaos: Chaos
beforeAll(async () => {
  chaos = await startChaos()
})
afterAll(() => chaos?.close())

it.each(runs)(
  "seed %i: dropped, repeated, delayed, reordered and cut requests, killed workers, hosts and control planes change no outcome",
  async (one) => {
    expect((await chaosRun(chaos, one)).problems).toEqual([])
  },
)
