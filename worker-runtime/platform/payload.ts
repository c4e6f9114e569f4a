// Where the payload of a worker without a control plane comes from: the text itself, a file, S3 or the web.
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { addAbortSignal } from "node:stream"
import { EXIT } from "#contract/worker.ts"
import { readLimited } from "./read-limited.ts"
import type { ReadObject } from "./s3.ts"

/** A payload is text that people and programs write: prompts and documents, no files. */
export const PAYLOAD_BYTES = 10 * 1024 * 1024
/** For the whole of it, over a slow line. */
const READ_MS = 30_000

/** Nothing can be done, and nobody is there to be told but whoever reads this sentence. */
export class Unreadable extends Error {
  /** 64: asking again will not help. 69: it may. */
  readonly exitCode: number
  constructor(sentence: string, exitCode: number) {
    super(sentence)
    this.exitCode = exitCode
  }
}

export interface PayloadDoors {
  readObject: ReadObject
  readMs?: number
  limitBytes?: number
}

/**
 * The payload as parsed JSON. `source` is the JSON itself, `s3://bucket/key`, `https://…` (`http://` to this machine only),
 * `-` for standard input, or a file. Throws Unreadable. The query of an address may be a credential: no sentence has it.
 */
export async function readPayload(source: string, doors: PayloadDoors): Promise<unknown> {
  const text = source.trimStart().startsWith("{") ? source : (await readBytes(source, doors)).toString()
  try {
    return JSON.parse(text)
  } catch {
    // The parser quotes what it stumbled over, and a payload holds secrets.
    throw new Unreadable(`The payload ${nameOf(source)} is not JSON.`, EXIT.usage)
  }
}

async function readBytes(source: string, { readObject, readMs = READ_MS, limitBytes = PAYLOAD_BYTES }: PayloadDoors): Promise<Buffer> {
  const signal = AbortSignal.timeout(readMs)
  try {
    const bytes = await fetchBytes(source, { readObject, signal, limitBytes })
    if (bytes === null) throw new Unreadable(`The payload ${nameOf(source)} is larger than ${limitBytes / 1024 / 1024} MiB.`, EXIT.usage)
    return bytes
  } catch (error) {
    if (error instanceof Unreadable) throw error
    if (signal.aborted) throw new Unreadable(`The payload ${nameOf(source)} was not read within ${readMs / 1000} s.`, EXIT.unreachable)
    throw error
  }
}

interface Reading {
  readObject: ReadObject
  signal: AbortSignal
  limitBytes: number
}

function fetchBytes(source: string, reading: Reading): Promise<Buffer | null> {
  if (source.startsWith("s3://")) return fromS3(source, reading)
  if (/^https?:\/\//i.test(source)) return fromWeb(source, reading)
  return fromFile(source, reading)
}

async function fromFile(path: string, { signal, limitBytes }: Reading): Promise<Buffer | null> {
  try {
    // A pipe with a name is opened when somebody writes to it, and until then nothing can call that off.
    if (path !== "-" && !(await stat(path)).isFile())
      throw new Unreadable(`The payload ${path} is no plain file: send what it gives to standard input, with --payload -.`, EXIT.usage)
    return await readLimited(addAbortSignal(signal, path === "-" ? process.stdin : createReadStream(path)), limitBytes)
  } catch (error) {
    if (signal.aborted || error instanceof Unreadable) throw error
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error)
    throw new Unreadable(`The payload ${nameOf(path)} could not be read: ${WORDS[code] ?? code}.`, EXIT.usage)
  }
}
const WORDS: Readonly<Record<string, string>> = { ENOENT: "there is no such file", EACCES: "this user may not read it" }

async function fromS3(source: string, { readObject, signal, limitBytes }: Reading): Promise<Buffer | null> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(source) ?? []
  if (bucket === undefined || key === undefined)
    throw new Unreadable(`The payload ${nameOf(source)} names no object: it is to be s3://bucket/key.`, EXIT.usage)
  const object = await readObject({ bucket, key, limitBytes }, signal)
  switch (object.kind) {
    case "bytes":
      return object.bytes
    case "too-large":
      return null
    case "not-found":
      throw new Unreadable(`The payload ${source} is not there (${object.detail}).`, EXIT.usage)
    case "denied":
      throw new Unreadable(
        `AWS does not let this machine read the payload ${source} (${object.detail}); it says so of a missing key too, when the bucket may not be listed.`,
        EXIT.usage,
      )
    case "unreachable":
      throw new Unreadable(`S3 could not be asked for the payload ${source} (${object.detail}).`, EXIT.unreachable)
  }
}

async function fromWeb(source: string, { signal, limitBytes }: Reading): Promise<Buffer | null> {
  const name = nameOf(source)
  if (!URL.canParse(source)) throw new Unreadable("The payload's address is not a URL.", EXIT.usage)
  const { protocol, hostname, username, password } = new URL(source)
  if (username !== "" || password !== "") throw new Unreadable(`The payload ${name} has a user or a password in its address.`, EXIT.usage)
  if (protocol === "http:" && !isLoopback(hostname))
    throw new Unreadable(`The payload ${name} would travel unencrypted: use https. Plain http is for this machine only.`, EXIT.usage)
  // A redirect would take a signed query to somebody else.
  const reply = await fetch(source, { redirect: "manual", signal }).catch((error: unknown) => {
    if (signal.aborted) throw error
    throw new Unreadable(`The payload ${name} could not be fetched: ${causeOf(error)}.`, EXIT.unreachable)
  })
  if (reply.ok) {
    if (Number(reply.headers.get("content-length") ?? 0) > limitBytes) return null
    return readBody(reply, name, { signal, limitBytes })
  }
  await reply.body?.cancel()
  throw new Unreadable(`The payload ${name} ${statusWords(reply.status)} (HTTP ${reply.status}).`, exitCodeOf(reply.status))
}

async function readBody({ body }: Response, name: string, { signal, limitBytes }: Pick<Reading, "signal" | "limitBytes">) {
  try {
    return await readLimited(body ?? [], limitBytes)
  } catch (error) {
    if (signal.aborted) throw error
    throw new Unreadable(`The payload ${name} broke off: ${causeOf(error)}.`, EXIT.unreachable)
  }
}

export const isLoopback = (hostname: string): boolean => ["localhost", "127.0.0.1", "[::1]"].includes(hostname)

function statusWords(status: number): string {
  if (status === 401 || status === 403) return "was refused: a signed address is good for a while only"
  if (status === 404 || status === 410) return "is not there"
  if (status >= 300 && status < 400) return "leads to another address: give that one"
  return "could not be fetched"
}

const exitCodeOf = (status: number): number =>
  status >= 500 || status === 408 || status === 425 || status === 429 ? EXIT.unreachable : EXIT.usage

/** fetch says "fetch failed"; its cause says why. An error's own text may hold the address. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error && "code" in cause ? String(cause.code) : "there was no answer"
}

/** How a source is called in a sentence: an address without its query and its user, a text not at all. */
function nameOf(source: string): string {
  if (source.trimStart().startsWith("{")) return "given as text"
  if (source === "-") return "from standard input"
  if (!/^https?:\/\//i.test(source)) return source
  if (!URL.canParse(source)) return "at the address given"
  const { origin, pathname } = new URL(source)
  return origin + pathname
}
