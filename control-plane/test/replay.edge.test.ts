import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { overrides } from "../context.ts"
import { toEffect } from "../jobs/effects.ts"
import { fresh, script, T0, toEvent } from "../jobs/machine.fixture.ts"
import { transition } from "../jobs/machine.ts"
import type { JobEvent, JobState, Transition } from "../jobs/state.ts"
import { env, setUp } from "./harness.ts"
import { insertJob } from "./job-object.ts"

// The same recorded scripts that the pure machine passes drive the real object in workerd: state, deadlines and waiting
// effects are compared after every step, and the object is evicted between any two.

const RUNS = { numRuns: env.REPLAY.runs, ...(env.REPLAY.seed === null ? {} : { seed: env.REPLAY.seed }) }
let now = T0

beforeAll(async () => {
  await setUp()
  overrides.now = () => now
  overrides.frozen = true
})
afterAll(() => {
  delete overrides.now
  delete overrides.frozen
})

describe("a recorded script", () => {
  it("has the same outcome on the real object as on the machine, through evictions", { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(script(14), fc.array(fc.nat(2), { minLength: 14, maxLength: 14 }), async (steps, evictions) => {
        now = T0
        const object = await accepted()
        let { state } = fresh(now)
        await same(object, state)
        let lastWordAt: number | null = null
        for (const [index, recorded] of steps.entries()) {
          now += recorded.waitMs
          const event = toEvent(state, recorded, index, lastWordAt, now)
          if (!event) continue
          const { state: after, effects, answer } = transition(state, event, now)
          const real = await apply(object, event)
          expect(real.answer).toEqual(answer)
          expect(real.effects.map(toEffect)).toEqual(effects.map(toEffect))
          if (answer.ok && (event.type === "reported" || event.type === "claimed")) lastWordAt = now
          if (state.attempts.length !== after.attempts.length) lastWordAt = null
          state = after
          if (evictions[index] === 0) await evictDurableObject(object)
          await same(object, state)
        }
      }),
      RUNS,
    )
  })
})

async function accepted(): Promise<DurableObjectStub> {
  const { id, object } = await insertJob()
  await env.JOBS.get(env.JOBS.idFromName(id)).accept(id)
  return object
}

function apply(object: DurableObjectStub, event: JobEvent): Promise<Pick<Transition, "answer" | "effects">> {
  return runInDurableObject(object, async (instance) => {
    if (!isMachine(instance)) throw new Error("this is not a job's object")
    const { answer, effects } = await instance.apply(event)
    return { answer, effects }
  })
}

async function same(object: DurableObjectStub, state: JobState): Promise<void> {
  const stored = await runInDurableObject(object, (_, { storage }) => ({
    state: JSON.parse(storage.sql.exec<{ state: string }>("SELECT state FROM job").one().state),
    deadlines: Object.fromEntries(
      storage.sql
        .exec<{ name: string; at: number }>("SELECT name, at FROM deadlines")
        .toArray()
        .map(({ name, at }) => [name, at]),
    ),
  }))
  expect(stored.state).toEqual(JSON.parse(JSON.stringify(state)))
  expect(stored.deadlines).toEqual(JSON.parse(JSON.stringify(state.deadlines)))
}

const isMachine = (instance: object): instance is { apply: (event: JobEvent) => Promise<Transition> } => "apply" in instance
