// PURE
import type { EventBody } from "../line.ts"
import type { AgentState, Reading } from "./agent.ts"

/** A line that a parser does not know is never an error and never lost: a new version of a CLI may say new things. */
export function unknownLine(state: AgentState, line: string, source: string): Reading {
  const kept: EventBody = { kind: "log", level: "info", source, text: line }
  const notice: EventBody = {
    kind: "notice",
    code: "agent-line-unknown",
    text: `${source} prints lines that this release does not know; they are in the log as they came.`,
  }
  return { state: { ...state, unknownLines: state.unknownLines + 1 }, events: state.unknownLines === 0 ? [kept, notice] : [kept] }
}

/** The line as JSON, or null: plain text between the JSON lines is kept as it is by the caller. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Not JSON: see above.
    return null
  }
}
