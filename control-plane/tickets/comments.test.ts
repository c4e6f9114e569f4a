import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { COMMENT_LIMITS, documentLines } from "#contract/tickets.ts"
import { anchorOf, tellComments } from "./comments.ts"

const remark = (partial: object = {}) => ({ revision: 2, line: 1, quote: "a line", body: "Why?", author: "Ada", ...partial })
const text = fc.string({ unit: fc.constantFrom("a", " ", "\n", "\r\n", "\r", "é", "💡"), maxLength: 40 })

describe("the lines of a document", () => {
  it.each([
    ["", 1],
    ["one", 1],
    ["one\n", 1],
    ["one\n\n", 2],
    ["one\r\ntwo\rthree", 3],
    ["\n", 1],
  ])("%j has %i", (content, count) => expect(documentLines(content)).toHaveLength(count))

  it("can each be pointed to, and nothing else can", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: -3, max: 60 }), (content, line) => {
        const lines = documentLines(content)
        const anchor = anchorOf(content, line)
        expect(anchor.ok).toBe(line >= 1 && line <= lines.length)
        if (anchor.ok) expect(anchor.quote).toBe(lines[line - 1])
        else expect(anchor.message).toContain(`between 1 and ${lines.length}`)
      }),
    )
  })

  it("are quoted in part where they are long, without half a sign", () => {
    const anchor = anchorOf(`${"x".repeat(COMMENT_LIMITS.quote - 1)}💡 and more`, 1)
    expect(anchor).toEqual({ ok: true, quote: "x".repeat(COMMENT_LIMITS.quote - 1) })
  })
})

describe("comments in a prompt", () => {
  it("name line, revision and author, and say which are outdated", () => {
    expect(tellComments([remark({ revision: 1, line: 4 }), remark({ line: 7, body: "First\nsecond" })], 2)).toBe(
      [
        "1. Line 7 of revision 2, by Ada:\n   > a line\n   First\n   second",
        "2. Line 4 of revision 1 (outdated: the document is at revision 2), by Ada:\n   > a line\n   Why?",
      ].join("\n\n"),
    )
    expect(tellComments([], 3)).toBe("")
  })

  it("are all told, newest revision first and each by line, in whatever order they come", () => {
    const any = fc.record({ revision: fc.integer({ min: 1, max: 4 }), line: fc.integer({ min: 1, max: 20 }) })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (places) => {
        const told = tellComments(
          places.map((place) => remark(place)),
          4,
        )
        const seen = [...told.matchAll(/^\d+\. Line (\d+) of revision (\d)( \(outdated)?/gm)].map(([, line, revision, old]) => ({
          ...{ revision: Number(revision), line: Number(line), outdated: old !== undefined },
        }))
        const order = places.toSorted((a, b) => b.revision - a.revision || a.line - b.line)
        expect(seen).toEqual(order.map((place) => ({ ...place, outdated: place.revision < 4 })))
      }),
    )
  })
})
