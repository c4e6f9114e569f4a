import { afterAll, beforeAll, expect, it } from "vitest"
import { z } from "zod"
import { type Chaos, startChaos } from "../chaos/harness.ts"
import { allEvents, chaosRun, startExecution, untilEnded, untilWorkersAreGone } from "../chaos/run.ts"

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

it("an event that the control plane refuses for what it is becomes a notice in its place, and everything around it arrives", async () => {
  const { proxy } = chaos
  const isBad = /"kind":"text","delta":"word 7 of [^"]*"/g
  proxy.set({ rate: 0, random: () => 1, rewrite: (body) => body.replaceAll(isBad, '"kind":"surprise"') })
  const job = await startExecution(chaos, "A bad event")
  const ended = await untilEnded(chaos, job.id)
  proxy.set({ rate: 0, random: () => 1 })
  expect(ended.status).toBe("succeeded")
  await untilWorkersAreGone(chaos, ended)
  const events = await allEvents(chaos, job.id)
  const journal = z.array(z.looseObject({ seq: z.number() })).parse(chaos.journal(job.id, 1))
  expect(events.map(({ seq }) => seq)).toEqual(journal.map(({ seq }) => seq))
  const different = events.filter(({ attempt: _attempt, ...event }, index) => JSON.stringify(event) !== JSON.stringify(journal[index]))
  expect(different).toMatchObject([{ kind: "notice", code: "event-refused" }])
  expect(journal.find(({ seq }) => seq === different[0]?.seq)).toMatchObject({ kind: "text", delta: expect.stringContaining("word 7 of") })
})
