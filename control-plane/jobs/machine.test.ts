import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ComputeType } from "#contract/clankers.ts"
import { CLOCKS, isTerminal, MAX_ATTEMPTS } from "#contract/jobs.ts"
import { dueFirst, freeze, fresh, FROZEN_BOUND_MS, play, script, type Script, T0, toEvent } from "./machine.fixture.ts"
import { initial, transition } from "./machine.ts"
import type { JobEvent, JobState } from "./state.ts"

/** `SEED=… RUNS=… npx vitest …` replays any run; the seed of a failing one is printed by fast-check. */
const RUNS = { numRuns: Number(process.env["RUNS"] ?? 10_000), ...(process.env["SEED"] ? { seed: Number(process.env["SEED"]) } : {}) }
const compute = fc.constantFrom<ComputeType>("docker", "ecs")
const always = (holds: (steps: Script, computeType: ComputeType) => void) => fc.assert(fc.property(script(40), compute, holds), RUNS)

describe("whatever happens to a job, in any order", () => {
  it("keeps its promises", { timeout: 120_000 }, () => {
    always((steps, computeType) => {
      const { state, seen } = play(steps, computeType)
      const leases = new Set<string>()
      const released = new Set<string | null>()
      for (const { before, after, event, effects, now, lastWordAt } of seen) {
        // A terminal state is final: only the note that its reactions ran may follow.
        if (isTerminal(before.stage.status)) {
          const free = { version: 0, settled: true, deadlines: {} }
          expect({ ...after, ...free }).toEqual({ ...before, ...free })
        }
        // What changes is numbered, what does not is the same thing.
        if (after !== before && JSON.stringify(after) !== JSON.stringify(before))
          expect(after.version).toBe(event.type === "reported" && after.version === before.version ? before.version : before.version + 1)
        // At most one attempt is open, and never more than allowed.
        expect(after.attempts.filter(({ endedAt }) => endedAt === null).length).toBeLessThanOrEqual(1)
        expect(after.attempts.length).toBeLessThanOrEqual(MAX_ATTEMPTS)
        // Another attempt only with proof that the former is over, or after its silence clock.
        if (
          after.stage.status === "queued" &&
          before.stage.status !== "queued" &&
          after.attempts.at(-1)?.endedAt !== null &&
          after.attempts.length > 0
        ) {
          const proof =
            event.type === "inspected" ||
            event.type === "result" ||
            event.type === "launch-refused" ||
            (event.type === "not-now" && before.attempts.at(-1)?.handle === null)
          const silent = event.type === "deadline" && now - (lastWordAt ?? before.attempts.at(-1)?.startedAt ?? now) >= CLOCKS.silentMs.ms
          expect(proof || silent).toBe(true)
        }
        // Every state that is not terminal has a clock of its own.
        if (!isTerminal(after.stage.status)) expect(Object.keys(after.deadlines).length).toBeGreaterThan(0)
        else expect(Object.keys(after.deadlines).filter((name) => name !== "retention")).toEqual([])
        if (event.type === "granted" && after !== before) leases.add(event.leaseId)
        for (const effect of effects) if (effect.kind === "release") released.add(effect.leaseId)
        // Whoever reacts is told once, when it ends.
        const ends = isTerminal(after.stage.status) && !isTerminal(before.stage.status)
        expect(effects.filter(({ kind }) => kind === "react").length).toBe(ends ? 1 : 0)
      }
      // Every slot that was taken is given back by the end.
      if (isTerminal(state.stage.status)) for (const lease of leases) expect(released).toContain(lease)
    })
  })

  it("ends within its bound when every actor is frozen", { timeout: 120_000 }, () => {
    always((steps, computeType) => {
      const { state, seen } = play(steps, computeType)
      const last = seen.at(-1)
      expect(freeze(state, last?.now ?? T0, last?.lastWordAt ?? null)).toBeLessThanOrEqual(FROZEN_BOUND_MS)
    })
  })
})

