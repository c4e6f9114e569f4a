// PURE: remarks on the lines of a document, as rules check them and as a revise prompt tells them.
import { COMMENT_LIMITS, documentLines } from "#contract/tickets.ts"

export type Anchor = { ok: true; quote: string } | { ok: false; message: string }

/** The line that a comment points to, as it stands there now; lines are counted from 1. */
export function anchorOf(content: string, line: number): Anchor {
  const lines = documentLines(content)
  const text = lines[line - 1]
  if (text === undefined) return { ok: false, message: `must be between 1 and ${lines.length}, the lines of this revision` }
  return { ok: true, quote: text.slice(0, COMMENT_LIMITS.quote).replace(/\p{Cs}$/u, "") }
}

export interface Remark {
  revision: number
  line: number
  quote: string
  body: string
  author: string
}

/** What open comments say, for the prompt: those on the current revision first, then older ones, each set by line. */
export function tellComments(remarks: readonly Remark[], current: number): string {
  return remarks
    .toSorted((a, b) => b.revision - a.revision || a.line - b.line)
    .map(({ revision, line, quote, body, author }, index) => {
      const age = revision === current ? "" : ` (outdated: the document is at revision ${current})`
      return `${index + 1}. Line ${line} of revision ${revision}${age}, by ${author}:\n   > ${quote}\n${indented(body)}`
    })
    .join("\n\n")
}

const indented = (text: string): string => text.replace(/^/gm, "   ")
