import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DOCUMENT_PHASES, DOCUMENT_STATES, PHASES, type Phase } from "#contract/tickets.ts"
import { gateOf, isAtLeast, laterUnfinished, PHASE_AFTER, type PhaseFacts, phasesBefore, type StatusFacts, statusOf } from "./phases.ts"

const facts = (partial: Partial<PhaseFacts> = {}): PhaseFacts => ({
  phase: "research",
  documents: { research: null, planning: null },
  override: null,
  ...partial,
})
const gate = (wanted: Phase, partial: Partial<PhaseFacts>) => {
  const answer = gateOf(wanted, facts(partial))
  return answer.open ? "open" : answer.code
}

describe("a phase", () => {
  it.each<[Phase, Partial<PhaseFacts>, string]>([
    ["research", {}, "open"],
    ["research", { phase: "execution" }, "open"],
    ["planning", {}, "phase.not-reached"],
    ["planning", { documents: { research: "draft", planning: null } }, "open"],
    ["planning", { documents: { research: "rejected", planning: null } }, "open"],
    ["planning", { phase: "planning" }, "open"],
    ["planning", { phase: "execution" }, "open"],
    ["planning", { override: { opens: "execution" } }, "phase.not-reached"],
    ["execution", {}, "phase.not-reached"],
    ["execution", { phase: "execution" }, "phase.not-reached"],
    ["execution", { documents: { research: "approved", planning: null } }, "phase.not-reached"],
    ["execution", { documents: { research: null, planning: "draft" } }, "phase.not-approved"],
    ["execution", { documents: { research: null, planning: "approval_requested" } }, "phase.not-approved"],
    ["execution", { documents: { research: null, planning: "rejected" } }, "phase.not-approved"],
    ["execution", { documents: { research: null, planning: "approved" } }, "open"],
    ["execution", { override: { opens: "execution" } }, "open"],
    ["execution", { phase: "planning", override: { opens: "planning" } }, "phase.not-reached"],
  ])("%s with %j is %s", (wanted, partial, expected) => expect(gate(wanted, partial)).toBe(expected))

  it("opens by what lies before it or by a recorded reason, for any facts", () => {
    const any = fc.record({
      phase: fc.constantFrom(...PHASES),
      documents: fc.record({
        research: fc.option(fc.constantFrom(...DOCUMENT_STATES)),
        planning: fc.option(fc.constantFrom(...DOCUMENT_STATES)),
      }),
      override: fc.option(fc.record({ opens: fc.constantFrom("planning" as const, "execution" as const) })),
    })
    fc.assert(
      fc.property(any, ({ phase, documents, override }) => {
        const open = (wanted: Phase) => gateOf(wanted, { phase, documents, override }).open
        expect(open("research")).toBe(true)
        expect(open("planning")).toBe(phase !== "research" || documents.research !== null)
        expect(open("execution")).toBe(documents.planning === "approved" || override?.opens === "execution")
      }),
    )
  })

  it("moves a ticket forward and never back, in any order of runs and approvals", () => {
    const step = fc.oneof(
      fc.constantFrom(...PHASES),
      fc.constantFrom(...DOCUMENT_PHASES).map((phase) => PHASE_AFTER[phase]),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let now: Phase = "research"
        for (const to of steps) {
          const before = now
          if (phasesBefore(to).includes(now)) now = to
          expect(isAtLeast(now, before)).toBe(true)
          expect(isAtLeast(now, to)).toBe(true)
        }
      }),
    )
  })

  it("moves forward only", () => {
    for (const to of PHASES) for (const from of PHASES) expect(phasesBefore(to).includes(from)).toBe(!isAtLeast(from, to))
  })
})

describe("a later job", () => {
  const job = (kind: string, terminal: boolean) => ({ id: kind, kind, terminal })
  it("stands in the way of earlier phases while it is unfinished", () => {
    expect(laterUnfinished("research", [job("planning", false)])?.id).toBe("planning")
    expect(laterUnfinished("research", [job("planning", true), job("execution", false)])?.id).toBe("execution")
    expect(laterUnfinished("planning", [job("research", false), job("planning", false)])).toBeNull()
    expect(laterUnfinished("execution", [job("execution", false)])).toBeNull()
  })
})

describe("a ticket's status", () => {
  const status = (partial: Partial<StatusFacts>) =>
    statusOf({ resolved: false, reopened: false, pullRequest: null, jobs: [], documents: [], ...partial })
  const pullRequest = (state: "open" | "merged" | "closed") => ({ url: "https://forge.test/1", number: 1, state })

  it.each<[Partial<StatusFacts>, string]>([
    [{}, "open"],
    [{ documents: ["draft"] }, "in_progress"],
    [{ jobs: [{ terminal: true }] }, "in_progress"],
    [{ documents: ["approval_requested"] }, "in_review"],
    [{ pullRequest: pullRequest("open") }, "in_review"],
    [{ pullRequest: pullRequest("open"), jobs: [{ terminal: false }] }, "in_progress"],
    [{ pullRequest: pullRequest("merged"), jobs: [{ terminal: false }] }, "resolved"],
    [{ pullRequest: pullRequest("merged"), reopened: true }, "open"],
    [{ pullRequest: pullRequest("merged"), reopened: true, jobs: [{ terminal: true }] }, "in_progress"],
    [{ pullRequest: pullRequest("closed"), jobs: [{ terminal: true }] }, "in_progress"],
    [{ resolved: true, documents: ["approval_requested"] }, "resolved"],
  ])("with %j is %s", (partial, expected) => expect(status(partial)).toBe(expected))

  it("is the first that holds, for any facts", () => {
    const any = fc.record({
      resolved: fc.boolean(),
      reopened: fc.boolean(),
      pullRequest: fc.option(fc.constantFrom("open" as const, "merged" as const, "closed" as const).map(pullRequest)),
      jobs: fc.array(fc.record({ terminal: fc.boolean() }), { maxLength: 3 }),
      documents: fc.array(fc.constantFrom(...DOCUMENT_STATES), { maxLength: 2 }),
    })
    fc.assert(
      fc.property(any, ({ resolved, reopened, pullRequest: pr, jobs, documents }) => {
        const unfinished = jobs.some(({ terminal }) => !terminal)
        const expected = {
          resolved: resolved || (pr?.state === "merged" && !reopened),
          unfinished,
          review: pr?.state === "open" || documents.includes("approval_requested"),
          touched: jobs.length + documents.length > 0,
        }
        const want = expected.resolved
          ? "resolved"
          : expected.unfinished
            ? "in_progress"
            : expected.review
              ? "in_review"
              : expected.touched
                ? "in_progress"
                : "open"
        expect(statusOf({ resolved, reopened, pullRequest: pr, jobs, documents })).toBe(want)
      }),
    )
  })
})
