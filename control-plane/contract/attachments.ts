import type { z } from "zod"
import type { attachmentSchema } from "./attachments.schema.ts"

/** What may be attached, by what its first bytes say it is, and the ending its file gets. */
export const ATTACHMENT_TYPES = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "video/quicktime": "mov",
} as const
export type AttachmentType = keyof typeof ATTACHMENT_TYPES

export const ATTACHMENT_LIMITS = {
  bytes: 10_485_760,
  /** The file with what a multipart body puts around it. */
  bodyBytes: 11_534_336,
  perTicket: 20,
  nameLength: 200,
} as const

export type Attachment = z.infer<typeof attachmentSchema>

/**
 * The name under which the worker lays an attachment down, and which the prompt tells: a number of its own, then what is
 * plain of the person's name, with the ending of what the file is.
 */
export function fileNameOf({ name, mime }: { name: string; mime: string }, index: number): string {
  const stem = name
    .normalize("NFKD")
    .replace(/\.[^.]*$/, "")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60)
  return `${index + 1}-${stem || "file"}.${isAttachmentType(mime) ? ATTACHMENT_TYPES[mime] : "bin"}`
}

export const isAttachmentType = (mime: string): mime is AttachmentType => Object.hasOwn(ATTACHMENT_TYPES, mime)
