import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { ATTACHMENT_LIMITS, fileNameOf } from "#contract/attachments.ts"
import type { Doors } from "../doors.ts"
import type { Received } from "../facts.ts"

/** All of them together: pictures help, they are no condition. */
const ALL_MS = 180_000

/**
 * Lays the ticket's attachments where the prompt says they are. One that cannot be had is told, and its name answered: the
 * agent goes on without it.
 */
export async function fetchAttachments({ payload, workspace }: Received, { line, teller }: Doors, signal: AbortSignal): Promise<string[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ALL_MS)])
  const missing: string[] = []
  for (const [index, attachment] of payload.attachments.entries()) {
    const content = index < ATTACHMENT_LIMITS.perTicket ? await line.attachment(attachment.id, limit) : null
    signal.throwIfAborted()
    const file = fileNameOf(attachment, index)
    if (content?.byteLength === attachment.size) await writeFile(join(workspace.attachments, file), content, { mode: 0o600, flag: "wx" })
    else missing.push(file)
  }
  if (missing.length > 0)
    teller.tell({ kind: "notice", code: "attachments-missing", text: `These attachments could not be fetched: ${missing.join(", ")}` })
  return missing
}
