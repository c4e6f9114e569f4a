/** A field that takes several values, one a line (or between commas), and back. */
export const toList = (text: string): string[] =>
  text
    .split(/[\n,]/)
    .map((part) => part.trim())
    .filter(Boolean)
export const toLines = (list: readonly string[] | null | undefined): string => (list ?? []).join("\n")

/** The number that was typed, or the text as it is: then the server says what is wrong with it. Nothing for an empty field. */
export function toNumber(text: string): number | string | undefined {
  const typed = text.trim()
  if (typed === "") return undefined
  const number = Number(typed)
  return Number.isFinite(number) ? number : typed
}
