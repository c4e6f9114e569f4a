// Gemini CLI 0.61.0, read off its real output (reference/captures/gemini).
import { z } from "zod"
import { AGENTS } from "#contract/agents.ts"
import type { EventBody } from "../line.ts"
import type { Agent, AgentInput, AgentPlan, AgentState, Reading } from "./agent.ts"
import { addUsage, count, endTool, exitCodeIn, planOf, readEach, startTool, troubleIn, words, wordsOf } from "./reading.ts"
import { parseLine, unknownLine } from "./unknown-line.ts"

const SLUG = "gemini-cli"
const GEMINI_URL = "https://generativelanguage.googleapis.com"

export const geminiCli: Agent = {
  slug: SLUG,
  binary: "gemini",
  versionArgs: ["--version"],
  instructionsFile: ".gemini/AGENTS.md",
  skillsFolder: ".agents/skills",
  configFiles: {},
  sessionFolders: [".gemini/tmp"],
  broker: { dialect: "gemini", keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"], baseUrl: GEMINI_URL },
  resumesElsewhere: false,
  promptOption: null,
  // The HTTP status of the last refusal modulo 256, and its own code for a missing way to sign in.
  exitCodes: {
    41: { status: 401, text: "It has no key to sign in with (exit code 41)." },
    145: { status: 401, text: "The model's provider answered 401." },
    147: { status: 403, text: "The model's provider answered 403." },
    173: { status: 429, text: "The model's provider answered 429." },
    244: { status: 500, text: "The model's provider answered 500." },
  },
  readStderr: () => null,
  plan,
  read,
}

const SETTINGS = {
  security: { auth: { selectedType: "gemini-api-key" } },
  // The default of ten attempts lasts minutes; our clocks decide.
  general: { maxAttempts: 2, retryFetchErrors: false, enableAutoUpdate: false, enableAutoUpdateNotification: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  context: { fileName: ["AGENTS.md", "GEMINI.md"] },
}

function plan(input: AgentInput): AgentPlan {
  const { model = AGENTS[SLUG].defaultModel, baseUrl = GEMINI_URL, extraArgs, secrets, sessionId, folders, resume } = input
  const key = secrets["GEMINI_API_KEY"] ?? secrets["GOOGLE_API_KEY"]
  return {
    // The prompt comes by standard input.
    args: [
      "-m",
      model,
      "--yolo",
      "--skip-trust",
      "-o",
      "stream-json",
      // Its tools refuse every path outside of its workspace.
      ...folders.flatMap((folder) => ["--include-directories", folder]),
      ...(resume === null ? ["--session-id", sessionId] : ["--resume", resume]),
      ...extraArgs,
    ],
    env: {
      ...secrets,
      ...(key === undefined ? {} : { GEMINI_API_KEY: key }),
      // Always set: an .env file of the repository may set what the environment does not.
      GOOGLE_GEMINI_BASE_URL: baseUrl,
    },
    files: { ".gemini/settings.json": JSON.stringify(SETTINGS) },
  }
}

const modelStatsSchema = z.record(
  z.string(),
  z.object({ input_tokens: count, output_tokens: count, cached: count }).catch({ input_tokens: 0, output_tokens: 0, cached: 0 }),
)
const errorSchema = z.object({ message: z.string() })
const lineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("init"), session_id: z.string(), model: z.string().optional().catch(undefined) }),
  z.object({ type: z.literal("message"), role: z.enum(["user", "assistant"]), content: words, delta: z.boolean().catch(false) }),
  z.object({ type: z.literal("tool_use"), tool_name: z.string(), tool_id: z.string(), parameters: z.unknown().optional() }),
  z.object({
    type: z.literal("tool_result"),
    tool_id: z.string(),
    status: z.unknown().optional(),
    output: words,
    error: z.unknown().optional(),
  }),
  z.object({ type: z.literal("error"), severity: z.unknown().optional(), message: words }),
  z.object({
    type: z.literal("result"),
    status: z.string(),
    error: z.unknown().optional(),
    stats: z.object({ models: modelStatsSchema.catch({}) }).catch({ models: {} }),
  }),
])
type Line = z.infer<typeof lineSchema>

function read(state: AgentState, text: string): Reading {
  const line = lineSchema.safeParse(parseLine(text))
  if (!line.success) return unknownLine(state, text, SLUG)
  switch (line.data.type) {
    case "init":
      return { state: { ...state, sessionId: line.data.session_id, model: line.data.model ?? state.model }, events: [] }
    case "message":
      return readMessage(state, line.data)
    case "tool_use": {
      const { tool_id: id, tool_name: name, parameters: input } = line.data
      const started = startTool({ ...state, lastMessage: "" }, { id, name, input })
      return { state: started.state, events: [...started.events, ...planOfTool(name, input)] }
    }
    case "tool_result": {
      const { tool_id: id, status, output, error } = line.data
      // A command's exit code is printed only when the command has printed nothing.
      const exitCode = exitCodeIn(output, /^Command exited with code: (\d+)$/g)
      return endTool(state, { id, output: output === "" ? messageOf(error) : output, failed: status === "error", exitCode })
    }
    case "error":
      return readError(state, line.data)
    case "result":
      return readResult(state, line.data)
  }
}

/** The prompt is repeated as the user's message; the model's comes in pieces, which begin anew after each tool. */
function readMessage(state: AgentState, { role, content, delta }: Extract<Line, { type: "message" }>): Reading {
  if (role === "user" || content === "") return { state, events: [] }
  return {
    state: { ...state, lastMessage: delta ? state.lastMessage + content : content },
    events: [{ kind: "text", delta: content }],
  }
}

const todosSchema = z.object({ todos: z.unknown() })
const todoSchema = z.array(z.object({ description: z.string(), status: z.string().catch("pending") }))

function planOfTool(name: string, input: unknown): EventBody[] {
  const given = todosSchema.safeParse(input)
  const todos = todoSchema.safeParse(given.success ? given.data.todos : null)
  if (name !== "write_todos" || !todos.success) return []
  return planOf(todos.data.map(({ description, status }) => ({ text: description, status })))
}

function messageOf(error: unknown): string {
  const named = errorSchema.safeParse(error)
  return named.success ? named.data.message : wordsOf(error)
}

/** Warnings go by; an error stands unless the result says that all went well. */
function readError(state: AgentState, { severity, message }: Extract<Line, { type: "error" }>): Reading {
  if (severity !== "error") return { state, events: [{ kind: "log", level: "warn", source: SLUG, text: message }] }
  return { state: { ...state, error: troubleIn(message) }, events: [{ kind: "log", level: "error", source: SLUG, text: message }] }
}

function readResult(state: AgentState, { status, error, stats }: Extract<Line, { type: "result" }>): Reading {
  const spent = readEach(state, Object.entries(stats.models), (so, [model, used]) =>
    addUsage(so, {
      model,
      inputTokens: Math.max(0, used.input_tokens - used.cached),
      outputTokens: used.output_tokens,
      cacheReadTokens: used.cached,
    }),
  )
  if (status === "success") return { state: { ...spent.state, terminal: "success", error: null }, events: spent.events }
  const text = messageOf(error)
  return { state: { ...spent.state, terminal: "error", error: troubleIn(text) }, events: spent.events }
}