describe("a cancel, whatever came before and comes after", () => {
  it("ends in cancelled with evidence, unless the job has ended or its time was up already", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(script(25), script(15), compute, (before, after, computeType) => {
        const { state, seen } = play(before, computeType)
        const last = seen.at(-1)
        const now = last?.now ?? T0
        const cancelled = transition(state, { type: "cancel", by: "usr_1" }, now)
        if (isTerminal(state.stage.status)) {
          expect(cancelled.state).toBe(state)
          return
        }
        const end = playOn(cancelled.state, after, { now, lastWordAt: last?.lastWordAt ?? null })
        const timeWasUp = state.stage.status === "stopping" && state.stage.cause === "deadline"
        expect(end.stage).toEqual(
          timeWasUp
            ? expect.objectContaining({ status: "failed", failure: { kind: "agent-timeout", limitMs: 45 * 60_000 } })
            : { status: "cancelled" },
        )
        expect(end.evidence).toMatchObject({ at: expect.any(Number), proven: expect.any(Boolean) })
        // Nothing is started again for it.
        expect(end.attempts.length).toBe(state.attempts.length)
      }),
      RUNS,
    )
  })
})

/** Goes on with a script, and then with nobody saying anything, until the job has ended. */
function playOn(from: JobState, steps: Script, { now: start, lastWordAt }: { now: number; lastWordAt: number | null }): JobState {
  let [state, now] = [from, start]
  for (const [index, recorded] of steps.entries()) {
    now += recorded.waitMs
    const event = toEvent(state, recorded, 100 + index, lastWordAt, now)
    if (event) state = transition(state, event, now).state
  }
  while (!isTerminal(state.stage.status)) {
    now = Math.max(now, Math.min(...Object.values(state.deadlines).filter((due) => typeof due === "number")))
    const name = dueFirst(state, now)
    if (!name) throw new Error("nothing is due")
    state = transition(state, { type: "deadline", name, lastWordAt }, now).state
  }
  return state
}

const at = (ms: number) => T0 + ms
const run = (events: readonly (JobEvent | [number, JobEvent])[]) =>
  events.reduce(
    ({ state, now }, entry) => {
      const [wait, event] = Array.isArray(entry) ? entry : [0, entry]
      return { ...transition(state, event, now + wait), now: now + wait }
    },
    { ...fresh(), now: T0 },
  )

const granted: JobEvent = { type: "granted", leaseId: "l1", nonce: "n1" }
const launched: JobEvent = { type: "launched", attempt: 1, try: 1, handle: "h" }
const claimed: JobEvent = {
  type: "claimed",
  attempt: 1,
  claimId: "claim-a",
  sessionHash: "a".repeat(64),
  compute: "process:1",
  failure: null,
}
const none = { branch: null, commit: null, baseCommit: null, pullRequest: null, agentVersion: null, resumed: null, computeMs: 0 }
const result = (status: "succeeded" | "failed" | "stopped"): JobEvent => ({
  type: "result",
  attempt: 1,
  word: { status, branch: "viberator/X-1" },
  failure: status === "failed" ? { kind: "no-changes" } : null,
  reason: null,
  provenance: none,
})
const cancel: JobEvent = { type: "cancel", by: "usr_1" }
const stopped: JobEvent = { type: "inspected", attempt: 1, inspection: "stopped", reason: "killed", oom: false }
const deadline = (name: "heartbeat" | "execution" | "stop" | "start", lastWordAt: number | null = null): JobEvent => ({
  type: "deadline",
  name,
  lastWordAt,
})
const kinds = ({ effects }: { effects: { kind: string }[] }) => effects.map(({ kind }) => kind)
const stage = ({ state }: { state: JobState }) => state.stage

