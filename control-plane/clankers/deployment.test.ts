import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ProvisionAnswer } from "../compute/strategy.ts"
import {
  type DeploymentEvent,
  type DeploymentState,
  fresh,
  remainsOf,
  SHORTEST_WAIT_MS,
  STEP_COUNT_LIMIT,
  standing,
  STEP_LIMIT_MS,
  transition,
} from "./deployment.ts"

/** `SEED=… RUNS=… npx vitest …` replays any run; the seed of a failing one is printed by fast-check. */
const RUNS = { numRuns: Number(process.env["RUNS"] ?? 5000), ...(process.env["SEED"] ? { seed: Number(process.env["SEED"]) } : {}) }
const T0 = Date.UTC(2026, 0, 1)
const config = { computeType: "docker", networkMode: "bridge" } as const

/** What may happen to a deployment. `of` is the call that an answer belongs to: 0 the present one, others are late or repeated. */
type Happening =
  | { what: "start"; revision: number }
  | { what: "deactivate" | "restart" }
  /** Somebody looked at what stands outside; `late` at what stood there before. */
  | { what: "described"; late: boolean }
  | { what: "answer"; of: number; answer: ProvisionAnswer }
  | { what: "error"; of: number; message: string }
type Script = { waitMs: number; happening: Happening }[]

const answer: fc.Arbitrary<ProvisionAnswer> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("find", "make", "wait for it").map((step) => ({ status: "next" as const, step, facts: {} })) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 1000, 60_000).map((ms) => ({ status: "wait" as const, ms, reason: "it is slow" })) },
  { weight: 2, arbitrary: fc.nat(9).map((made) => ({ status: "done" as const, facts: { made } })) },
  { weight: 1, arbitrary: fc.constantFrom("no", " ").map((message) => ({ status: "failed" as const, message })) },
)
const of = fc.constantFrom(0, 0, 0, 0, 1, 2, 5)
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constant("start" as const), revision: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.constantFrom<Happening>({ what: "deactivate" }, { what: "restart" }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("described" as const), late: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant("answer" as const), of, answer }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("error" as const), of, message: fc.constantFrom("no answer", "") }) },
)
const script = fc.array(fc.record({ waitMs: fc.constantFrom(0, 1, 2000, 60_000, 700_000), happening }), { maxLength: 40 })

interface Seen {
  before: DeploymentState
  after: DeploymentState
  event: DeploymentEvent | null
}

/** The object's part, without its storage: keys, and which calls were made. */
function play(steps: Script): { state: DeploymentState; now: number; seen: Seen[] } {
  let state = fresh
  let now = T0
  let starts = 0
  const calls: { key: string; step: string | null }[] = []
  const seen: Seen[] = []
  for (const { waitMs, happening: one } of steps) {
    now += waitMs
    if (one.what === "restart") {
      state = JSON.parse(JSON.stringify(state))
      continue
    }
    if (state.work) {
      const { key, step } = state.work
      if (calls.at(-1)?.key !== key || calls.at(-1)?.step !== step) calls.push({ key, step })
    }
    const event = toEvent(one, { key: `key ${++starts}`, call: "of" in one ? calls.at(-1 - one.of) : undefined, state })
    const after = event ? transition(state, event, now) : state
    seen.push({ before: state, after, event })
    state = after
  }
  return { state, now, seen }
}

function toEvent(
  one: Happening,
  { key, call, state }: { key: string; call: { key: string; step: string | null } | undefined; state: DeploymentState },
): DeploymentEvent | null {
  switch (one.what) {
    case "start":
      return { type: "start", revision: one.revision, config, key }
    case "deactivate":
      return { type: "deactivate" }
    case "answer":
      return call ? { type: "provisioned", ...call, answer: one.answer } : null
    case "error":
      return call ? { type: "provision-failed", ...call, message: one.message } : null
    case "described":
      return { type: "described", of: (one.late ? null : standing(state)) ?? {}, facts: { seen: true } }
    case "restart":
      return null
  }
}

/** From here on only the alarm acts: every call gets the same answer, until nothing is due any more. */
function settle(
  from: DeploymentState,
  start: number,
  answers: readonly (ProvisionAnswer | "error")[],
): { state: DeploymentState; calls: number } {
  let state = from
  let now = start
  let calls = 0
  while (state.nextAt !== null) {
    now = Math.max(now, state.nextAt)
    const { key = "", step = null } = state.work ?? {}
    const said = answers[calls++ % answers.length] ?? "error"
    state = transition(
      state,
      said === "error" ? { type: "provision-failed", key, step, message: "no answer" } : { type: "provisioned", key, step, answer: said },
      now,
    )
    if (calls > MOST_CALLS) throw new Error(`no end after ${calls} calls`)
  }
  return { state, calls }
}
const MOST_CALLS = (STEP_COUNT_LIMIT + 1) * (STEP_LIMIT_MS / SHORTEST_WAIT_MS + 2)

const always = (holds: (steps: Script) => void) => fc.assert(fc.property(script, holds), RUNS)

