import { expect, test } from "vitest"
import { outcomeSchema } from "#contract/worker.schema.ts"
import type { Outcome } from "#contract/worker.ts"
import { cutDocument, fitResult } from "./result-size.ts"

const provenance = {
  branch: "b",
  commit: "c".repeat(40),
  baseCommit: "d".repeat(40),
  pullRequest: { url: "https://x/1", number: 1 },
  resumed: "none",
} as const
const paths = (count: number, length: number) => Array.from({ length: count }, (_, index) => `${index}`.padEnd(length, "p"))
const succeeded = (fields: object): Outcome => outcomeSchema.parse({ status: "succeeded", ...provenance, ...fields })
const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

test("a result that fits is left as it is", () => {
  const outcome = succeeded({ changedFiles: paths(5000, 20), summary: "s", note: "n" })
  expect(fitResult(outcome)).toEqual(outcome)
})

test("a list of files that is too long becomes a count; everything else stays", () => {
  const fitted = fitResult(succeeded({ changedFiles: paths(5000, 900), summary: "s", note: "n", document: "d" }))
  expect(fitted).toEqual(succeeded({ summary: "s", document: "d", note: "n 5000 files changed; their list was too long for the result." }))
})

test("more files than the contract takes: the first, and the count", () => {
  const fitted = fitResult({ status: "succeeded", ...provenance, changedFiles: paths(6000, 20) })
  expect(outcomeSchema.safeParse(fitted).success).toBe(true)
  expect(fitted).toMatchObject({ changedFiles: paths(5000, 20), note: "6000 files changed; the first 5000 are listed." })
})

test("a document that JSON makes too large is shortened, with the provenance whole", () => {
  const fitted = fitResult(succeeded({ document: "\u0001".repeat(524_288), changedFiles: paths(10, 10), summary: "\u0001".repeat(19_000) }))
  expect(bytesOf(fitted)).toBeLessThanOrEqual(900_000)
  expect(fitted).toMatchObject({
    ...provenance,
    document: expect.stringContaining("more bytes were cut"),
    note: "10 files changed; their list was too long for the result.",
  })
})

test("a document over 512 KiB is cut visibly, by bytes", () => {
  expect(cutDocument("a".repeat(524_288))).toHaveLength(524_288)
  const cut = cutDocument("é".repeat(400_000))
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(524_288)
  expect(cut).toMatch(/é\n\[… \d+ more bytes were cut\]$/)
})
