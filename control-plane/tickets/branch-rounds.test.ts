import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { utf8Length } from "#contract/text.ts"
import { isOver, nextRounds } from "./branch-rounds.ts"

const pullRequest = (state: "open" | "merged" | "closed", branch?: string) => ({
  ...{ url: "https://forge.test/pulls/1", number: 1, state },
  ...(branch === undefined ? {} : { branch }),
})

describe("a ticket's branch", () => {
  it("is over when its own pull request was merged or closed", () => {
    expect(isOver("viberator/WEB-4", null)).toBe(false)
    expect(isOver("viberator/WEB-4", pullRequest("open", "viberator/WEB-4"))).toBe(false)
    expect(isOver("viberator/WEB-4", pullRequest("merged", "viberator/WEB-4"))).toBe(true)
    expect(isOver("viberator/WEB-4", pullRequest("closed"))).toBe(true)
    expect(isOver("viberator/WEB-4-2", pullRequest("merged", "viberator/WEB-4"))).toBe(false)
  })

  it("is followed by numbers, also where the first name ends in one", () => {
    expect(nextRounds({ branch: "viberator/WEB-2", round: 1 })[0]).toEqual({ branch: "viberator/WEB-2-2", round: 2 })
    expect(nextRounds({ branch: "viberator/WEB-2-2", round: 2 })[0]).toEqual({ branch: "viberator/WEB-2-3", round: 3 })
  })

  it("stays within what a branch may have, and never repeats itself", () => {
    const branch = fc.string({ unit: fc.constantFrom("a", "ü", "💡", "/", "-2"), minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(branch, fc.integer({ min: 1, max: 30 }), (first, rounds) => {
        const seen = new Set<string>()
        let now = { branch: first, round: 1 }
        for (let round = 1; round < rounds; round++) {
          now = nextRounds(now)[0] ?? now
          expect(utf8Length(now.branch)).toBeLessThanOrEqual(200)
          expect(now.branch.endsWith(`-${round + 1}`)).toBe(true)
          seen.add(now.branch)
        }
        expect(seen.size).toBe(rounds - 1)
      }),
    )
  })
})
