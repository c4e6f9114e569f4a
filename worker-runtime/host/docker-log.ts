import type Dockerode from "dockerode"
import { LOG_TAIL } from "./worker-log.ts"

const HEADER_BYTES = 8

/** The last lines of what a container wrote, standard output and error in their order. */
export async function readOutput(container: Dockerode.Container, lines: number): Promise<string> {
  const tail = Math.max(0, Math.min(lines, LOG_TAIL.lines))
  if (tail === 0) return ""
  const output = await container.logs({ stdout: true, stderr: true, follow: false, tail })
  const text = joinFrames(Buffer.from(output))
  return (text.length > LOG_TAIL.bytes ? text.slice(text.indexOf("\n", text.length - LOG_TAIL.bytes) + 1) : text).replace(/\n$/, "")
}

/**
 * Without a terminal the engine sends frames: one byte for the stream, three empty ones, four for the length, the bytes.
 * Source: Docker Engine API, "Attach to a container", stream format.
 */
export function joinFrames(output: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= output.length;) {
    const end = at + HEADER_BYTES + output.readUInt32BE(at + 4)
    parts.push(output.subarray(at + HEADER_BYTES, end))
    at = end
  }
  return Buffer.concat(parts).toString("utf8")
}
