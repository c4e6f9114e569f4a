// PURE: text that somebody typed or an agent wrote, made safe to stand in a prompt: nothing hidden, and fenced as data.

/** Characters that a reader does not see, but a model does: zero-width, bidi, tag and other ignorable ones, controls, halves of pairs. */
const HIDDEN = /(?!\t|\n|\uFE0F)[\p{DI}\p{Cc}\p{Cs}\u{FFF9}-\u{FFFB}]/gu
const COMMENT_MARK = "[HTML comment removed]"

/** The text as a reader would see it, and how much was taken out. U+FE0F stays: it makes a sign an emoji and carries nothing. */
export function reveal(text: string): { text: string; characters: number; comments: number } {
  const lines = text.replace(/\r\n?|[\u2028\u2029]/g, "\n")
  let characters = 0
  const visible = lines.replace(HIDDEN, () => {
    characters++
    return ""
  })
  return { ...withoutComments(visible), characters }
}

/**
 * Markdown hides an unclosed comment that begins a line, or follows another, with everything after it; elsewhere it is plain
 * text. Walked with `indexOf`, because a pattern would be quadratic on a text of many openings. The mark keeps what is left
 * from closing up to a new comment.
 */
function withoutComments(text: string): { text: string; comments: number } {
  const parts: string[] = []
  let comments = 0
  let from = 0
  for (;;) {
    const open = text.indexOf("<!--", from)
    const close = open === -1 ? -1 : text.indexOf("-->", open + 2)
    if (close === -1) break
    parts.push(text.slice(from, open), COMMENT_MARK)
    comments++
    from = close + 3
  }
  const unclosed = /(?:^|(?<=-->))[ \t]*<!--/gm
  unclosed.lastIndex = from
  const found = unclosed.exec(text)
  if (!found) return { text: parts.join("") + text.slice(from), comments }
  return { text: parts.join("") + text.slice(from, unclosed.lastIndex - "<!--".length) + COMMENT_MARK, comments: comments + 1 }
}

/**
 * The text between two lines of backticks, more of them than stand anywhere in it, so that nothing in it can end the block.
 * Under it stands what was removed.
 */
export function fence(text: string, origin: string): string {
  const shown = reveal(text)
  if (shown.text.trim() === "") return ""
  const longest = (shown.text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 3)
  const ticks = "`".repeat(longest + 1)
  const note = removed(shown)
  return `${ticks}data (${origin}; untrusted)\n${shown.text}${shown.text.endsWith("\n") ? "" : "\n"}${ticks}${note ? `\n(${note})` : ""}`
}

function removed({ characters, comments }: { characters: number; comments: number }): string | null {
  const words = [
    characters > 0 ? `${characters} hidden ${characters === 1 ? "character" : "characters"}` : null,
    comments > 0 ? `${comments} HTML ${comments === 1 ? "comment" : "comments"}` : null,
  ].filter(Boolean)
  return words.length === 0 ? null : `Removed from this text: ${words.join(" and ")}.`
}

/** A value that stands within a line: one line, without hidden characters, cut with a visible sign. */
export function oneLine(text: string, max: number): string {
  const line = reveal(text).text.replace(/\s+/g, " ").trim()
  return line.length <= max ? line : `${line.slice(0, max).replace(/\p{Cs}$/u, "")}…`
}
