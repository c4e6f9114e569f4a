// PURE: which files a ticket takes, under which names, and why not the others. The server decides by the bytes; this says so before a long upload.
import { ATTACHMENT_LIMITS, ATTACHMENT_TYPES, isAttachmentType } from "#contract/attachments.ts"
import { count } from "./numbers.ts"

export interface Chosen<F> {
  file: F
  name: string
}
interface FileFacts {
  name: string
  type: string
  size: number
}

export const ACCEPTED = Object.keys(ATTACHMENT_TYPES).join(",")
const MEGABYTES = ATTACHMENT_LIMITS.bytes / 1_048_576
export const LIMITS_IN_WORDS = `PNG, JPEG, GIF and WebP pictures, MP4, WebM and QuickTime videos. Up to ${ATTACHMENT_LIMITS.perTicket}, of ${MEGABYTES} MB each.`

/** `taken` are the names that the ticket has already. */
export function chooseFiles<F extends FileFacts>(
  files: readonly F[],
  taken: readonly string[],
): { chosen: Chosen<F>[]; refused: string[] } {
  const chosen: Chosen<F>[] = []
  const refused: string[] = []
  const names = new Set(taken)
  for (const file of files) {
    const why =
      whyNot(file) ??
      (names.size >= ATTACHMENT_LIMITS.perTicket ? `a ticket has at most ${count(ATTACHMENT_LIMITS.perTicket, "file")}` : null)
    if (why !== null) {
      refused.push(`${file.name || "A file"} was left out: ${why}.`)
      continue
    }
    const name = freeName(cleanName(file), names)
    names.add(name)
    chosen.push({ file, name })
  }
  return { chosen, refused }
}

export const namesOf = ({ attachments }: { attachments: readonly { name: string }[] }): string[] => attachments.map(({ name }) => name)

export const isPicture = ({ mime }: { mime: string }): boolean => mime.startsWith("image/")

/** What a description says to show or name a file of its ticket. */
export function referenceTo({ name, type }: { name: string; type: string }): string {
  const target = /[\s()]/.test(name) ? `<${name}>` : name
  return `${isPicture({ mime: type }) ? "!" : ""}[${name}](${target})`
}

/** A file without a type is left to the server, which looks at its bytes. */
function whyNot({ type, size }: FileFacts): string | null {
  if (size === 0) return "it is empty"
  if (size > ATTACHMENT_LIMITS.bytes) return `it has ${(size / 1_048_576).toFixed(1)} MB, and ${MEGABYTES} MB is the limit`
  if (type !== "" && !isAttachmentType(type))
    return "only pictures (PNG, JPEG, GIF, WebP) and videos (MP4, WebM, QuickTime) can be attached"
  return null
}

/** Without what would end a reference in Markdown. Browsers call every picture of the clipboard the same. */
const FROM_CLIPBOARD = "image.png"
const NAME_LENGTH = 100

function cleanName({ name, type }: FileFacts): string {
  const plain = (name.split(/[\\/]/).at(-1) ?? "").replace(/\p{C}|[<>[\]]/gu, "").trim()
  if (plain === FROM_CLIPBOARD) return "pasted.png"
  const [, stem = "", ending = ""] = /^(.*?)(\.[^.]{1,10})?$/.exec(plain) ?? []
  const given = ending || (isAttachmentType(type) ? `.${ATTACHMENT_TYPES[type]}` : "")
  return `${stem.slice(0, NAME_LENGTH) || "file"}${given}`
}

/** "shot.png", then "shot-2.png": a reference by name must mean one file. */
function freeName(name: string, taken: ReadonlySet<string>): string {
  const at = name.lastIndexOf(".")
  const [stem, ending] = at > 0 ? [name.slice(0, at), name.slice(at)] : [name, ""]
  for (let number = 2, free = name; ; free = `${stem}-${number}${ending}`, number += 1) if (!taken.has(free)) return free
}
