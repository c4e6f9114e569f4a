import { ATTACHMENT_LIMITS } from "#contract/attachments.ts"
import type { Context } from "../context.ts"
import { AppError, invalid, notFound } from "../errors.ts"
import { oneLine } from "../prompts/untrusted.ts"
import { announceTicket } from "./announce.ts"
import { fileKey } from "./attachment-files.ts"
import { type AttachmentRecord, deleteAttachment, findAttachment, insertAttachment } from "./attachment-store.ts"
import { sniff } from "./attachment-type.ts"
import type { Actor } from "./edit.ts"
import { findTicket, type TicketRecord } from "./store.ts"
import type { Entry } from "./timeline-store.ts"

const { bytes: BYTES, perTicket: PER_TICKET, nameLength: NAME_LENGTH } = ATTACHMENT_LIMITS

/** Enough for every signature: a file is not held twice to look at its beginning. */
const SNIFFED_BYTES = 256

/** Keeps a file with its ticket: pictures and videos alone, told by their bytes. */
export async function addAttachment(
  context: Context,
  { user, ticket, file }: { user: Actor; ticket: TicketRecord; file: File },
): Promise<AttachmentRecord> {
  if (file.size > BYTES) throw new AppError("request.too-large", `An attachment may have ${BYTES / 1_048_576} MiB.`, { limit: BYTES })
  const mime = sniff(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer()))
  if (!mime) throw invalid("file", "must be a PNG, JPEG, GIF or WebP picture, or an MP4, WebM or QuickTime video")
  const attachment: AttachmentRecord = {
    id: context.newId("attachment"),
    ticketId: ticket.id,
    name: cleanName(file.name),
    mime,
    size: file.size,
    author: user.name,
    authorId: user.id,
    createdAt: context.now(),
  }
  const key = fileKey(ticket, attachment.id)
  await context.env.BUCKET.put(key, file, { httpMetadata: { contentType: mime } })
  if (!(await insertAttachment(context, attachment, entryOf("attachment-added", user, attachment)))) {
    await context.env.BUCKET.delete(key)
    if (!(await findTicket(context, ticket.id))) throw notFound("ticket")
    throw new AppError("attachment.too-many", `A ticket may have ${PER_TICKET} attachments: remove one first.`, { limit: PER_TICKET })
  }
  await announceTicket(context, ticket)
  return attachment
}

/** A job that has not fetched it yet goes on without it, and says so. */
export async function removeAttachment(
  context: Context,
  { user, ticket, id }: { user: Actor; ticket: TicketRecord; id: string },
): Promise<void> {
  const attachment = await existingAttachment(context, ticket, id)
  await context.env.BUCKET.delete(fileKey(ticket, id))
  await deleteAttachment(context, attachment, entryOf("attachment-removed", user, attachment))
  await announceTicket(context, ticket)
}

/** The file to look at, whole or the part that `range` asks for. Its type is safe to show: nothing in it runs. */
export async function serveAttachment(
  context: Context,
  { ticket, id, range }: { ticket: TicketRecord; id: string; range: string | undefined },
): Promise<Response> {
  const { name, mime, size } = await existingAttachment(context, ticket, id)
  const part = partOf(range, size)
  const object = await context.env.BUCKET.get(fileKey(ticket, id), part ? { range: part } : {})
  if (!object) throw notFound("file")
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_")
  return new Response(object.body, {
    status: part ? 206 : 200,
    headers: {
      "content-type": mime,
      "content-length": String(part ? part.length : size),
      "content-disposition": `inline; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, percent)}`,
      "x-content-type-options": "nosniff",
      "accept-ranges": "bytes",
      ...(part ? { "content-range": `bytes ${part.offset}-${part.offset + part.length - 1}/${size}` } : {}),
    },
  })
}

const percent = (sign: string): string => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`

/** One range of bytes that is there; anything else is answered whole, as a server may. */
function partOf(range: string | undefined, size: number): { offset: number; length: number } | null {
  const [, from = "", to = ""] = /^bytes=(\d{0,12})-(\d{0,12})$/.exec(range ?? "") ?? []
  if (from === "" && to === "") return null
  const offset = from === "" ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === "" || to === "" ? size : Math.min(size, Number(to) + 1)
  return offset < end ? { offset, length: end - offset } : null
}

async function existingAttachment(context: Context, ticket: TicketRecord, id: string): Promise<AttachmentRecord> {
  const attachment = await findAttachment(context, ticket.id, id)
  if (!attachment) throw notFound("attachment")
  return attachment
}

/** The last part of whatever path a browser sends along, on one line and without anything hidden. */
const cleanName = (name: string): string => oneLine(name.split(/[\\/]/).at(-1) ?? "", NAME_LENGTH - 1) || "file"

const entryOf = (act: Entry["act"], user: Actor, { id, ticketId, name, mime, size }: AttachmentRecord): Entry => ({
  ...{ ticketId, act, actor: user.name },
  detail: { userId: user.id, attachmentId: id, name, mime, size },
})
