import { describe, expect, it } from "vitest"
import { limitsOf, outline, type Schema } from "../pages/api-docs/outline.ts"

describe("a schema in the API's page", () => {
  it.each<[Schema, string]>([
    [{ type: "string" }, "string"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ type: "integer" }, "number"],
    [{ const: "ecs" }, '"ecs"'],
    [{ enum: ["a", "b"] }, '"a" | "b"'],
    [{ type: "string", enum: ["a", null] }, '"a" | null'],
    [{ anyOf: [{ type: "string" }, { type: "number" }, { type: "string" }] }, "string | number"],
    [{ type: "array", items: { type: "string" } }, "string[]"],
    [{ type: "array", items: { enum: ["a", "b"] } }, '("a" | "b")[]'],
    [{ type: "object" }, "{}"],
    [{ type: "object", additionalProperties: { type: "number" } }, "{\n  [name: string]: number\n}"],
    [{ type: "string", format: "binary" }, "a file"],
    [{}, "unknown"],
    [
      {
        type: "object",
        properties: { id: { type: "string" }, of: { type: "object", properties: { n: { type: "integer", maximum: 5 } }, required: ["n"] } },
        required: ["id"],
      },
      "{\n  id: string\n  of?: {\n    n: number // at most 5\n  }\n}",
    ],
  ])("%j", (schema, expected) => expect(outline(schema)).toBe(expected))

  it("says what a value keeps to, and nothing of limits that only a computer has", () => {
    expect(limitsOf({ type: "string", minLength: 1, maxLength: 100 })).toBe("at least 1 characters, at most 100 characters")
    expect(limitsOf({ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 50 })).toBe("at least 0, 50 when left out")
    expect(limitsOf({ format: "date", pattern: "^x$" })).toBe("date")
    expect(limitsOf({})).toBe("")
  })
})
