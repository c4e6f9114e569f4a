import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ROLES } from "#contract/users.ts"
import { bestRole, isAtLeast, rightsOf, roleIn } from "./rights.ts"

const role = fc.constantFrom(...ROLES)
const standing = fc.record({
  visibility: fc.constantFrom("everyone" as const, "members" as const),
  granted: fc.option(role),
})

describe("what a user may do in a project", () => {
  it.each([
    ["viewer", "everyone", null, "viewer"],
    ["viewer", "everyone", "member", "member"],
    ["member", "everyone", "viewer", "member"],
    ["member", "everyone", "admin", "admin"],
    ["member", "members", null, null],
    ["member", "members", "viewer", "viewer"],
    ["viewer", "members", "admin", "admin"],
    ["admin", "members", null, "admin"],
    ["admin", "members", "viewer", "admin"],
  ] as const)("%s, seen by %s, granted %s: %s", (own, visibility, granted, expected) => {
    expect(roleIn(own, rightsOf(own, [{ projectId: "p", visibility, granted }]), "p")).toBe(expected)
  })

  it("is the role of the installation where nothing else is said, and never more than the best one", () => {
    fc.assert(
      fc.property(role, fc.array(standing, { maxLength: 8 }), (own, drawn) => {
        const rights = rightsOf(
          own,
          drawn.map((one, index) => ({ projectId: `p${index}`, ...one })),
        )
        expect(roleIn(own, rights, "elsewhere")).toBe(own)
        for (const [index, { visibility, granted }] of drawn.entries()) {
          const here = roleIn(own, rights, `p${index}`)
          expect(here === null).toBe(own !== "admin" && visibility === "members" && granted === null)
          if (here !== null) expect(isAtLeast(bestRole(own, rights), here)).toBe(true)
          if (here !== null && granted !== null && visibility === "members" && own !== "admin") expect(here).toBe(granted)
        }
      }),
    )
  })
})
