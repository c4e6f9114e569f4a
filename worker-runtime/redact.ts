import { BLANKED } from "#contract/token-shapes.ts"
import { findShapes, shapeMayContinueFrom } from "./token-shapes.ts"

/** A value shorter than this would blank out ordinary words; it is not registered, and the worker says so. */
export const MIN_SECRET_LENGTH = 6
/** Held-back text beyond this is released redacted: an endless token must not grow without bound. */
const MAX_HELD = 65_536

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
  let literals: RegExp | null = null
  const find = (text: string) => mergeSpans([...findLiterals(text, literals), ...findShapes(text)])
  const clean = (text: string) => replaceSpans(text, find(text))
  return {
    register(value) {
      if (value.length < MIN_SECRET_LENGTH) return false
      for (const form of formsOf(value)) forms.add(form)
      // The longest first, so that a value which contains another one goes as a whole.
      const longestFirst = [...forms].toSorted((a, b) => b.length - a.length)
      literals = new RegExp(longestFirst.map(escapeRegExp).join("|"), "g")
      return true
    },
    clean,
    find,
    findKnown: (text) => mergeSpans(findLiterals(text, literals)),
    stream: () =>
      createStream({ find, clean, heldFrom: (text) => Math.min(literalMayContinueFrom(text, forms), shapeMayContinueFrom(text)) }),
  }
}

interface StreamDeps {
  find: (text: string) => readonly Span[]
  clean: (text: string) => string
  heldFrom: (text: string) => number
}

function createStream({ find, clean, heldFrom }: StreamDeps): RedactionStream {
  let held = ""
  return {
    push(chunk) {
      const text = held + chunk
      if (text.length > MAX_HELD && held.length > MAX_HELD / 2) {
        held = ""
        return clean(text)
      }
      const spans = find(text)
      const cut = spans.reduceRight((at, { start, end }) => (start < at && end > at ? start : at), heldFrom(text))
      held = text.slice(cut)
      return replaceSpans(
        text.slice(0, cut),
        spans.filter(({ end }) => end <= cut),
      )
    },
    end() {
      const rest = clean(held)
      held = ""
      return rest
    },
  }
}

/** Every way in which the value is likely to be printed. Lines of a longer secret (a key file) count on their own. */
export function formsOf(value: string): readonly string[] {
  const lines = value.includes("\n") ? value.split(/\r?\n/).filter((line) => line.length >= 12) : []
  const plain = [value, value.trim(), ...lines]
  const encoded = plain.flatMap((text) => [
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll("%20", "+"),
    JSON.stringify(text).slice(1, -1),
    text.replaceAll("'", String.raw`'\''`),
    text.replaceAll("'", `'"'"'`),
    ...base64Forms(text),
  ])
  return [...new Set([...plain, ...encoded])].filter((form) => form.length >= MIN_SECRET_LENGTH)
}

/** Base64 of a text depends on its position in what surrounds it, modulo three: the characters that never change. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "")
    const first = Math.ceil((shift * 8) / 6)
    const last = Math.floor(((shift + bytes.length) * 8) / 6)
    const stable = encoded.slice(first, last)
    return [stable, stable.replaceAll("+", "-").replaceAll("/", "_")]
  })
}

function findLiterals(text: string, literals: RegExp | null): Span[] {
  if (literals === null) return []
  return [...text.matchAll(literals)].map((match) => ({ start: match.index, end: match.index + match[0].length }))
}

/** Where the longest end of the text begins that could be the beginning of a registered form. */
function literalMayContinueFrom(text: string, forms: ReadonlySet<string>): number {
  let from = text.length
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, text.length); length > text.length - from; length--) {
      if (text.endsWith(form.slice(0, length))) from = text.length - length
    }
  }
  return from
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

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
}