describe("the ordinary life", () => {
  it("goes from queued over launching and running to succeeded", () => {
    expect(stage(run([granted]))).toEqual({ status: "launching", extensions: 0 })
    expect(stage(run([granted, launched, claimed]))).toEqual({ status: "running", extensions: 0 })
    const done = run([granted, launched, claimed, result("succeeded")])
    expect(stage(done)).toEqual({ status: "succeeded" })
    expect(kinds(done)).toEqual(["release", "leave", "project", "react", "announce"])
  })

  it("answers a repeated result as the first time, and a late one of an older attempt as stale", () => {
    expect(run([granted, launched, claimed, result("succeeded"), result("succeeded")]).answer).toEqual({ ok: true, repeated: true })
    const second = run([granted, launched, claimed, stopped, { ...granted, leaseId: "l2" }, result("succeeded")])
    expect(second.answer).toEqual({ ok: false, refusal: "stale" })
  })

  it("lets the first of two workers claim, answers the same claim again until its first events, and notes the second", () => {
    expect(run([granted, launched, claimed, claimed]).answer).toEqual({ ok: true, repeated: true })
    const other = run([granted, launched, claimed, { ...claimed, claimId: "claim-b", compute: "process:2" }])
    expect(other.answer).toEqual({ ok: false, refusal: "already-claimed" })
    expect(other.state.securityNotes).toEqual(["a second worker (process:2) claimed attempt 1"])
  })

  it("takes a claim that says why it cannot begin as the end", () => {
    const ended = run([granted, launched, { ...claimed, failure: { kind: "agent-not-installed" } }])
    expect(stage(ended)).toEqual({ status: "failed", failure: { kind: "agent-not-installed" } })
  })
})

describe("cancel", () => {
  it("ends a queued job at once, with evidence that nothing ever ran", () => {
    const ended = run([cancel])
    expect(stage(ended)).toEqual({ status: "cancelled" })
    expect(ended.state.evidence).toMatchObject({ proven: true, signalled: false })
  })

  it("stops a running one, follows the cause whatever the worker's last word, and keeps that word as evidence", () => {
    const stopping = run([granted, launched, claimed, cancel])
    expect(stage(stopping)).toMatchObject({ status: "stopping", cause: "cancel" })
    expect(kinds(stopping)).toContain("stop")
    const ended = run([granted, launched, claimed, cancel, result("succeeded")])
    expect(stage(ended)).toEqual({ status: "cancelled" })
    expect(ended.state.evidence).toMatchObject({ proven: true, outcome: { status: "succeeded", branch: "viberator/X-1" } })
  })

  it("asks twice and then ends without proof", () => {
    const asked = run([granted, launched, claimed, cancel, [CLOCKS.stopMs.ms, deadline("stop")]])
    expect(kinds(asked)).toEqual(["stop", "inspect"])
    const ended = run([granted, launched, claimed, cancel, [CLOCKS.stopMs.ms, deadline("stop")], [CLOCKS.stopMs.ms, deadline("stop")]])
    expect(stage(ended)).toEqual({ status: "cancelled" })
    expect(ended.state.evidence).toMatchObject({ proven: false })
  })

  it("refuses an ended job", () => {
    expect(run([cancel, cancel]).answer).toEqual({ ok: false, refusal: "already-ended" })
  })
})

describe("a checkpoint", () => {
  const kept = { artifact: "checkpoint-a.bundle", commit: "c1", agentState: null, agentVersion: null, finished: false }
  const word = (commit: string, attempt = 1): JobEvent => ({
    type: "reported",
    attempt,
    facts: { first: false, steps: [], pushed: null, pullRequest: null, usage: null, checkpoint: { ...kept, commit } },
  })
  const second: JobEvent[] = [stopped, { ...granted, leaseId: "l2" }, { ...launched, attempt: 2 }, { ...claimed, attempt: 2 }]

  it("is remembered with its attempt, tells nobody, and the newest counts", () => {
    const done = run([granted, launched, claimed, word("c1"), word("c2")])
    expect(done.state.checkpoint).toEqual({ ...kept, commit: "c2", attempt: 1 })
    expect(done.effects).toEqual([])
  })

  it("is what the next attempt goes on from, whatever that one leaves itself", () => {
    const { state } = run([granted, launched, claimed, word("c1"), ...second, word("late"), word("c2", 2)])
    expect(state.attempts.map(({ resume }) => resume?.commit)).toEqual([undefined, "c1"])
    expect(state.checkpoint).toMatchObject({ attempt: 2, commit: "c2" })
  })

  it("is still taken while the job is stopping", () => {
    expect(run([granted, launched, claimed, cancel, word("c1")]).state.checkpoint?.commit).toBe("c1")
  })
})

