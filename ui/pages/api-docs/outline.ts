// PURE: JSON Schema as TypeScript would write it, which people read more easily.

/** The parts of JSON Schema that our own document uses. */
export interface Schema {
  type?: string | readonly string[]
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  items?: Schema
  enum?: readonly unknown[]
  const?: unknown
  anyOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  allOf?: readonly Schema[]
  additionalProperties?: boolean | Schema
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  default?: unknown
}

const STEP = "  "
const PRIMITIVES: Readonly<Record<string, string>> = { integer: "number", number: "number", boolean: "boolean", null: "null" }

export function outline(schema: Schema, indent = ""): string {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map((choice) => outline(choice, indent)))].join(" | ")
  if (schema.allOf) return schema.allOf.map((part) => outline(part, indent)).join(" & ")
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ")
  const types = schema.type === undefined ? [] : [schema.type].flat()
  if (types.length === 0) return schema.properties ? objectOf(schema, indent) : "unknown"
  return types.map((type) => typed(type, schema, indent)).join(" | ")
}

function typed(type: string, schema: Schema, indent: string): string {
  if (type === "object") return objectOf(schema, indent)
  if (type === "array") return arrayOf(schema.items ?? {}, indent)
  if (type === "string") return schema.format === "binary" ? "a file" : "string"
  return PRIMITIVES[type] ?? type
}

function arrayOf(items: Schema, indent: string): string {
  const inner = outline(items, indent)
  return / [|&] /.test(inner) && !inner.startsWith("{") ? `(${inner})[]` : `${inner}[]`
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
  const inside = indent + STEP
  const fields = Object.entries(properties).map(([name, field]) => {
    const note = limitsOf(field)
    return `${inside}${name}${required.includes(name) ? "" : "?"}: ${outline(field, inside)}${note && ` // ${note}`}`
  })
  if (typeof additionalProperties === "object") fields.push(`${inside}[name: string]: ${outline(additionalProperties, inside)}`)
  return fields.length === 0 ? "{}" : `{\n${fields.join("\n")}\n${indent}}`
}

/** What a value has to keep to, in words; "" where it may be anything of its type. */
export function limitsOf({ minimum, maximum, minLength, maxLength, maxItems, format, pattern, default: otherwise }: Schema): string {
  return [
    minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? "" : `at least ${minimum}`,
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? "" : `at most ${maximum}`,
    minLength === undefined ? "" : `at least ${minLength} characters`,
    maxLength === undefined ? "" : `at most ${maxLength} characters`,
    maxItems === undefined ? "" : `at most ${maxItems}`,
    format === undefined || format === "binary" ? (pattern ?? "") : format,
    otherwise === undefined ? "" : `${JSON.stringify(otherwise)} when left out`,
  ]
    .filter((part) => part !== "")
    .join(", ")
}
