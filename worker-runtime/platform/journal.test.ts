import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { z } from "zod"
import { eventSchema } from "#contract/worker.schema.ts"
import { openJournal } from "./journal.ts"

const all = { count: 500, bytes: 1_000_000 }

function journal(capBytes?: number) {
  const folder = mkdtempSync(join(tmpdir(), "journal-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return openJournal({ file: join(folder, "journal.ndjson"), now: () => 0, ...(capBytes === undefined ? {} : { capBytes }) })
}

function read({ events }: { events: readonly string[] }) {
  return z.array(eventSchema).parse(events.map((event) => JSON.parse(event)))
}

test("numbers count from one and a batch begins after what is acknowledged", () => {
  const made = journal()
  for (const delta of ["a", "b", "c"]) made.append({ kind: "text", delta })
  expect(read(made.batch(all)).map(({ seq }) => seq)).toEqual([1, 2, 3])
  made.ack(2)
  expect(read(made.batch(all))).toMatchObject([{ seq: 3, delta: "c" }])
  made.rewind(2)
  expect(read(made.batch(all)).map(({ seq }) => seq)).toEqual([2, 3])
})

test("a batch keeps to its limits but always holds one event", () => {
  const made = journal()
  for (const delta of ["a".repeat(300), "b", "c"]) made.append({ kind: "text", delta })
  expect(made.batch({ count: 2, bytes: 1_000_000 }).to).toBe(2)
  expect(made.batch({ count: 500, bytes: 10 }).to).toBe(1)
})

test("what does not fit becomes a gap that carries the last dropped number", () => {
  const made = journal(200)
  for (let n = 0; n < 10; n++) made.append({ kind: "text", delta: `${n}`.repeat(50) })
  made.append({ kind: "pushed", branch: "b", commit: "c" })
  const events = read(made.batch(all))
  expect(events.map(({ kind }) => kind)).toEqual(["text", "gap", "pushed"])
  expect(events[1]).toMatchObject({ seq: 10, from: 2, to: 10 })
  expect(events[1]?.kind === "gap" && events[1].bytes > 9 * 50).toBe(true)
  made.ack(11)
  made.append({ kind: "text", delta: "again" })
  expect(read(made.batch(all))).toMatchObject([{ seq: 12, delta: "again" }])
})

test("a gap at the end is told too, and goes on from where the other side is", () => {
  const made = journal(150)
  for (let n = 0; n < 5; n++) made.append({ kind: "text", delta: "x".repeat(60) })
  expect(read(made.batch(all)).at(-1)).toMatchObject({ kind: "gap", from: 2, to: 5, seq: 5 })
  made.ack(3)
  expect(read(made.batch(all))).toMatchObject([{ kind: "gap", from: 4, to: 5, seq: 5 }])
})

test("a refused event is replaced under its own number", () => {
  const made = journal()
  made.append({ kind: "text", delta: "bad" })
  made.replace(1, { kind: "notice", code: "event-refused", text: "-" })
  expect(read(made.batch(all))).toMatchObject([{ seq: 1, kind: "notice" }])
})

test("the file has no name while it is written, unless it is to be seen", () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [hidden, seen] = [join(folder, "hidden"), join(folder, "seen")]
  const made = openJournal({ file: hidden, now: () => 0 })
  expect(existsSync(hidden)).toBe(false)
  made.append({ kind: "text", delta: "true" })
  writeFileSync(hidden, "x".repeat(200))
  expect(read(made.batch(all))).toMatchObject([{ seq: 1, delta: "true" }])
  openJournal({ file: seen, now: () => 0, keep: true }).append({ kind: "text", delta: "true" })
  expect(readFileSync(seen, "utf8")).toContain('"seq":1')
  expect(() => openJournal({ file: seen, now: () => 0 })).toThrow("EEXIST")
})
