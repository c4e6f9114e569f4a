import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { keyCandidates, slugCandidates, slugOf } from "./naming.ts"

describe("a project's slug", () => {
  it.each([
    ["Web shop!", "web-shop"],
    ["Ärger & Söhne", "arger-sohne"],
    ["日本", "project"],
  ])("of %j is %j", (name, slug) => expect(slugOf(name)).toBe(slug))

  it("gets a number, and after many of them the project's own id", () => {
    const slugs = slugCandidates("web", "prj_0a1b")
    expect([slugs.slice(0, 3), slugs.at(-1)]).toEqual([["web", "web-2", "web-3"], "web-0a1b"])
    expect(new Set(slugs).size).toBe(slugs.length)
  })
})

describe("a project's key", () => {
  it.each([
    ["Website", ["WEB", "WEBS", "WEBSI", "WE"]],
    ["Web shop for all", ["WSFA", "WEB"]],
    ["X", ["XPR"]],
    ["42", ["PRJ"]],
  ])("of %j begins with %j", (name, keys) => expect(keyCandidates(name).slice(0, keys.length)).toEqual(keys))

  it("always has hundreds of candidates, all of two to five capitals and no two alike", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const keys = keyCandidates(name)
        expect(keys.length).toBeGreaterThan(500)
        expect(keys.every((key) => /^[A-Z]{2,5}$/.test(key))).toBe(true)
        expect(new Set(keys).size).toBe(keys.length)
      }),
    )
  })
})
