import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { firstFreeSlug, keyCandidates, slugOf } from "./naming.ts"

describe("a project's slug", () => {
  it.each([
    ["Web shop!", "web-shop"],
    ["Ärger & Söhne", "arger-sohne"],
    ["日本", "project"],
  ])("of %j is %j", (name, slug) => expect(slugOf(name)).toBe(slug))

  it("gets the first number that is free", () => {
    expect(firstFreeSlug("web", new Set())).toBe("web")
    expect(firstFreeSlug("web", new Set(["web", "web-2"]))).toBe("web-3")
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
