import { BLANKED } from "#contract/token-shapes.ts"
import { buildAutomaton } from "./automaton.ts"
import type { Automaton } from "./automaton.ts"
import { MIN_SECRET_LENGTH, formsOf } from "./spellings.ts"
import { findShapes, shapeMayContinueFrom } from "./token-shapes.ts"

/** Held-back text beyond this is released redacted: an endless token must not grow without bound. */
const MAX_HELD = 65_536
/** Up to here every piece is looked at when it comes. */
const MUCH_HELD = 256

export interface Redactor {
  /** From here on the value and its encoded forms never leave. False: too short, not registered. */
  register(value: string): boolean
  clean(text: string): string
  /** For text that arrives in pieces: a secret across a border is still found. */
  stream(): RedactionStream
  /** The places of secrets in a text, in order, without overlap. */
  find(text: string): readonly Span[]
  /** Of registered values alone, not of what merely looks like a secret. */
  findKnown(text: string): readonly Span[]
}

export interface RedactionStream {
  /** The part of everything so far that is safe to show; the rest is held until more is known. */
  push(chunk: string): string
  end(): string
}

export interface Span {
  start: number
  end: number
}

/** Holds the registered values of one job. Everything that the worker emits passes it before it is journalled. */
export function createRedactor(): Redactor {
  const forms = new Set<string>()
  let built: Automaton | null = null
  const words = () => (built ??= buildAutomaton(forms))
  const find = (text: string) => mergeSpans([...words().find(text), ...findShapes(text)])
  return {
    register(value) {
      if (value.length < MIN_SECRET_LENGTH) return false
      for (const form of formsOf(value)) forms.add(form)
      built = null
      return true
    },
    clean: (text) => replaceSpans(text, find(text)),
    find,
    findKnown: (text) => words().find(text),
    stream: () =>
      createStream({ find, wordFrom: (text) => text.length - words().openAt(text), shapeFrom: (text) => shapeMayContinueFrom(text) }),
  }
}

interface StreamDeps {
  find: (text: string) => readonly Span[]
  /** From where the text may be the beginning of a registered form, and of a credential's shape. */
  wordFrom: (text: string) => number
  shapeFrom: (text: string) => number
}

function createStream({ find, wordFrom, shapeFrom }: StreamDeps): RedactionStream {
  let held = ""
  /** So many characters of what is held belong to a secret whose beginning has been blanked already. */
  let tainted = 0
  let pending: string[] = []
  let pendingLength = 0
  const spansOf = (text: string) => mergeSpans([...(tainted > 0 ? [{ start: 0, end: tainted }] : []), ...find(text)])
  const take = () => {
    const text = held + pending.join("")
    pending = []
    pendingLength = 0
    return text
  }
  const release = (text: string, spans: readonly Span[], cut: number) => {
    const torn = spans.find(({ start, end }) => start < cut && end > cut)
    held = text.slice(cut)
    tainted = torn === undefined ? 0 : torn.end - cut
    const shown = spans.filter(({ start }) => start < cut).map(({ start, end }) => ({ start, end: Math.min(end, cut) }))
    return replaceSpans(text.slice(0, cut), shown)
  }
  return {
    push(chunk) {
      pending.push(chunk)
      pendingLength += chunk.length
      // To read again all that is held for every letter that comes would take the square of its length.
      if (held.length > MUCH_HELD && pendingLength * 4 < held.length) return ""
      const text = take()
      const spans = spansOf(text)
      const word = wordFrom(text)
      const cut = cutBefore(spans, Math.min(word, shapeFrom(text)))
      // A shape without an end is let go at last; the beginning of a registered value never is.
      return release(text, spans, text.length - cut > MAX_HELD ? word : cut)
    },
    end() {
      const text = take()
      return release(text, spansOf(text), text.length)
    },
  }
}

/** No span is torn. */
function cutBefore(spans: readonly Span[], from: number): number {
  return spans.reduceRight((at, { start, end }) => (start < at && end > at ? start : at), from)
}

function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end)
    else merged.push({ ...span })
  }
  return merged
}

function replaceSpans(text: string, spans: readonly Span[]): string {
  let out = ""
  let at = 0
  for (const { start, end } of spans) {
    out += text.slice(at, start) + BLANKED
    at = end
  }
  return out + text.slice(at)
}

/** The same value with every text in it cleaned: keys too, for a tool's input is whatever an agent made up. */
export function cleanDeep(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") return clean(value)
  if (Array.isArray(value)) return value.map((item: unknown) => cleanDeep(item, clean))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [clean(key), cleanDeep(item, clean)]))
}
