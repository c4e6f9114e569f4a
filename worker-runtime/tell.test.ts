import { expect, test } from "vitest"
import type { EventBody } from "./line.ts"
import { createRedactor } from "./redact.ts"
import { createTeller, cutText, splitText } from "./tell.ts"

function teller() {
  const redactor = createRedactor()
  redactor.register("s3cret-value")
  const told: EventBody[] = []
  return { told, ...createTeller({ redactor, append: (body) => told.push(body) }) }
}

test("a secret over two parts of a source is blanked, other sources between them or not", () => {
  const { told, tellPart, flush } = teller()
  tellPart({ kind: "log", level: "info", source: "setup", text: "key=s3cret" })
  tellPart({ kind: "log", level: "warn", source: "setup", text: "other\n" })
  tellPart({ kind: "log", level: "info", source: "setup", text: "-value\n" })
  flush()
  expect(told.map((event) => (event.kind === "log" ? event.text : ""))).toEqual(["key=", "other\n", "[redacted]\n"])
})

test("a secret over two pieces of a message is blanked, and the message stays before the tool that follows it", () => {
  const { told, tell, tellPart } = teller()
  tellPart({ kind: "text", delta: "it is s3cret" })
  tellPart({ kind: "text", delta: "-value, or s3" })
  tell({ kind: "tool", id: "1", name: "write", state: "started" })
  expect(told).toEqual([
    { kind: "text", delta: "it is " },
    { kind: "text", delta: "[redacted], or " },
    { kind: "text", delta: "s3" },
    { kind: "tool", id: "1", name: "write", state: "started" },
  ])
})

test("usage and notices come in between at any time, and do not end what is said", () => {
  const { told, tell, tellPart, flush } = teller()
  tellPart({ kind: "text", delta: "key s3c" })
  tell({ kind: "usage", model: "m", inputTokens: 1, outputTokens: 1 })
  tell({ kind: "notice", code: "x", text: "y" })
  tellPart({ kind: "text", delta: "ret-value" })
  flush()
  expect(told.map((event) => (event.kind === "text" ? event.delta : event.kind))).toEqual(["key ", "usage", "notice", "[redacted]"])
})

test("a complete text is one event, whole", () => {
  const { told, tell } = teller()
  tell({ kind: "text", delta: "Ends like a secret: s3" })
  expect(told).toEqual([{ kind: "text", delta: "Ends like a secret: s3" }])
})

test("tools are redacted in depth and cut with a visible mark", () => {
  const { told, tell } = teller()
  tell({
    kind: "tool",
    id: "1",
    name: "write",
    state: "finished",
    input: { deep: ["s3cret-value"], "s3cret-value": 1 },
    output: "x".repeat(100_000),
  })
  const [event] = told
  expect(JSON.stringify(event)).not.toContain("s3cret-value")
  expect(event?.kind === "tool" && event.output).toMatch(/^x{32768}\n\[… 67232 more bytes were cut; they are in the transcript\]$/)
})

test("a long text becomes several events and loses nothing", () => {
  const { told, tell } = teller()
  const text = "é".repeat(40_000)
  tell({ kind: "text", delta: text })
  expect(told.length).toBeGreaterThan(1)
  expect(told.map((event) => (event.kind === "text" ? event.delta : "")).join("")).toBe(text)
})

test("an event that breaks the contract becomes a notice instead of stopping the others", () => {
  const { told, tell } = teller()
  tell({ kind: "usage", model: "m", inputTokens: -1, outputTokens: 0 })
  expect(told).toMatchObject([{ kind: "notice", code: "event-invalid" }])
})

test("pieces are cut between characters", () => {
  expect(splitText("aé😀b", 3)).toEqual(["aé", "😀b".slice(0, 2), "b"])
  expect(cutText("short", 10)).toBe("short")
})

test("a plan's texts are redacted before they are cut", () => {
  const { told, tell } = teller()
  tell({ kind: "plan", items: [{ text: `${"x".repeat(985)}s3cret-value and more`, state: "active" }] })
  const [event] = told
  expect(event?.kind === "plan" && event.items[0]?.text).toBe(`${"x".repeat(985)}[reda`)
})
