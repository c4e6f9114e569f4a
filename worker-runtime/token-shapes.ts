// PURE: finding what looks like a credential though nobody has registered it, also in text that has not ended yet.
import { TOKEN_SHAPES } from "#contract/token-shapes.ts"
import type { Span } from "./redact.ts"

/** What every shape begins with; text that ends in one of these, or in a part of one, may go on as a credential. */
const BEGINNINGS = [
  "sk-",
  "ghp_",
  "gho_",
  "ghs_",
  "ghr_",
  "ghu_",
  "github_pat_",
  "glpat-",
  "xox",
  "AKIA",
  "ASIA",
  "AIza",
  "eyJ",
  "vl_",
  "vs_",
  "vg_",
  "vh_",
  "://",
] as const
const PEM_BEGIN = "-----BEGIN "
/** No token is longer; a run of characters beyond this is not held back further. */
const LONGEST_TOKEN = 4096

export function findShapes(text: string): Span[] {
  return TOKEN_SHAPES.flatMap((shape) =>
    [...text.matchAll(shape)].map((match) => ({ start: match.index, end: match.index + match[0].length })),
  )
}

/** The index from which the text may still turn out to be the beginning of a credential; its length when nothing may. */
export function shapeMayContinueFrom(text: string): number {
  return Math.min(pemMayContinueFrom(text), wordMayContinueFrom(text))
}

function pemMayContinueFrom(text: string): number {
  const begin = text.lastIndexOf(PEM_BEGIN)
  if (begin >= 0) {
    const label = text.indexOf("-----", begin + PEM_BEGIN.length)
    const open =
      label < 0
        ? text.length - begin < 60
        : text.slice(begin, label).includes("PRIVATE KEY") && !/-----END [A-Z0-9 ]*-----/.test(text.slice(begin))
    if (open) return begin
  }
  return partialFrom(text, PEM_BEGIN)
}

function wordMayContinueFrom(text: string): number {
  const start = wordStart(text)
  const word = text.slice(start)
  const begins = BEGINNINGS.some((beginning) => word.includes(beginning)) ? start : text.length
  return BEGINNINGS.reduce(
    (from, beginning) => Math.min(from, beginning === "://" ? urlFrom(text, start) : partialFrom(text, beginning)),
    begins,
  )
}

/** A scheme may stand before a "://" that has not come yet. */
function urlFrom(text: string, start: number): number {
  return partialFrom(text, "://") < text.length ? start : text.length
}

function wordStart(text: string): number {
  let start = text.length
  while (start > 0 && text.length - start < LONGEST_TOKEN && !/[\s"'<>]/.test(text.charAt(start - 1))) start--
  return start
}

function partialFrom(text: string, beginning: string): number {
  for (let length = Math.min(beginning.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(beginning.slice(0, length))) return text.length - length
  }
  return text.length
}
