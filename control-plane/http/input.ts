import type { z } from "zod"
import { AppError } from "../errors.ts"

/** Reads at most `limit` bytes; a body that is longer is refused without being kept. */
export async function readBytes(
  request: Request,
  limit: number,
  code: "request.too-large" | "event.too-large" | "artifact.too-large" = "request.too-large",
): Promise<Uint8Array> {
  const tooLarge = () => new AppError(code, `The body is larger than ${limit} bytes.`, { limit })
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge()
  if (!request.body) return new Uint8Array()
  return collect(request.body, limit, tooLarge)
}

/**
 * Throws away what nobody has read of a body, up to `limit` bytes: a server resets a connection on which an answered request
 * still stands, and the caller then never sees the answer.
 */
export async function drain(request: Request, limit: number): Promise<void> {
  if (!request.body || request.bodyUsed) return
  let size = 0
  try {
    for await (const part of request.body) if ((size += part.byteLength) > limit) break
  } catch {
    // Who sent it is gone, and with them everybody who waits for the answer.
  }
}

/** Like `readBytes`, for a body that may be gzipped; the limit counts what comes out. */
export async function readGunzipped(request: Request, limit: number): Promise<Uint8Array> {
  const tooLarge = () => new AppError("event.too-large", `The batch is larger than ${limit} bytes.`, { limit })
  if (!request.body) return new Uint8Array()
  if (request.headers.get("content-encoding") !== "gzip") return collect(request.body, limit, tooLarge)
  try {
    return await collect(request.body.pipeThrough(new DecompressionStream("gzip")), limit, tooLarge)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError("request.malformed", "The body says it is gzip, but it cannot be unpacked.")
  }
}

async function collect(stream: ReadableStream<Uint8Array>, limit: number, tooLarge: () => AppError): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stream) {
    size += part.byteLength
    if (size > limit) throw tooLarge()
    parts.push(part)
  }
  const all = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.byteLength
  }
  return all
}

export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return {}
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    throw new AppError("request.malformed", "The body is not JSON in UTF-8.")
  }
}

/** Parses or refuses with `detail.fields`: a sentence for each path. `where` names the part of the request. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, where: "body" | "query" | "path"): z.output<T> {
  const checked = check(schema, value)
  if (checked.ok) return checked.data
  const { fields } = checked
  const [first] = Object.entries(fields)
  throw new AppError("request.invalid", `The ${where} was refused: ${first ? `${first[0]} ${first[1]}` : "it has the wrong shape"}.`, {
    fields,
  })
}

/** The value as the schema has it, or a sentence of ours for each path. */
export function check<T extends z.ZodType>(
  schema: T,
  value: unknown,
): { ok: true; data: z.output<T> } | { ok: false; fields: Record<string, string> } {
  // A message of the schema's own wins over this map, and this map over zod's English.
  const result = schema.safeParse(value, { error: sentenceOf })
  if (result.success) return { ok: true, data: result.data }
  const fields: Record<string, string> = {}
  for (const issue of result.error.issues) for (const path of pathsOf(issue)) fields[path] ??= issue.message
  return { ok: false, fields }
}

/** A field that is not known is to blame itself, not the object around it. */
function pathsOf(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String)
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...path, key].join("."))
  return [path.join(".") || "(body)"]
}

/** What is wrong with a value, to be read behind the name of its field. Never empty: zod would go on with words of its own. */
function sentenceOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined && issue.expected !== "never" ? "is required" : (TYPES[issue.expected] ?? "has the wrong type")
    case "invalid_value":
      return oneOf(issue.values)
    case "invalid_format":
      return FORMATS[issue.format] ?? "does not have the form that is wanted here"
    case "too_small":
      return limited(issue, "least", issue.minimum)
    case "too_big":
      return limited(issue, "most", issue.maximum)
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`
    case "unrecognized_keys":
      return "is not a field here"
    case "invalid_union":
      return unionSentence(issue)
    case "invalid_key":
      return `is not a name that fits here: it ${wordsOf(issue.issues)}`
    case "invalid_element":
      return `has an entry that does not fit: it ${wordsOf(issue.issues)}`
    default:
      return "does not fit here"
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "must be text",
  number: "must be a number",
  int: "must be a whole number",
  boolean: "must be true or false",
  array: "must be a list",
  object: "must be an object",
  record: "must be an object",
  null: "must be null",
  undefined: "must be left out",
  never: "must be left out",
}
const FORMATS: Readonly<Record<string, string>> = {
  url: "must be a URL",
  email: "must be an e-mail address",
  datetime: "must be a time such as 2026-01-31T12:00:00Z",
  date: "must be a date such as 2026-01-31",
  time: "must be a time of day such as 12:00:00",
  uuid: "must be a UUID",
  base64: "must be base64",
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `must be ${String(values[0])}` : `must be one of: ${values.map(String).join(", ")}`

/** Numbers are of a size; texts and lists have one. */
function limited(
  { origin, exact, inclusive }: { origin: string; exact?: boolean | undefined; inclusive?: boolean | undefined },
  bound: "least" | "most",
  limit: number | bigint,
): string {
  const part = PARTS[origin]
  if (!part && inclusive === false) return `must be ${bound === "least" ? "more" : "less"} than ${limit}`
  if (!part) return `must be at ${bound} ${limit}`
  if (bound === "least" && !exact && Number(limit) === 1) return "must not be empty"
  return `must have ${exact ? "exactly" : `at ${bound}`} ${limit} ${part}${Number(limit) === 1 ? "" : "s"}`
}
const PARTS: Readonly<Record<string, string>> = { string: "character", array: "item", set: "item", file: "byte" }

/** By its discriminator where it has one, else what each form has against the value as a whole. */
function unionSentence({ options, errors }: { options?: unknown; errors: readonly (readonly z.core.$ZodIssue[])[] }): string {
  if (Array.isArray(options) && options.length > 0) return oneOf(options)
  const whole = errors.flatMap((issues) => issues.filter(({ path }) => path.length === 0).map(({ message }) => message))
  return whole.length > 0 ? [...new Set(whole)].join(" or ") : "has none of the forms that are known here"
}

const wordsOf = ([first]: readonly z.core.$ZodIssue[]): string => first?.message ?? "does not fit here"
