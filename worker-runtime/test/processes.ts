// Workers as processes of their own, and what is left of them.
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { readFileSync, readdirSync } from "node:fs"
import { createServer } from "node:http"
import type { RequestListener } from "node:http"

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** With just this environment; `ended` resolves when it is over and has said everything. */
export function start(command: readonly string[], env: Readonly<Record<string, string>>): { child: ChildProcess; ended: Promise<Ended> } {
  const [program = "", ...args] = command
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] })
  const printed = { stdout: "", stderr: "" }
  child.stdout.on("data", (chunk: Buffer) => (printed.stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (printed.stderr += chunk.toString()))
  return { child, ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, ...printed }))) }
}

/** The processes that carry this text in their environment. */
export function startedWith(text: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && environOf(pid).includes(text))
}

function environOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1")
  } catch {
    // It has ended, or it is a zombie.
    return ""
  }
}

/** Served on this machine until `close`. */
export async function listen(listener: RequestListener): Promise<{ url: string; port: number; close(): void }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export const logLines = (stderr: string): Record<string, unknown>[] =>
  stderr
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line))
