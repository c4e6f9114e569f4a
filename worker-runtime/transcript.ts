import { closeSync, openSync, readFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { Redactor } from "./redact.ts"
import type { Workspace } from "./workspace.ts"

/** Everything that the agent's CLI printed, redacted, for the artifact. */
export interface Transcript {
  write(line: string): void
  close(): void
}

/** Beyond this the middle of a run is not kept: the artifact has a limit of 25 MiB. */
const MAX_BYTES = 24 * 1024 * 1024

const fileOf = ({ own }: Workspace) => join(own, "transcript.ndjson")

export function openTranscript(workspace: Workspace, redactor: Redactor): Transcript {
  const fd = openSync(fileOf(workspace), "w", 0o600)
  let bytes = 0
  return {
    write(line) {
      const text = `${redactor.clean(line)}\n`
      if (bytes > MAX_BYTES) return
      bytes += Buffer.byteLength(text)
      writeSync(fd, bytes > MAX_BYTES ? "[… the transcript was cut here]\n" : text)
    },
    close: () => closeSync(fd),
  }
}

/** Null when the agent never ran. */
export function readTranscript(workspace: Workspace): Buffer | null {
  try {
    const content = readFileSync(fileOf(workspace))
    return content.length === 0 ? null : content
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null
    throw error
  }
}
