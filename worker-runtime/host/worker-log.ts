import { appendFileSync, closeSync, fstatSync, openSync, readSync, statSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { isCode } from "./proc.ts"

/** What one worker may leave on the disk of its host; events and transcripts go to the control plane, not here. */
const CAP_BYTES = 5 * 1_048_576
/** At most so much of a log is shown. */
export const LOG_TAIL = { bytes: 65_536, lines: 2000 } as const

export const logFile = (runFolder: string) => join(runFolder, "worker.log")

/** A file and not a pipe: a pipe would break, and the worker with it, when the host dies. */
export const openLog = (runFolder: string) => openSync(logFile(runFolder), "a", 0o600)

/**
 * Cuts a log over its cap to its newer half. The worker writes in append mode, so it goes on at the new end; a line
 * written between the reading and the cut is lost, which a log of last resort may.
 */
export function capLog(file: string, capBytes = CAP_BYTES): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= capBytes) return
  const newer = readEnd(file, capBytes / 2)
  truncateSync(file, 0)
  appendFileSync(file, `[the host cut this log to its newer half]\n${newer}`)
}

export function tailLog(file: string, lines: number): string {
  const wanted = Math.max(0, Math.min(lines, LOG_TAIL.lines))
  const all = readEnd(file, LOG_TAIL.bytes).split("\n")
  if (all.at(-1) === "") all.pop()
  return wanted === 0 ? "" : all.slice(-wanted).join("\n")
}

/** The last bytes from a line's start on; empty when there is no log (yet, or any more). */
function readEnd(file: string, bytes: number): string {
  let fd: number
  try {
    fd = openSync(file, "r")
  } catch (error) {
    if (isCode(error, ["ENOENT"])) return ""
    throw error
  }
  try {
    const { size } = fstatSync(fd)
    const buffer = Buffer.alloc(Math.min(size, bytes))
    const read = readSync(fd, buffer, 0, buffer.length, size - buffer.length)
    const text = buffer.toString("utf8", 0, read)
    return size > bytes ? text.slice(text.indexOf("\n") + 1) : text
  } finally {
    closeSync(fd)
  }
}