describe("a worker that is lost", () => {
  it("is followed by a second attempt once the compute proves its end, and by worker-lost after that one", () => {
    const second = run([granted, launched, claimed, stopped])
    expect(stage(second)).toMatchObject({ status: "queued" })
    expect(kinds(second)).toEqual(["release", "enqueue", "project", "announce"])
    const lost = run([
      granted,
      launched,
      claimed,
      stopped,
      { ...granted, leaseId: "l2" },
      { ...launched, attempt: 2 },
      { ...claimed, attempt: 2 },
      { ...stopped, attempt: 2 },
    ])
    expect(stage(lost)).toEqual({ status: "failed", failure: { kind: "worker-lost", reason: "killed" } })
  })

  it("is looked for after 90 s of silence, and given three extensions while the compute says it runs", () => {
    const quiet: [number, JobEvent] = [CLOCKS.heartbeatLostMs.ms, deadline("heartbeat", T0)]
    const running: JobEvent = { ...stopped, inspection: "running" }
    expect(kinds(run([granted, launched, claimed, quiet]))).toEqual(["inspect"])
    const extended = [quiet, running, quiet, running, quiet, running]
    expect(stage(run([granted, launched, claimed, ...extended]))).toEqual({ status: "running", extensions: 3 })
    expect(stage(run([granted, launched, claimed, ...extended, quiet, running]))).toMatchObject({ status: "stopping", cause: "lost" })
  })

  it("is not replaced before its silence clock when nobody can prove its end", () => {
    const word = at(0)
    const lost = run([
      granted,
      launched,
      claimed,
      [0, { ...stopped, inspection: "running" }],
      ...Array.from({ length: 3 }, (): JobEvent => ({ ...stopped, inspection: "running" })),
    ])
    expect(stage(lost)).toMatchObject({ status: "stopping", cause: "lost" })
    const once = transition(lost.state, deadline("stop", word), at(CLOCKS.stopMs.ms))
    const twice = transition(once.state, deadline("stop", word), at(2 * CLOCKS.stopMs.ms))
    expect(twice.state.stage.status).toBe("stopping")
    expect(twice.state.deadlines).toEqual({ stop: word + CLOCKS.silentMs.ms })
    expect(transition(twice.state, deadline("stop", word), word + CLOCKS.silentMs.ms).state.stage.status).toBe("queued")
  })

  it("ends as out-of-memory when the compute says so", () => {
    expect(stage(run([granted, launched, claimed, { ...stopped, oom: true }]))).toEqual({
      status: "failed",
      failure: { kind: "out-of-memory" },
    })
  })

  it("ends as what the compute knows of it, where another attempt cannot help", () => {
    const failure = { kind: "image-missing", image: "worker:1" } as const
    expect(stage(run([granted, launched, { ...stopped, failure }]))).toEqual({ status: "failed", failure })
  })
})

describe("a claim that proves nothing", () => {
  const unproven: JobEvent = { type: "unproven", attempt: 1, reason: "it has another role" }

  it("leaves the job to its own worker, and is told when none comes", () => {
    const once = run([granted, launched, unproven])
    expect(stage(once)).toMatchObject({ status: "launching" })
    expect(transition(once.state, unproven, T0).state).toBe(once.state)
    expect(stage(run([granted, launched, unproven, claimed]))).toMatchObject({ status: "running" })
    const second = [granted, launched, unproven, stopped, { ...granted, leaseId: "l2" }, { ...launched, attempt: 2 }] satisfies JobEvent[]
    const told = (reason: string) => ({ status: "failed", failure: { kind: "never-started", reason } }) as const
    expect(stage(run([...second, { ...unproven, attempt: 2 }, { ...stopped, attempt: 2 }]))).toEqual(
      told("the claim of attempt 2 was refused: it has another role (killed)"),
    )
    expect(stage(run([...second, { ...stopped, attempt: 2 }]))).toEqual(told("killed"))
  })

  it("is nothing to a job that has its worker", () => {
    expect(run([granted, launched, claimed, unproven]).answer).toEqual({ ok: false, refusal: "stale" })
  })
})

