import { readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { AppError } from "../errors.ts"
import { parse } from "./input.ts"

/** What a refused value is answered with, by path; null when it was taken. */
function fieldsOf(schema: z.ZodType, value: unknown): Record<string, string> | null {
  try {
    parse(schema, value, "body")
    return null
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return z.record(z.string(), z.string()).parse(error.detail?.["fields"])
  }
}
const sentence = (schema: z.ZodType, value: unknown) => fieldsOf(z.strictObject({ it: schema }), { it: value })?.["it"]

describe("a refused value is told why in a sentence", () => {
  it.each<[string, z.ZodType, unknown]>([
    ["is required", z.string(), undefined],
    ["must be text", z.string(), 1],
    ["must be a number", z.coerce.number(), "many"],
    ["must be a whole number", z.number().int(), 1.5],
    ["must be true or false", z.boolean(), "yes"],
    ["must be a list", z.array(z.string()), {}],
    ["must be an object", z.strictObject({}), []],
    ["must be left out", z.undefined(), 1],
    ["has the wrong type", z.date(), 1],
    ["must be at least 256", z.number().min(256), 1],
    ["must be at most 900", z.coerce.number().int().max(900), "901"],
    ["must be more than 0", z.number().positive(), 0],
    ["must be less than 2", z.number().lt(2), 2],
    ["must be a multiple of 5", z.number().multipleOf(5), 7],
    ["must not be empty", z.string().min(1), ""],
    ["must have at least 10 characters", z.string().min(10), "short"],
    ["must have at most 1 character", z.string().max(1), "long"],
    ["must have exactly 3 characters", z.string().length(3), "long"],
    ["must not be empty", z.array(z.string()).min(1), []],
    ["must have at most 2 items", z.array(z.string()).max(2), ["a", "b", "c"]],
    ["must be a URL", z.url(), "nowhere"],
    ["must be an e-mail address", z.email(), "nobody"],
    ["must be a time such as 2026-01-31T12:00:00Z", z.iso.datetime(), "today"],
    ["does not have the form that is wanted here", z.string().regex(/^a/), "b"],
    ["must be one of: a, b", z.enum(["a", "b"]), "c"],
    ["must be a", z.literal("a"), "c"],
    ["must be text or must be a number", z.union([z.string(), z.number()]), true],
    ["has none of the forms that are known here", z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]), {}],
    ["has an entry that does not fit: it must be text", z.map(z.object({}), z.string()), new Map([[{}, 1]])],
    ["does not fit here", z.string().refine(() => false), "x"],
  ])("%s", (expected, schema, value) => {
    expect(sentence(schema, value)).toBe(expected)
  })

  it("names the tag of a union, the key of a record, and a field that is not known", () => {
    const one = z.discriminatedUnion("kind", [z.strictObject({ kind: z.literal("a") }), z.strictObject({ kind: z.literal("b") })])
    expect(fieldsOf(one, { kind: "c" })).toEqual({ kind: "must be one of: a, b" })
    expect(fieldsOf(one, { kind: "a", more: 1 })).toEqual({ more: "is not a field here" })
    expect(fieldsOf(z.partialRecord(z.enum(["a", "b"]), z.string()), { c: "x" })).toEqual({ c: "is not a field here" })
    expect(fieldsOf(z.record(z.string().max(2), z.string()), { long: "x" })).toEqual({
      long: "is not a name that fits here: it must have at most 2 characters",
    })
    expect(fieldsOf(one, "text")).toEqual({ "(body)": "must be an object" })
  })

  it("in the words of the schema, where it has any", () => {
    expect(sentence(z.string().min(1, "must be said"), "")).toBe("must be said")
    expect(sentence(z.url({ error: "must be ours" }), 1)).toBe("must be ours")
    expect(sentence(z.string().regex(/^a/, "must begin with an a"), "b")).toBe("must begin with an a")
    expect(
      sentence(
        z.string().refine(() => false, "is never right"),
        "b",
      ),
    ).toBe("is never right")
    expect(
      sentence(
        z.string().superRefine((_, check) => check.addIssue("is worse")),
        "b",
      ),
    ).toBe("is worse")
  })
})

const folder = join(import.meta.dirname, "../contract")
const modules = await Promise.all(
  readdirSync(folder)
    .filter((file) => file.endsWith(".schema.ts"))
    .map(async (file): Promise<[string, object]> => [file, await import(join(folder, file))]),
)
const SCHEMAS = modules.flatMap(([file, exported]) =>
  Object.entries(exported).flatMap(([name, schema]): [string, z.ZodType][] =>
    schema instanceof z.ZodType ? [[`${file} ${name}`, schema]] : [],
  ),
)

/** Values that something is wrong with almost everywhere. */
const WRONG: readonly unknown[] = [
  ...[undefined, null, true, -1, 0.5, 1e15, Number.NaN, "", " ", "x", "x".repeat(600_000), "-2", "{{ nobody }}", "http://", "ftp://a.test"],
  ...[{}, { surprise: 1 }, [], [null], ["", ""], Array.from({ length: 5001 }, () => "x")],
]

/** The schema's own shape with `wrong` in every leaf; tags of unions stay, so that their branches are reached. */
function filled(schema: unknown, wrong: unknown): unknown[] {
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape).map(([name, field]) => [name, filled(field, wrong)[0]])
    return [{ ...Object.fromEntries(fields), surprise: 1 }]
  }
  if (schema instanceof z.ZodArray) return [filled(schema.element, wrong)]
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => filled(option, wrong))
  if (schema instanceof z.ZodIntersection) return [{ ...asObject(schema.def.left, wrong), ...asObject(schema.def.right, wrong) }]
  if (schema instanceof z.ZodRecord) return [{ surprise: filled(schema.valueType, wrong)[0], research: filled(schema.valueType, wrong)[0] }]
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return filled(schema.unwrap(), wrong)
  if (schema instanceof z.ZodLiteral) return [...schema.values]
  return [wrong]
}
const asObject = (schema: unknown, wrong: unknown): object => {
  const [value] = filled(schema, wrong)
  return typeof value === "object" && value !== null ? value : {}
}

describe("every schema of the contract", () => {
  it.each(SCHEMAS)("%s speaks no word of zod's", (_, schema) => {
    const told = new Set(
      WRONG.flatMap((wrong) => [wrong, ...filled(schema, wrong)]).flatMap((value) => Object.values(fieldsOf(schema, value) ?? {})),
    )
    expect(told).not.toEqual(new Set())
    expect([...told].filter((text) => /expected|Invalid|Too (small|big)|Unrecognized/.test(text))).toEqual([])
    expect([...told].filter((text) => !/^[a-z]/.test(text) || text.endsWith("."))).toEqual([])
  })
})
