// PURE: a job's events as the lines of its raw log.
import type { StoredEvent } from "#contract/live.ts"
import type { WorkerEvent } from "#contract/worker.ts"
import { isKnown } from "./job-blocks.ts"

export const LEVELS = ["debug", "info", "warn", "error"] as const
export type Level = (typeof LEVELS)[number]
export interface LogLine {
  at: string
  level: Level
  source: string
  text: string
}
export interface LogLines {
  lines: LogLine[]
  /** The source whose last line may still grow: agents write in pieces. */
  open: "agent" | "thought" | null
}

export const emptyLog = (): LogLines => ({ lines: [], open: null })

export function addToLog(into: LogLines, event: StoredEvent): void {
  if (!isKnown(event)) return
  if (event.kind === "text" || event.kind === "reasoning") return addPiece(into, event)
  into.open = null
  const { level, source, text } = wordsOf(event)
  for (const part of text.replace(/\n$/, "").split("\n")) into.lines.push({ at: event.at, level, source, text: part })
}

function addPiece(into: LogLines, { kind, delta, at }: { kind: "text" | "reasoning"; delta: string; at: string }): void {
  const source = kind === "text" ? "agent" : "thought"
  const [first = "", ...rest] = delta.split("\n")
  const last = into.lines.at(-1)
  if (into.open === source && last) into.lines[into.lines.length - 1] = { ...last, text: last.text + first }
  else into.lines.push({ at, level: "info", source, text: first })
  for (const text of rest) into.lines.push({ at, level: "info", source, text })
  into.open = source
}

type Told = Exclude<WorkerEvent, { kind: "text" | "reasoning" }>

function wordsOf(event: Told): { level: Level; source: string; text: string } {
  switch (event.kind) {
    case "log":
      return { level: event.level, source: event.source, text: event.text }
    case "step":
      return {
        level: event.state === "failed" ? "error" : "info",
        source: "step",
        text: `${event.step} ${event.state}${event.detail ? `: ${event.detail}` : ""}`,
      }
    case "tool": {
      const head = `${event.name} ${event.state}${event.exitCode === undefined ? "" : ` (exit code ${event.exitCode})`}`
      const input = event.input === undefined ? "" : ` ${JSON.stringify(event.input)}`
      return {
        level: event.state === "failed" ? "warn" : "info",
        source: "tool",
        text: `${head}${input}${event.output ? `\n${event.output}` : ""}`,
      }
    }
    case "usage":
      return { level: "debug", source: "usage", text: `${event.model}: ${event.inputTokens} tokens in, ${event.outputTokens} out` }
    case "plan":
      return {
        level: "info",
        source: "plan",
        text: event.items.map(({ text, state }) => `[${state === "done" ? "x" : state === "active" ? ">" : " "}] ${text}`).join("\n"),
      }
    case "checkpoint":
      return { level: "info", source: "checkpoint", text: `${event.artifact} ${event.commit}` }
    case "pushed":
      return { level: "info", source: "pushed", text: `${event.branch} ${event.commit}` }
    case "pull-request":
      return { level: "info", source: "pull-request", text: `#${event.number} ${event.action} ${event.url}` }
    case "notice":
      return { level: "warn", source: "notice", text: `${event.code}: ${event.text}` }
    case "gap":
      return { level: "warn", source: "gap", text: `events ${event.from} to ${event.to} were dropped (${event.bytes} bytes)` }
  }
}
