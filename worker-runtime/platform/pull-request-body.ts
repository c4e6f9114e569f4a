// PURE: our part of a pull request's text, which a later run replaces, and what people wrote around it, which it does not.

const BEGIN = "<!-- viberglass:begin -->"
const END = "<!-- viberglass:end -->"
/** GitHub refuses a longer body (its own message: "body is too long (maximum is 65536 characters)"). */
const MOST = 65_536

/** The whole text; `existing` is what stands there now. Ours goes where ours was, else to the end. */
export function mergeBody(existing: string | null, ours: string): string {
  const text = existing ?? ""
  const begin = text.indexOf(BEGIN)
  const end = text.indexOf(END, begin)
  const [before, after] = begin >= 0 && end > begin ? [text.slice(0, begin), text.slice(end + END.length)] : [separated(text), ""]
  const room = Math.max(0, MOST - before.length - after.length - BEGIN.length - END.length - 2)
  return `${before}${BEGIN}\n${cut(unmarked(ours).trim(), room)}\n${END}${after}`
}

const separated = (text: string): string => (text.trim() === "" ? "" : `${text.trimEnd()}\n\n`)

/** An agent's words are not to end our part early. */
const unmarked = (text: string): string => text.replaceAll(/<!--\s*viberglass:(?:begin|end)\s*-->/gi, "")

const CUT = "\n\n[… cut]"
const cut = (text: string, room: number): string => (text.length <= room ? text : text.slice(0, Math.max(0, room - CUT.length)) + CUT)
