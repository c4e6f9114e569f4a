// PURE: what a worker sends in the hours that `job-hour.ts` counts.
import { CLOCKS } from "#contract/jobs.ts"

const SECOND = 1000
export const MINUTE = 60 * SECOND
export const words = (length: number): string =>
  "the agent says what it found and goes on. ".repeat(Math.ceil(length / 42)).slice(0, length)

/** What a worker sends at a time, in milliseconds from the start; an empty batch is a heartbeat. */
export interface Batch {
  at: number
  events: readonly object[]
}
/** A minute that is played again and again; a count of minutes stands for an hour. */
export interface Profile {
  minute: readonly Batch[]
  minutes: number
}

/** One step of a model as OpenCode prints it: what it says, then the tool's end, then what the step used. */
const SAYS = [{ kind: "text", delta: words(300) }]
const DOES = [
  { kind: "tool", id: "call_1", name: "read", state: "finished", input: { filePath: "src/index.ts" }, output: words(2000) },
  { kind: "usage", model: "m", inputTokens: 20_000, outputTokens: 300, cacheReadTokens: 18_000 },
]
/** Three steps of ten seconds, then half a minute in which a command runs without a word. */
const STEPS_AT = [0, 10, 20].map((seconds) => seconds * SECOND)

/** An agent that thinks, uses a tool, and runs the tests now and then: 9 events a minute. */
export const TYPICAL: Profile = {
  minute: STEPS_AT.flatMap((at) => [
    { at: at + 4 * SECOND, events: SAYS },
    { at: at + 6 * SECOND, events: DOES },
  ]),
  minutes: 60,
}
/** An agent that prints every word as it comes and never stops: a batch of one delta every 100 ms. Six minutes, times ten. */
export const STREAMING: Profile = {
  minute: Array.from({ length: 600 }, (_, tenth) => ({ at: tenth * 100, events: [{ kind: "text", delta: words(60) }] })),
  minutes: 6,
}

/** The minutes one after the other, with a heartbeat wherever the worker would otherwise be silent for too long. */
export function schedule({ minute, minutes }: Profile): Batch[] {
  const batches: Batch[] = []
  let last = 0
  const heartbeatsUntil = (at: number) => {
    for (; at - last > CLOCKS.heartbeatMs.ms; batches.push({ at: last, events: [] })) last += CLOCKS.heartbeatMs.ms
  }
  for (let n = 0; n < minutes; n++)
    for (const { at, events } of minute) {
      heartbeatsUntil(n * MINUTE + at)
      last = n * MINUTE + at
      batches.push({ at: last, events })
    }
  heartbeatsUntil(minutes * MINUTE)
  return batches
}

const step = (name: string, state: string) => ({ kind: "step", step: name, state })
/** What an attempt tells before its agent begins, and after it has ended. */
export const BEFORE_AGENT: readonly object[] = [
  ...["receive", "resolve-clanker", "fetch-credentials", "prepare-agent", "clone"].flatMap((name) => [
    step(name, "started"),
    step(name, "finished"),
  ]),
  step("run-agent", "started"),
]
export const AFTER_AGENT: readonly object[] = [step("run-agent", "finished"), step("report", "started"), step("report", "finished")]

export const numbered = (after: number, events: readonly object[]): string[] =>
  events.map((event, index) => JSON.stringify({ seq: after + 1 + index, at: new Date(0).toISOString(), ...event }))