describe("a worker on AWS, of whose end nobody tells", () => {
  const looks = (events: JobEvent[], from = fresh(T0, "ecs").state) =>
    events.reduce((state, event) => transition(state, event, T0).state, from).deadlines.look
  const look = (state: JobState, now: number) => transition(state, { type: "deadline", name: "look", lastWordAt: null }, now)

  it("is looked at while it starts, again and again, and no longer when it has reported", () => {
    expect(looks([granted, launched])).toBe(T0 + CLOCKS.lookMs.ms)
    expect(looks([granted, launched, claimed])).toBeUndefined()
    const started = [granted, launched].reduce((state, event) => transition(state, event, T0).state, fresh(T0, "ecs").state)
    const seen = look(started, T0 + CLOCKS.lookMs.ms)
    expect(seen.effects).toEqual([{ kind: "inspect", attempt: 1 }])
    expect(seen.state.deadlines).toMatchObject({ look: T0 + 2 * CLOCKS.lookMs.ms, start: CLOCKS.startEcsMs.ms + T0 })
    expect(looks([granted, launched], fresh().state)).toBeUndefined()
  })

  it("is looked at while it is stopped", () => {
    expect(looks([granted, launched, claimed, { type: "cancel", by: "usr_1" }])).toBe(T0 + CLOCKS.lookMs.ms)
  })

  it("is looked at less often where events come", () => {
    const lookMs = CLOCKS.lookWithEventsMs.ms
    const told = initial({ computeType: "ecs", maxExecutionMs: 1, lookMs }, T0).state
    expect(looks([granted, launched], told)).toBe(T0 + lookMs)
  })
})

describe("an event of AWS", () => {
  const woken: JobEvent = { type: "woken", handle: "h" }
  const after = (events: JobEvent[], computeType: ComputeType = "ecs") =>
    events.reduce((state, event) => transition(state, event, T0).state, fresh(T0, computeType).state)
  const look = (state: JobState, now: number) => transition(state, { type: "deadline", name: "look", lastWordAt: null }, now)
  const RUNNING = [granted, launched, claimed]

  it.each<[string, JobEvent[]]>([
    ["starts", [granted, launched]],
    ["runs", RUNNING],
    ["is being stopped", [...RUNNING, cancel]],
  ])("brings the look at a worker that %s forward", (_, events) => {
    const { state, effects } = transition(after(events), woken, T0 + 5)
    expect(state.deadlines.look).toBe(T0 + 5)
    expect(effects).toEqual([])
    expect(look(state, T0 + 5).effects).toEqual([{ kind: "inspect", attempt: 1 }])
  })

  it.each<[string, JobEvent[], JobEvent, string]>([
    ["for a job without an attempt", [], woken, "ignored"],
    ["for one whose launch was not answered yet: ECS may not know the task", [granted], woken, "stale"],
    ["of another task", RUNNING, { ...woken, handle: "the task of attempt 0" }, "stale"],
    ["for one that waits for its next attempt", [...RUNNING, stopped], woken, "ignored"],
    ["for one that has ended", [...RUNNING, result("succeeded")], woken, "ignored"],
  ])("changes nothing %s", (_, events, event, refusal) => {
    const state = after(events)
    expect(transition(state, event, T0)).toEqual({ state, effects: [], answer: { ok: false, refusal } })
  })

  it("changes nothing for a worker whose host tells of its end", () => {
    expect(transition(after(RUNNING, "docker"), woken, T0).answer).toEqual({ ok: false, refusal: "ignored" })
  })

  it("finds a worker whose launch's answer was lost by asking for the job's tasks", () => {
    expect(transition(after([granted, claimed]), woken, T0).state.deadlines.look).toBe(T0)
  })

  it("costs one look a second, however many come, and never puts a look off", () => {
    let [state, looked] = [after(RUNNING), 0]
    for (let now = T0; now <= T0 + 2000; now += 10) {
      state = transition(state, woken, now).state
      if ((state.deadlines.look ?? Number.POSITIVE_INFINITY) > now) continue
      state = look(state, now).state
      looked++
    }
    expect(looked).toBe(3)
    const soon = after([granted, launched])
    expect(transition(soon, woken, T0 + CLOCKS.lookMs.ms + 1).answer).toEqual({ ok: true, repeated: true })
  })

  it("never makes a healthy worker count as lost, and leaves its silence clock alone", () => {
    const running: JobEvent = { ...stopped, inspection: "running" }
    let state = after(RUNNING)
    for (let now = T0; now < T0 + 60_000; now += 2000) {
      state = look(transition(state, woken, now).state, now).state
      state = transition(state, running, now).state
    }
    expect(state.stage).toEqual({ status: "running", extensions: 0 })
    expect(state.deadlines.heartbeat).toBe(T0 + CLOCKS.heartbeatLostMs.ms)
    expect(transition(state, running, T0 + 90_000).state.stage).toEqual({ status: "running", extensions: 1 })
  })
})

