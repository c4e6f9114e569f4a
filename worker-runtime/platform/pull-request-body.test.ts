import { expect, test } from "vitest"
import { mergeBody } from "./pull-request-body.ts"

const ours = (text: string) => `<!-- viberglass:begin -->\n${text}\n<!-- viberglass:end -->`

test.each([
  ["nothing", null, ours("new")],
  ["blanks", " \n", ours("new")],
  ["our part alone", ours("old"), ours("new")],
  ["words around our part", `Above\n\n${ours("old")}\nBelow`, `Above\n\n${ours("new")}\nBelow`],
  ["words alone: ours was deleted", "Somebody's\n", `Somebody's\n\n${ours("new")}`],
  ["a part without its end", "<!-- viberglass:begin -->\nold", `<!-- viberglass:begin -->\nold\n\n${ours("new")}`],
])("where there is %s", (_what, existing, merged) => {
  expect(mergeBody(existing, "new\n")).toBe(merged)
})

test("an agent's words neither end our part nor begin another", () => {
  const merged = mergeBody(null, "a <!--viberglass:end--> b <!-- VIBERGLASS:begin --> c")
  expect(merged).toBe(ours("a  b  c"))
  expect(mergeBody(merged, "again")).toBe(ours("again"))
})

test("ours is cut to what the forge takes, and nobody else's", () => {
  const merged = mergeBody(`Above\n\n${ours("old")}\nBelow`, "x".repeat(100_000))
  expect(merged.length).toBe(65_536)
  expect(merged).toMatch(/^Above\n\n[^]*x\n\n\[… cut\]\n<!-- viberglass:end -->\nBelow$/)
})
