// Mistral Vibe 2.18.4, read from its source; the program itself has not been run with this release.
import { z } from "zod"
import type { EventBody } from "../line.ts"
import type { Agent, AgentInput, AgentPlan, AgentState, AgentTrouble, Reading } from "./agent.ts"
import { endTool, keepLine, planOf, readEach, sayText, startTool, troubleIn, words, wordsOf } from "./reading.ts"
import { parseLine, unknownLine } from "./unknown-line.ts"

const SLUG = "mistral-vibe"
const MISTRAL_URL = "https://api.mistral.ai/v1"

export const mistralVibe: Agent = {
  slug: SLUG,
  binary: "vibe",
  versionArgs: ["--version"],
  instructionsFile: ".vibe/AGENTS.md",
  skillsFolder: ".agents/skills",
  configFiles: {},
  sessionFolders: [".vibe/logs/session"],
  broker: { dialect: "openai", keys: ["MISTRAL_API_KEY"], baseUrl: MISTRAL_URL },
  resumesElsewhere: false,
  promptOption: null,
  exitCodes: {},
  readStderr,
  plan,
  read,
}

function plan({ model, baseUrl = MISTRAL_URL, extraArgs, secrets, folders, resume }: AgentInput): AgentPlan {
  return {
    // Without a value of its own, -p takes the prompt from standard input.
    args: [
      "-p",
      "--output",
      "streaming",
      "--auto-approve",
      "--trust",
      ...folders.flatMap((folder) => ["--add-dir", folder]),
      ...(resume === null ? [] : ["--resume", resume]),
      ...extraArgs,
    ],
    env: { ...secrets },
    files: { ".vibe/config.toml": settingsOf(baseUrl, model) },
  }
}

/** A string of JSON is one of TOML as well. */
function settingsOf(baseUrl: string, model: string | undefined): string {
  const top = {
    ...(model === undefined ? {} : { active_model: model }),
    enable_telemetry: false,
    enable_update_checks: false,
    enable_auto_update: false,
    enable_notifications: false,
    // Seconds; the default of five minutes is ours to decide.
    api_retry_max_elapsed_time: 20,
  }
  const provider = { name: "mistral", api_base: baseUrl, api_key_env_var: "MISTRAL_API_KEY", backend: "mistral" }
  const lines = (values: Readonly<Record<string, string | number | boolean>>) =>
    Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  return [
    ...lines(top),
    "",
    "[experiments]",
    ...lines({ enable: false }),
    "",
    "[[providers]]",
    ...lines(provider),
    ...(model === undefined ? [] : ["", "[[models]]", ...lines({ name: model, provider: "mistral", alias: model })]),
    "",
  ].join("\n")
}

const callSchema = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.unknown().optional() }) })
const session = { session_id: z.string().optional().catch(undefined) }
const lineSchema = z.discriminatedUnion("role", [
  z.object({ role: z.enum(["system", "user"]), ...session }),
  z.object({
    role: z.literal("assistant"),
    content: words,
    reasoning_content: words,
    tool_calls: z.array(z.unknown()).nullish(),
    ...session,
  }),
  z.object({ role: z.literal("tool"), tool_call_id: z.string(), content: words, ...session }),
])
type Line = z.infer<typeof lineSchema>

function read(state: AgentState, text: string): Reading {
  const line = lineSchema.safeParse(parseLine(text))
  if (!line.success) return unknownLine(state, text, SLUG)
  const next = { ...state, sessionId: line.data.session_id ?? state.sessionId }
  switch (line.data.role) {
    // Its own instructions and our prompt, repeated.
    case "system":
    case "user":
      return { state: next, events: [] }
    case "assistant":
      return readAssistant(next, line.data)
    case "tool":
      return endTool({ ...next, terminal: "none" }, { id: line.data.tool_call_id, output: line.data.content })
  }
}

/** The stream has no event for its end: a message that calls no tool is the last one. */
function readAssistant(state: AgentState, { content, reasoning_content, tool_calls }: Extract<Line, { role: "assistant" }>): Reading {
  const calls = tool_calls ?? []
  const thought: EventBody[] = reasoning_content === "" ? [] : [{ kind: "reasoning", delta: reasoning_content }]
  const said = sayText({ ...state, terminal: calls.length === 0 ? "success" : "none" }, content)
  const called = readEach(said.state, calls, readCall)
  return { state: called.state, events: [...thought, ...said.events, ...called.events] }
}

function readCall(state: AgentState, part: unknown): Reading {
  const call = callSchema.safeParse(part)
  if (!call.success) return keepLine(state, SLUG, wordsOf(part))
  const { id, function: called } = call.data
  const input = typeof called.arguments === "string" ? (parseLine(called.arguments) ?? called.arguments) : called.arguments
  const started = startTool(state, { id, name: called.name, input })
  return { state: started.state, events: [...started.events, ...planOfTool(called.name, input)] }
}

const todosSchema = z.object({ todos: z.unknown() })

function planOfTool(name: string, input: unknown): EventBody[] {
  const given = todosSchema.safeParse(input)
  return name === "todo" && given.success ? planOf(given.data.todos) : []
}

/** Everything from the last "Error:" on; it words a refused key and a rate limit without their status. */
function readStderr(lines: readonly string[]): AgentTrouble | null {
  const start = lines.findLastIndex((line) => line.startsWith("Error: "))
  if (start === -1) return null
  const trouble = troubleIn(lines.slice(start).join("\n").slice("Error: ".length))
  return trouble.status === null && /rate limit/i.test(trouble.text) ? { ...trouble, status: 429 } : trouble
}
