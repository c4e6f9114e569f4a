// The copy of an answer that is read for its usage. The answer itself passes by untouched.
import { StringDecoder } from "node:string_decoder"
import type { Writable } from "node:stream"
import zlib from "node:zlib"
import type { DialectName } from "./dialects.ts"
import { readEvents } from "./events.ts"
import { createMeter } from "./usage.ts"
import type { Meter } from "./usage.ts"

/** An answer in one piece, or unpacked, beyond this is not counted. */
const MOST = 64 * 1024 * 1024

export interface Tap {
  push(chunk: Buffer): void
  /** When the answer has ended, whole or not. Null: it did not say what it used, or not in a form that can be read. */
  end(): Promise<Read>
}

export interface Read {
  usage: ReturnType<Meter["result"]>
  error: string | null
}

export interface Answer {
  dialect: DialectName
  contentType: string
  contentEncoding: string
}

export function createTap({ dialect, contentType, contentEncoding }: Answer): Tap {
  const meter = createMeter(dialect)
  const reader = contentType.includes("text/event-stream") ? readStream(meter) : readWhole(meter)
  const result = () => ({ usage: reader.overlong() ? null : meter.result(), error: meter.error() })
  const unpack = UNPACKERS[contentEncoding.trim().toLowerCase()]
  if (unpack === undefined)
    return {
      push: (chunk) => reader.push(chunk),
      async end() {
        reader.end()
        return result()
      },
    }
  const ended = unpack(reader)
  return {
    push: (chunk) => void ended.stream.write(chunk),
    async end() {
      ended.stream.end()
      await ended.done
      reader.end()
      return result()
    },
  }
}

interface Reader {
  push(chunk: Buffer): void
  end(): void
  overlong(): boolean
}

function readStream(meter: Meter): Reader {
  const decoder = new StringDecoder("utf8")
  const events = readEvents((data) => meter.read(data))
  return {
    push: (chunk) => events.push(decoder.write(chunk)),
    end() {
      events.push(decoder.end())
      events.end()
    },
    overlong: events.overlong,
  }
}

function readWhole(meter: Meter): Reader {
  let chunks: Buffer[] = []
  let size = 0
  return {
    push(chunk) {
      size += chunk.length
      if (size <= MOST) chunks.push(chunk)
      else chunks = []
    },
    end: () => meter.read(Buffer.concat(chunks).toString()),
    overlong: () => size > MOST,
  }
}

/** The provider was asked not to pack its answer; one that does so nevertheless is unpacked here, for counting alone. */
const UNPACKERS: Readonly<Record<string, (reader: Reader) => { stream: Writable; done: Promise<void> }>> = {
  gzip: (reader) => feed(zlib.createGunzip(), reader),
  deflate: (reader) => feed(zlib.createInflate(), reader),
  br: (reader) => feed(zlib.createBrotliDecompress(), reader),
  // Node 22.15 brings it; by name it would keep an older one from starting at all.
  ...("createZstdDecompress" in zlib ? { zstd: (reader: Reader) => feed(zlib.createZstdDecompress(), reader) } : {}),
}

function feed(stream: ReturnType<typeof zlib.createGunzip>, reader: Reader): { stream: Writable; done: Promise<void> } {
  let size = 0
  const done = new Promise<void>((resolve) => {
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST) stream.destroy()
      else reader.push(chunk)
    })
    stream.once("close", () => resolve())
    // An answer that broke off ends in the middle of its packing: what came before it counts.
    stream.once("error", () => resolve())
  })
  return { stream, done }
}