describe("whatever happens to a deployment, in any order", () => {
  it("keeps its promises", { timeout: 60_000 }, () => {
    always((steps) => {
      for (const { before, after, event } of play(steps).seen) {
        // What changes is numbered, what does not is the same thing.
        expect(after.version).toBe(after === before ? before.version : before.version + 1)
        // A deployment at work has a clock; nothing else has one, or a step that runs.
        expect([after.status === "deploying", after.nextAt !== null]).toEqual([after.work !== null, after.work !== null])
        if (after.status !== "deploying") expect(after.steps.filter(({ state }) => state === "running")).toEqual([])
        if (after.status === "failed") expect(after.statusMessage?.trim()).toBeTruthy()
        if (after.status === "active") expect(after.serving?.revision).toBe(after.deployedRevision)
        // What serves goes by deactivation alone, and changes with what was made anew.
        if (before.serving && event?.type !== "deactivate") expect(after.serving).not.toBeNull()
        if (event?.type === "described") expect(after.serving?.revision).toBe(before.serving?.revision)
        else if (after.serving && after.serving !== before.serving) {
          expect(event).toMatchObject({ type: "provisioned", key: before.work?.key, answer: { status: "done" } })
          expect(after.serving.revision).toBe(before.work?.revision)
        }
        // What was made is still known when it serves no more.
        if (event?.type === "deactivate" && before.serving) expect(after.left).toEqual(before.serving.facts)
        if (event?.type === "described" && after !== before) expect(standing(after)).toMatchObject({ seen: true })
        // The same revision while it is at work is the same deployment, a newer one another.
        if (event?.type === "start") expect(after === before).toBe(before.work?.revision === event.revision)
        // A late or repeated answer changes nothing.
        if (event && "step" in event && (event.key !== before.work?.key || event.step !== before.work.step)) expect(after).toBe(before)
      }
    })
  })

  it("ends in active, in failed with its reason, or inactive, after a bounded number of calls", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(script, fc.array(fc.oneof(answer, fc.constant("error" as const)), { minLength: 1, maxLength: 6 }), (steps, answers) => {
        const { state, now } = play(steps)
        const end = settle(state, now, answers)
        expect(["active", "failed", "inactive"]).toContain(end.state.status)
        expect(end.state.work).toBeNull()
        if (end.state.status === "failed") expect(end.state.statusMessage?.trim()).toBeTruthy()
        if (state.serving) expect(end.state.serving).not.toBeNull()
      }),
      { ...RUNS, numRuns: RUNS.numRuns / 10 },
    )
  })
})

describe("a deployment", () => {
  const start = (revision: number, key = `key of ${revision}`) => ({ type: "start", revision, config, key }) as const
  const say = (state: DeploymentState, said: ProvisionAnswer, now = T0) =>
    transition(state, { type: "provisioned", key: state.work?.key ?? "", step: state.work?.step ?? null, answer: said }, now)
  const served = say(transition(fresh, start(1), T0), { status: "done", facts: { image: "a" } })

  it("that fails leaves the former one at work, and says why", () => {
    const working = say(transition(served, start(2), T0), { status: "next", step: "make it", facts: {} })
    const failed = say(working, { status: "failed", message: "no such image" }, T0 + 5)
    expect(failed).toMatchObject({ status: "failed", statusMessage: "no such image", deployedRevision: 1, serving: served.serving })
    expect(failed.steps).toEqual([{ name: "make it", state: "failed", message: "no such image", at: new Date(T0 + 5).toISOString() }])
  })

  it("that is deactivated shows the step that it left", () => {
    const working = say(transition(served, start(2), T0), { status: "next", step: "make it", facts: {} })
    expect(transition(working, { type: "deactivate" }, T0)).toMatchObject({
      ...{ status: "inactive", serving: null, work: null, deployedRevision: 1, nextAt: null },
      steps: [{ name: "make it", state: "stopped" }],
    })
  })

  it("that is deleted names what any of them made in AWS, also one that was given up, and the image of the newest", () => {
    const lambda = say(transition(fresh, start(1), T0), { status: "done", facts: { functionArn: "arn:one" } })
    const given = say(transition(lambda, start(2), T0), { status: "next", step: "register", facts: { family: "two" } })
    const failed = say(say(transition(given, start(3), T0), { status: "next", step: "x", facts: { functionArn: "arn:three" } }), {
      status: "failed",
      message: "no",
    })
    const docker = say(transition(failed, start(4), T0), { status: "done", facts: { image: "a", hostId: "hst_1", hostName: "shed" } })
    expect(remainsOf(transition(docker, { type: "deactivate" }, T0))).toEqual([
      "The Lambda function arn:one with its versions stays in AWS.",
      "The task definition two with its revisions stays in AWS.",
      "The Lambda function arn:three with its versions stays in AWS.",
      "The image a stays on the host shed.",
    ])
    expect(remainsOf(fresh)).toEqual([])
  })

  it.each([
    ["goes round in circles", { status: "next", step: "again", facts: {} }, /within 40 steps/],
    ["waits for ever", { status: "wait", ms: 0, reason: "the function is Pending" }, /^the function is Pending: no end within 10 minutes$/],
    ["is never answered", "error", /^no answer$/],
  ] as const)("that %s ends as failed", (_what, said, reason) => {
    const { state } = settle(transition(served, start(2), T0), T0, [said])
    expect(state.statusMessage).toMatch(reason)
    expect(state).toMatchObject({ status: "failed", serving: served.serving })
  })
})
