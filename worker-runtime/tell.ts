// Every event on its way to the journal: redacted, cut to the contract's size, checked against its schema.
import { EVENT_LIMITS } from "#contract/worker.ts"
import { eventSchema } from "#contract/worker.schema.ts"
import type { EventBody } from "./line.ts"
import { cleanDeep } from "./redact.ts"
import type { RedactionStream, Redactor } from "./redact.ts"

export interface Teller {
  /** Answers the seq of the (last) event; 0 when an empty text made none. */
  tell(body: EventBody): number
  /** Text that goes on in the next event of the same source: its end is held while it could be half a secret. */
  tellPart(body: TextBody): void
  /** Releases what is held. */
  flush(): void
}

export type TextBody = Extract<EventBody, { kind: "text" | "reasoning" | "log" }>

/** What an agent says: its end, held back, must not come behind what the agent does or thinks next. */
const SPOKEN = ["text", "reasoning"] as const

/** They come from elsewhere, in the middle of a sentence as well. */
const ASIDE: ReadonlySet<EventBody["kind"]> = new Set(["log", "usage", "notice"])

/** Room for the other fields of an event and for JSON's escapes. */
const TEXT_BYTES = EVENT_LIMITS.eventBytes / 2

export function createTeller({ redactor, append }: { redactor: Redactor; append: (body: EventBody) => number }): Teller {
  const streams = new Map<string, { stream: RedactionStream; last: TextBody }>()
  const appendText = (body: TextBody, text: string) => {
    let seq = 0
    for (const piece of splitText(text, TEXT_BYTES)) seq = append(withText(body, piece))
    return seq
  }
  const keyOf = (body: TextBody) => (body.kind === "log" ? `log ${body.level} ${body.source}` : body.kind)
  const release = (keys: Iterable<string>) => {
    for (const key of keys) {
      const held = streams.get(key)
      streams.delete(key)
      if (held !== undefined) appendText(held.last, held.stream.end())
    }
  }
  const releaseBefore = ({ kind }: EventBody) => {
    if (!ASIDE.has(kind)) release(SPOKEN.filter((spoken) => spoken !== kind))
  }
  return {
    tell(body) {
      releaseBefore(body)
      if (!isText(body)) return append(checked(cutLong(cleanDeep(body, redactor.clean))))
      const { stream } = streams.get(keyOf(body)) ?? { stream: redactor.stream() }
      streams.delete(keyOf(body))
      return appendText(body, stream.push(textOf(body)) + stream.end())
    },
    tellPart(body) {
      releaseBefore(body)
      const { stream } = streams.get(keyOf(body)) ?? { stream: redactor.stream() }
      streams.set(keyOf(body), { stream, last: body })
      appendText(body, stream.push(textOf(body)))
    },
    flush: () => release([...streams.keys()]),
  }
}

function isText(body: EventBody): body is TextBody {
  return body.kind === "text" || body.kind === "reasoning" || body.kind === "log"
}

function textOf(body: TextBody): string {
  return body.kind === "log" ? body.text : body.delta
}

function withText(body: TextBody, text: string): TextBody {
  return body.kind === "log" ? { ...body, source: body.source.slice(0, 200), text } : { ...body, delta: text }
}

/** Pieces of at most so many bytes, none empty, no character torn. */
export function splitText(text: string, bytes: number): string[] {
  if (text === "") return []
  if (Buffer.byteLength(text) <= bytes) return [text]
  const pieces: string[] = []
  let piece = ""
  let size = 0
  for (const character of text) {
    const length = Buffer.byteLength(character)
    if (size + length > bytes) {
      pieces.push(piece)
      piece = ""
      size = 0
    }
    piece += character
    size += length
  }
  return [...pieces, piece]
}

/** The beginning of a text with a visible mark of what is missing, and where it is. */
export function cutText(text: string, bytes: number, where = ""): string {
  const [first = "", ...rest] = splitText(text, bytes)
  return rest.length === 0 ? first : `${first}\n[… ${Buffer.byteLength(rest.join(""))} more bytes were cut${where}]`
}

/** A tool's input and output are cut; the transcript keeps what the agent's CLI printed in full. */
const IN_TRANSCRIPT = "; they are in the transcript"
function cutLong(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => {
    if (key === "output") return [key, typeof item === "string" ? cutText(item, TEXT_BYTES, IN_TRANSCRIPT) : item]
    if (key === "text") return [key, typeof item === "string" ? cutText(item, TEXT_BYTES) : item]
    if (key === "input") return [key, cutJson(item)]
    if (key === "items" && Array.isArray(item)) return [key, item.map(cutShort)]
    return [key, typeof item === "string" ? item.slice(0, 990) : item]
  })
  return Object.fromEntries(entries)
}

/** The texts of one item of a plan. */
function cutShort(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typeof item === "string" ? item.slice(0, 990) : item]))
}

function cutJson(value: unknown): unknown {
  const json = JSON.stringify(value) ?? ""
  return Buffer.byteLength(json) <= TEXT_BYTES / 2 ? value : cutText(json, TEXT_BYTES / 2, IN_TRANSCRIPT)
}

/** An event of ours that breaks the contract would stop everything behind it: it becomes a notice here. */
function checked(value: unknown): EventBody {
  const numbered = eventSchema.safeParse({ ...(typeof value === "object" ? value : {}), seq: 1, at: "" })
  if (!numbered.success) return { kind: "notice", code: "event-invalid", text: numbered.error.message.slice(0, 2000) }
  const { seq: _seq, at: _at, ...body } = numbered.data
  return body.kind === "gap" ? { kind: "notice", code: "event-invalid", text: "A gap is the journal's own word." } : body
}