describe("time", () => {
  it("ends a job that reached its limit as agent-timeout, also when its worker says it succeeded", () => {
    const stopping = run([granted, launched, claimed, [45 * 60_000 + CLOCKS.executionMarginMs.ms, deadline("execution")]])
    expect(stage(stopping)).toMatchObject({ status: "stopping", cause: "deadline" })
    expect(transition(stopping.state, result("succeeded"), stopping.now).state.stage).toEqual({
      status: "failed",
      failure: { kind: "agent-timeout", limitMs: 45 * 60_000 },
    })
  })

  it("ignores a deadline that is not due and one that its state no longer has", () => {
    expect(run([granted, launched, claimed, deadline("execution")]).answer).toEqual({ ok: false, refusal: "ignored" })
    expect(run([deadline("heartbeat")]).answer).toEqual({ ok: false, refusal: "ignored" })
  })
})

describe("what came of a review", () => {
  it("a grant that is delivered again after its lease was given back opens nothing", () => {
    const back = run([granted, { type: "not-now", attempt: 1, try: 1, reason: "away" }])
    expect(transition(back.state, granted, back.now).answer).toEqual({ ok: false, refusal: "not-wanted" })
    const lost = run([granted, launched, claimed, stopped])
    expect(transition(lost.state, granted, lost.now).answer).toEqual({ ok: false, refusal: "not-wanted" })
  })

  it("a lost worker that speaks again but never ends does not hold the job for ever", () => {
    const running: JobEvent = { ...stopped, inspection: "running" }
    let { state, now } = run([granted, launched, claimed, running, running, running, running])
    for (let turn = 0; turn < 20 && state.stage.status === "stopping"; turn++) {
      now = state.deadlines.stop ?? now
      state = transition(state, deadline("stop", now - 1), now).state
    }
    expect(state.stage.status).toBe("queued")
    expect(now - T0).toBeLessThanOrEqual(3 * CLOCKS.silentMs.ms + 2 * CLOCKS.stopMs.ms)
  })

  it("a second attempt that must wait has a queue deadline of its own", () => {
    const late = 30 * 60 * 60_000
    const again = run([
      granted,
      launched,
      claimed,
      [late, stopped],
      { ...granted, leaseId: "l2" },
      { type: "not-now", attempt: 2, try: 1, reason: "away" },
    ])
    expect(again.state.deadlines.queue).toBe(T0 + late + CLOCKS.queueMs.ms)
  })

  it("a stop asks at once whether anything runs at all", () => {
    expect(kinds(run([granted, cancel]))).toEqual(["stop", "inspect", "project", "announce"])
  })
})

describe("a launch", () => {
  const refused = (attemptTry: number): JobEvent => ({
    type: "launch-refused",
    attempt: 1,
    try: attemptTry,
    transient: true,
    failure: { kind: "launch-refused" },
  })
  const again = (ms: number): [number, JobEvent] => [ms, { type: "deadline", name: "launch", lastWordAt: null }]

  it("is tried four times with growing pauses, then counts as an attempt", () => {
    const tried = run([granted, refused(1), again(1000), refused(2), again(2000), refused(3), again(4000)])
    expect(kinds(tried)).toEqual(["launch"])
    const next = transition(tried.state, refused(4), tried.now)
    expect(next.state.stage.status).toBe("queued")
    expect(next.state.attempts).toMatchObject([{ n: 1, end: "refused by the compute" }])
  })

  it("gives its slot back when the compute says not now, and asks again later without counting an attempt", () => {
    const waiting = run([granted, { type: "not-now", attempt: 1, try: 1, reason: "the host is not connected" }])
    expect(stage(waiting)).toEqual({ status: "queued", reason: "the host is not connected" })
    expect(waiting.state.attempts).toEqual([])
    expect(waiting.state.deadlines).toMatchObject({ requeue: T0 + CLOCKS.notNowMs.ms })
  })
})
