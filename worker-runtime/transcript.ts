import { closeSync, constants, openSync, readSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { Redactor } from "./redact.ts"
import type { Workspace } from "./workspace.ts"

/** Everything that the agent's CLI printed, redacted, for the artifact. */
export interface Transcript {
  open(workspace: Workspace): void
  write(line: string): void
  /** Null when the agent never ran or printed nothing. */
  read(): Buffer | null
  close(): void
}

/** Beyond this the middle of a run is not kept: the artifact has a limit of 25 MiB. */
const MAX_BYTES = 24 * 1024 * 1024
const CUT = "[… the transcript was cut here]\n"

/**
 * The agent is the same user and could put a link, a pipe or a device in the file's place: it is opened once, loses its
 * name (unless `keep` wants it to be seen) and is read through the same descriptor, no further than was written.
 */
export function createTranscript({ redactor, keep }: { redactor: Redactor; keep: boolean }): Transcript {
  let fd: number | null = null
  let end = 0
  let full = false
  return {
    open({ own }) {
      const file = join(own, "transcript.ndjson")
      rmSync(file, { recursive: true, force: true })
      fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
      if (!keep) rmSync(file)
    },
    write(line) {
      if (fd === null || full) return
      const bytes = Buffer.from(`${redactor.clean(line)}\n`)
      full = end + bytes.length > MAX_BYTES
      end += full ? writeSync(fd, CUT, end) : writeSync(fd, bytes, 0, bytes.length, end)
    },
    read: () => (fd === null || end === 0 ? null : readAll(fd, end)),
    close() {
      if (fd !== null) closeSync(fd)
      fd = null
    },
  }
}

function readAll(fd: number, end: number): Buffer {
  const content = Buffer.alloc(end)
  let at = 0
  for (let got = -1; got !== 0 && at < end; at += got) got = readSync(fd, content, at, end - at, at)
  return content.subarray(0, at)
}
