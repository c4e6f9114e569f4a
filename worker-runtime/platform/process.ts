import { spawn } from "node:child_process"
import { StringDecoder } from "node:string_decoder"
import { setTimeout as sleep } from "node:timers/promises"
import { MARK_VARIABLE, endTree } from "./descendants.ts"

export interface ProcessSpec {
  command: string
  args: readonly string[]
  cwd: string
  /** The whole environment; nothing of ours is inherited. */
  env: Readonly<Record<string, string>>
  input?: string
  onStdout?: (line: string) => void
  onStderr?: (line: string) => void
  onStart?: (pid: number) => void
}

export interface Exit {
  code: number | null
  signal: string | null
}

export interface TreeLimits {
  signal: AbortSignal
  mark: string
  /** Between TERM and KILL. */
  graceMs: number
  /** See `WorkerEnv.alone`. */
  alone: boolean
}

/** A line longer than this is handed on in pieces: a CLI may print a file into one line. */
const MAX_LINE = 4 * 1024 * 1024
/** How long the pipes may stay open after the leader's end; a killed descendant needs no longer. */
const DRAIN_MS = 2_000

/**
 * Runs a program in its own session and process group and answers how it ended, when nothing that it started is alive
 * any more. An aborted signal ends it: TERM to the group, `graceMs`, KILL. Rejects when the program cannot be started.
 */
export async function runTree(spec: ProcessSpec, { signal, mark, graceMs, alone }: TreeLimits): Promise<Exit> {
  signal.throwIfAborted()
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...spec.env, [MARK_VARIABLE]: mark },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  })
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (code, killedBy) => resolve({ code, signal: killedBy }))
  })
  const drained = new Promise<void>((resolve) => child.once("close", () => resolve()))
  let broken: unknown = null
  let ending: Promise<void> | null = null
  const end = () => (ending ??= child.pid === undefined ? Promise.resolve() : endTree({ pid: child.pid, mark, graceMs, alone }))
  // Whoever listens may fail (a full disk); the program must not go on without being heard.
  const fail = (error: unknown) => {
    broken ??= error
    void end()
  }
  readLines(child.stdout, spec.onStdout, fail)
  readLines(child.stderr, spec.onStderr, fail)
  // A program that ends without reading its input breaks the pipe; its exit code says what happened.
  child.stdin.on("error", () => child.stdin.destroy())
  child.stdin.end(spec.input ?? "")
  const { pid } = child
  if (pid === undefined) return exited
  spec.onStart?.(pid)
  const stop = () => void end()
  signal.addEventListener("abort", stop, { once: true })
  try {
    const exit = await exited
    await end()
    await Promise.race([drained, sleep(DRAIN_MS, undefined, { ref: false })])
    if (broken !== null) throw broken
    return exit
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

function readLines(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined, fail: (error: unknown) => void): void {
  const decoder = new StringDecoder("utf8")
  let rest = ""
  const say = (line: string) => {
    try {
      onLine?.(line.endsWith("\r") ? line.slice(0, -1) : line)
    } catch (error) {
      fail(error)
    }
  }
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) say(line)
    if (rest.length > MAX_LINE) {
      say(rest)
      rest = ""
    }
  })
  stream.on("end", () => {
    rest += decoder.end()
    if (rest !== "") say(rest)
  })
}
