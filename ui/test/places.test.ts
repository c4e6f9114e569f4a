import { describe, expect, it } from "vitest"
import { endOfTag, offsetIn, placeOf } from "../pages/prompts/places.ts"

describe("a place in a template", () => {
  it.each([
    ["", 0, 1, 1],
    ["ab{{x}}", 2, 1, 3],
    ["a\n{{x}}", 2, 2, 1],
    ["a\n\n  {{x}}", 5, 3, 3],
    ["a\r\n{{x}}", 3, 2, 1],
    ["ü😀{{x}}", 3, 1, 4],
  ])("of %j at %d is line %d, column %d", (text, offset, line, column) => {
    expect(placeOf(text, offset)).toEqual({ line, column })
  })

  it.each([
    ["a {{x}} b", 2, "{{x}}"],
    ["{{{x}}} b", 0, "{{{x}}}"],
    ["{{#x}}{{/x}}", 6, "{{/x}}"],
    ["a {{x", 2, "{{"],
    ["a", 1, ""],
  ])("in %j from %d reaches over the tag", (text, from, tag) => {
    expect(text.slice(from, endOfTag(text, from))).toBe(tag)
  })

  it("is found in the parser's sentence", () => {
    expect(offsetIn("cannot be parsed: Unclosed tag at 12")).toBe(12)
    expect(offsetIn("has a run of 500 blanks")).toBeNull()
  })
})
