import { AppError, invalid } from "../errors.ts"
import { sha256Hex } from "../hash.ts"
import { readBytes } from "./input.ts"

type Fields = Record<string, File | string>

/** The fields of a `multipart/form-data` body of at most `limit` bytes. */
export async function readForm(request: Request, limit: number): Promise<Fields> {
  const type = request.headers.get("content-type") ?? ""
  if (!/^multipart\/form-data\s*;/i.test(type)) throw new AppError("request.malformed", "The body is not multipart/form-data.")
  const fields: Fields = {}
  for (const [name, value] of await parseForm(await readBytes(request, limit), type)) {
    if (Object.hasOwn(fields, name)) throw invalid(name, "is given twice")
    fields[name] = value
  }
  return fields
}

/** The same for the same fields, whatever boundary the sender put between them. */
export async function fingerprintOf(fields: Readonly<Fields>): Promise<Uint8Array> {
  const marks: string[] = []
  for (const [name, value] of Object.entries(fields))
    marks.push(JSON.stringify(typeof value === "string" ? [name, value] : [name, value.name, await sha256Hex(await value.arrayBuffer())]))
  return new TextEncoder().encode(marks.join("\n"))
}

async function parseForm(bytes: Uint8Array, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { "content-type": type } }).formData()
  } catch {
    // The platform's parser has no other way to say that the body does not fit its content type.
    throw new AppError("request.malformed", "The body is not multipart/form-data as its content type describes it.")
  }
}
