// PURE: what a file is by its first bytes. Its name and what the sender called it count for nothing.
import type { AttachmentType } from "#contract/attachments.ts"

/** Null for everything that may not be attached. */
export function sniff(bytes: Uint8Array): AttachmentType | null {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to))
  if (text(0, 8) === "\x89PNG\r\n\x1a\n") return "image/png"
  if (text(0, 3) === "\xff\xd8\xff") return "image/jpeg"
  if (text(0, 6) === "GIF87a" || text(0, 6) === "GIF89a") return "image/gif"
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "image/webp"
  // WebM is Matroska with a name of its own in the first element.
  if (text(0, 4) === "\x1a\x45\xdf\xa3" && text(4, 64).includes("webm")) return "video/webm"
  if (text(4, 8) === "ftyp") return brandOf(text(8, 12), text(16, Math.min(boxLength(bytes), 128)))
  // QuickTime files of before there were brands.
  if (text(4, 8) === "moov" || text(4, 8) === "wide" || text(4, 8) === "mdat") return "video/quicktime"
  return null
}

const boxLength = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)

const MP4_BRANDS: readonly string[] = [
  "isom",
  "iso2",
  "iso4",
  "iso5",
  "iso6",
  "mp41",
  "mp42",
  "avc1",
  "dash",
  "MSNV",
  "M4V ",
  "M4VH",
  "M4VP",
]
/** Still pictures come in the same box. */
const PICTURE_BRANDS = /^(hei[cmsx]|hev[cmsx]|mif1|msf1|avi[fs])$/

function brandOf(major: string, compatible: string): AttachmentType | null {
  if (major === "qt  ") return "video/quicktime"
  if (PICTURE_BRANDS.test(major)) return null
  const brands = [major, ...(compatible.match(/.{4}/gs) ?? [])]
  return brands.some((brand) => MP4_BRANDS.includes(brand)) ? "video/mp4" : null
}
