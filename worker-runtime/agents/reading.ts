// PURE: what the parsers share. Whatever else a line lacks, the words in it are not lost.
import { z } from "zod"
import type { EventBody } from "../line.ts"
import type { AgentState, AgentTrouble, Reading } from "./agent.ts"

/** A text as it is; a value of another shape as its JSON, so that nothing that was said disappears; nothing as "". */
export function wordsOf(value: unknown): string {
  if (value === undefined || value === null) return ""
  return typeof value === "string" ? value : JSON.stringify(value)
}
export const words = z.unknown().optional().transform(wordsOf)
/** A number of tokens; whatever is none counts as 0. */
export const count = z.number().int().min(0).catch(0)

/** The events of each part, one after the other. */
export function readEach<Part>(state: AgentState, parts: readonly Part[], read: (state: AgentState, part: Part) => Reading): Reading {
  return parts.reduce<Reading>(
    (so, part) => {
      const next = read(so.state, part)
      return { state: next.state, events: [...so.events, ...next.events] }
    },
    { state, events: [] },
  )
}

export function sayText(state: AgentState, text: string): Reading {
  return text === "" ? { state, events: [] } : { state: { ...state, lastMessage: text }, events: [{ kind: "text", delta: text }] }
}

export function startTool(state: AgentState, { id, name, input }: { id: string; name: string; input: unknown }): Reading {
  return {
    state: { ...state, openTools: { ...state.openTools, [id]: name } },
    events: [{ kind: "tool", id, name, state: "started", input }],
  }
}

interface ToolEnd {
  id: string
  output: string
  failed?: boolean
  exitCode?: number | null
}

/** The end of a tool whose start was told; its name is the one from then. */
export function endTool(state: AgentState, { id, output, failed = false, exitCode = null }: ToolEnd): Reading {
  const { [id]: name = "tool", ...openTools } = state.openTools
  const ended: EventBody = { kind: "tool", id, name, state: failed ? "failed" : "finished", output }
  return { state: { ...state, openTools }, events: [exitCode === null ? ended : { ...ended, exitCode }] }
}

/** The last number that the pattern finds: a command's exit code in the words of a CLI that has no field for it. */
export function exitCodeIn(output: string, pattern: RegExp): number | null {
  const [, digits] = [...output.matchAll(pattern)].at(-1) ?? []
  return digits === undefined ? null : Number(digits)
}

interface Spent {
  model: string
  inputTokens: number
  outputTokens: number
  cacheReadTokens?: number
  cacheWriteTokens?: number
}

export function addUsage(state: AgentState, spent: Spent): Reading {
  const { usage } = state
  const sum = {
    ...usage,
    inputTokens: usage.inputTokens + spent.inputTokens,
    outputTokens: usage.outputTokens + spent.outputTokens,
  }
  return { state: { ...state, usage: sum }, events: [{ kind: "usage", ...spent }] }
}

/** Kept in the log without a word about it: known, and of no meaning for a job. */
export function keepLine(state: AgentState, source: string, text: string): Reading {
  return { state, events: [{ kind: "log", level: "debug", source, text }] }
}

export function retrying(state: AgentState, why: string): Reading {
  return { state, events: [{ kind: "notice", code: "agent-retrying", text: `The agent is retrying: ${why}` }] }
}

/** The HTTP status that an error's words name. */
export function troubleIn(text: string): AgentTrouble {
  const [, digits] = /(?:status:?|API Error:|"code":|"status":|provider\.\w+:) *(\d{3})\b/i.exec(text) ?? []
  if (digits !== undefined) return { status: Number(digits), text }
  // Google refuses a key with 400, and only its words say why.
  return { status: /API key not valid|API_KEY_INVALID|invalid api key/i.test(text) ? 401 : null, text }
}

const PLAN_STATES: Readonly<Record<string, "pending" | "active" | "done">> = {
  pending: "pending",
  in_progress: "active",
  completed: "done",
  done: "done",
  cancelled: "done",
}
const itemSchema = z.object({
  content: z.string().optional(),
  title: z.string().optional(),
  text: z.string().optional(),
  status: z.string().catch("pending"),
})

const todosSchema = z.object({ todos: z.unknown() })

/** The plan that a call holds whose tool is this CLI's list of to-dos. */
export function planOfTool(list: string, { name, input }: { name: string; input?: unknown }): EventBody[] {
  const given = todosSchema.safeParse(input)
  return name === list && given.success ? planOf(given.data.todos) : []
}

const textSchema = z.object({ text: z.string() })

/** What a tool answered in parts, of which some are texts. */
export function contentText(content: unknown): string {
  if (!Array.isArray(content)) return wordsOf(content)
  return content
    .map((part: unknown) => {
      const text = textSchema.safeParse(part)
      return text.success ? text.data.text : wordsOf(part)
    })
    .join("\n")
}

/** The items of a tool's list of to-dos, under whichever names this CLI keeps them; nothing when there are none. */
export function planOf(todos: unknown): EventBody[] {
  const items = z.array(itemSchema).safeParse(todos)
  if (!items.success || items.data.length === 0) return []
  const shown = items.data.slice(0, 200).map(({ content, title, text, status }) => ({
    text: content ?? title ?? text ?? "",
    state: PLAN_STATES[status] ?? "pending",
  }))
  return [{ kind: "plan", items: shown }]
}
