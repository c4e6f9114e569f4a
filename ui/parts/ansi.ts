import { AnsiUp } from "ansi_up"

/** What terminal colours begin with: escape and a bracket. */
const CODES = `${String.fromCharCode(27)}[`

/** One line with its terminal colours as HTML; everything else in it is escaped. Loaded with the log. */
export function ansiToHtml(text: string): string | null {
  if (!text.includes(CODES)) return null
  const painter = new AnsiUp()
  // Classes, so that both themes choose readable colours.
  painter.use_classes = true
  return painter.ansi_to_html(text)
}
