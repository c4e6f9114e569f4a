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
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const fields: Record<string, string> = {}
  for (const issue of result.error.issues) for (const [path, sentence] of sentences(issue)) fields[path] ??= sentence
  const [first] = Object.entries(fields)
  throw new AppError("request.invalid", `The ${where} was refused: ${first ? `${first[0]} ${first[1]}` : "it has the wrong shape"}.`, {
    fields,
  })
}

function sentences(issue: z.core.$ZodIssue): [string, string][] {
  const path = issue.path.map(String).join(".")
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => [[path, key].filter(Boolean).join("."), "is not a field here"])
    case "invalid_type":
      return [[path || "(body)", `must be ${issue.expected === "array" ? "a list" : `of type ${issue.expected}`}`]]
    case "invalid_value":
      return [[path, `must be one of: ${issue.values.map(String).join(", ")}`]]
    case "invalid_union":
      return [[path || "(body)", "note" in issue && issue.note ? `is not known: ${String(issue.note)}` : issue.message]]
    default:
      return [[path || "(body)", issue.message]]
  }
}
