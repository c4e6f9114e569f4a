export interface Place {
  line: number
  column: number
}

/** Line and column of an offset, both from 1, as editors count. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf("\n") + 1
  return { line: before.split("\n").length, column: before.length - lineStart + 1 }
}

/** A tag's end: what is to be selected when somebody is led to it. */
export function endOfTag(text: string, offset: number): number {
  const end = text.indexOf("}}", offset)
  return end === -1 ? Math.min(text.length, offset + 2) : end + (text[end + 2] === "}" ? 3 : 2)
}

/** The offset that the parser's sentence ends with, as in "Unclosed tag at 12". */
export function offsetIn(sentence: string): number | null {
  const [, digits] = /\bat (\d+)$/.exec(sentence) ?? []
  return digits === undefined ? null : Number(digits)
}
