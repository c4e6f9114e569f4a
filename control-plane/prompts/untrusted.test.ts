import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fence, oneLine, reveal } from "./untrusted.ts"

const tags = Array.from("do evil", (letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0))).join("")

describe("revealing", () => {
  it.each([
    ["zero-width", "a\u200B\u200D\u2060b\uFEFF", "ab", 4],
    ["bidi", "a\u202Eb\u2066c", "abc", 2],
    ["tags", `x${tags}`, "x", 7],
    ["variation selectors", "a\u{E0100}\uFE00", "a", 2],
    ["controls", "a\u0000\u001B[31mb\u0007", "a[31mb", 3],
    ["halves of pairs", "a\uD800b", "ab", 1],
    ["nothing of what is seen", "a\tb\nc – “ü” 字 ❤️ 👍", "a\tb\nc – “ü” 字 ❤️ 👍", 0],
  ])("takes out %s", (_, text, visible, characters) => {
    expect(reveal(text)).toEqual({ text: visible, characters, comments: 0 })
  })

  it.each([
    ["a <!-- hidden --> b", "a [HTML comment removed] b", 1],
    ["<!-- one --><!-- two\nlines -->", "[HTML comment removed][HTML comment removed]", 2],
    ["<!--> seen -->", "[HTML comment removed] seen -->", 1],
    ["<!<!-- x -->-- y -->", "<![HTML comment removed]-- y -->", 1],
    ["<!-\u200B- z -->", "[HTML comment removed]", 1],
    ["  <!-- open at the start of a line\nhidden", "  [HTML comment removed]", 1],
    ["<!-- one --> <!-- two", "[HTML comment removed] [HTML comment removed]", 2],
    ["parse `<!--` in text", "parse `<!--` in text", 0],
  ])("marks the comments of %j", (text, visible, comments) => {
    expect(reveal(text)).toMatchObject({ text: visible, comments })
  })

  it("leaves nothing hidden, and finds nothing more in what it made", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("<!--", "-->", "<!", "-", ">", "\n", " ", "a", "\u200B", "\u{E0041}"), maxLength: 40 }),
        (text) => {
          const once = reveal(text).text
          expect(reveal(once)).toEqual({ text: once, characters: 0, comments: 0 })
        },
      ),
    )
  })

  it("stays quick on a text made of openings", () => {
    const started = performance.now()
    reveal(`x${"<!--".repeat(100_000)}`)
    reveal(`${" ".repeat(100_000)}x${"\n ".repeat(100_000)}`)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe("a fence", () => {
  it("says where the text is from and what was removed", () => {
    expect(fence("a\u200B <!-- x -->", "title of the ticket")).toBe(
      "````data (title of the ticket; untrusted)\na [HTML comment removed]\n````\n(Removed from this text: 1 hidden character and 1 HTML comment.)",
    )
  })
})

describe("one line", () => {
  it("does not end in half a character", () => expect(oneLine("a👍b", 2)).toBe("a…"))
})
