// New versions print other lines: whatever becomes of a real one, a parser neither throws nor loses what was said in it.
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { HARNESSES, NOTHING_READ } from "./agent.ts"
import type { Agent } from "./agent.ts"
import { fixtureLines, fixtureNames } from "./fixture.ts"

const SEED = Number(process.env["SEED"] ?? 20_261_120)
const RUNS = { seed: SEED, numRuns: 500 }

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Where the words of agents, tools and providers stand in these streams. */
const SPOKEN = new Set([
  "text",
  "thinking",
  "output",
  "aggregated_output",
  "content",
  "message",
  "error_message",
  "reasoning_content",
  "result",
])

const linesOf = (agent: Agent): string[] => [...new Set(fixtureNames(agent).flatMap((name) => fixtureLines(agent, name)))]

describe.each(Object.values(HARNESSES))("$slug", (agent: Agent) => {
  const lines = linesOf(agent)

  test("a real line that is cut off is kept as it is", () => {
    const cut = fc.constantFrom(...lines).chain((line) => fc.nat({ max: line.length - 1 }).map((end) => line.slice(0, end)))
    fc.assert(
      fc.property(cut, (line) => {
        const { state, events } = agent.read(NOTHING_READ, line)
        expect(events[0]).toMatchObject({ kind: "log", text: line })
        expect(state.terminal).toBe("none")
      }),
      RUNS,
    )
  })

  test("a real line with other fields is read or kept, and its words are never lost", () => {
    const changed = fc.constantFrom(...lines).chain((line) => fc.tuple(fc.constant(line), fc.array(change, { minLength: 1, maxLength: 3 })))
    fc.assert(
      fc.property(changed, ([line, changes]) => {
        const real: Json = JSON.parse(line)
        const value = changes.reduce<Json>((so, { at, to }) => replace(so, at, to), real)
        const reading = agent.read(NOTHING_READ, JSON.stringify(value))
        const told = textsIn([reading.events, reading.state])
        const left = textsIn(value)
        const lost = spokenIn(real).filter((said) => left.includes(said) && !told.some((text) => text.includes(said)))
        expect(lost).toEqual([])
      }),
      RUNS,
    )
  })
})

const anything: fc.Arbitrary<Json | undefined> = fc.oneof(
  fc.constantFrom<(Json | undefined)[]>(undefined, null, true, 0, -1.5, "", "unheard of", [], {}),
  fc.string().map((text): Json => ({ [text === "__proto__" ? "x" : text]: text })),
)
/** A field somewhere in the line, counted through, gets another value or goes. */
const change = fc.record({ at: fc.nat({ max: 200 }), to: anything })

/** The field number `at`, counted round and round in the order of reading. */
function replace(value: Json, at: number, to: Json | undefined): Json {
  let left = at % Math.max(1, fieldsIn(value))
  const walk = (part: Json): Json => {
    if (Array.isArray(part)) return part.map(walk)
    if (typeof part !== "object" || part === null) return part
    const fields = Object.entries(part).flatMap(([name, item]): [string, Json][] => {
      if (left-- !== 0) return [[name, walk(item)]]
      return to === undefined ? [] : [[name, to]]
    })
    return Object.fromEntries(fields)
  }
  return walk(value)
}

function fieldsIn(value: Json): number {
  if (typeof value !== "object" || value === null) return 0
  const parts = Object.values(value)
  return (Array.isArray(value) ? 0 : parts.length) + parts.reduce<number>((sum, part) => sum + fieldsIn(part), 0)
}

/** Texts under a spoken name, outside of what only repeats our own prompt or another part of the line. */
function spokenIn(value: Json): string[] {
  if (typeof value !== "object" || value === null) return []
  if (Array.isArray(value)) return value.flatMap(spokenIn)
  if (value["role"] === "user" || value["role"] === "system") return []
  return Object.entries(value).flatMap(([name, item]) =>
    typeof item === "string" ? (SPOKEN.has(name) && item !== "" ? [item] : []) : name === "tool_use_result" ? [] : spokenIn(item),
  )
}

/** Every text in a value, and in the JSON that a text may be. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value, ...textsIn(inner(value))]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function inner(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "string" ? null : value
  } catch {
    // Plain words.
    return null
  }
}
