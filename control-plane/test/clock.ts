import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { overrides } from "../context.ts"

/** The control plane's clock, standing until it is moved; a day ahead, so that no alarm fires by itself. */
export interface StandingClock {
  now: () => number
  /** Time passes for these objects: their alarms run one after the other, each at its own time. */
  pass: (ms: number, objects: readonly DurableObjectStub[], options?: { settle?: boolean }) => Promise<void>
  /** The clock of the machine again. */
  release: () => void
}
const AHEAD_MS = 24 * 60 * 60_000
/** More alarms in one go than any job has a reason for: they are busy with nothing. */
const MOST_ALARMS = 2000

export function standingClock(): StandingClock {
  let at = Date.now() + AHEAD_MS
  overrides.now = () => at
  return {
    now: () => at,
    async pass(ms, objects, { settle = true } = {}) {
      const until = at + ms
      for (let alarms = 0; ; alarms++) {
        if (alarms > MOST_ALARMS) throw new Error("the alarms do not stop")
        const times = await Promise.all(objects.map(alarmOf))
        const next = Math.min(...times)
        if (next > until) break
        at = Math.max(at, next)
        for (const [index, object] of objects.entries()) {
          if ((times[index] ?? Infinity) > at) continue
          await runDurableObjectAlarm(object)
          if (settle) await idle(object)
        }
      }
      at = until
    },
    release: () => void delete overrides.now,
  }
}

const alarmOf = (object: DurableObjectStub) =>
  runInDurableObject(object, async (_, { storage }) => (await storage.getAlarm()) ?? Number.POSITIVE_INFINITY)

/** Resolves when none of the object's effects is in flight. */
export const idle = (object: DurableObjectStub) =>
  runInDurableObject(object, async (instance) => {
    if ("idle" in instance && typeof instance.idle === "function") await instance.idle()
  })
