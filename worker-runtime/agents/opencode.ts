// OpenCode 1.18.33, read off its real output (reference/captures/opencode).
import { z } from "zod"
import { AGENTS } from "#contract/agents.ts"
import type { EventBody } from "../line.ts"
import type { Agent, AgentInput, AgentPlan, AgentState, Reading } from "./agent.ts"
import { planOfTool, words } from "./reading.ts"
import { parseLine, unknownLine } from "./unknown-line.ts"

const SLUG = "opencode"
/** Our own provider entry: its name stands before the model's everywhere, and no repository's configuration knows it. */
const PROVIDER = "viberglass"
const OPENAI_URL = "https://api.openai.com/v1"

export const openCode: Agent = {
  slug: SLUG,
  binary: "opencode",
  versionArgs: ["--version"],
  instructionsFile: ".config/opencode/AGENTS.md",
  skillsFolder: ".agents/skills",
  configFiles: { "opencode.json": ".config/opencode/opencode.json" },
  sessionFolders: [".local/share/opencode"],
  // A session runs in the folder that its row names, whatever `--dir` says.
  moveSession: (from, to) => [
    "db",
    `UPDATE session SET directory = ${sql(to)} || substr(directory, ${from.length + 1}) WHERE substr(directory || '/', 1, ${from.length + 1}) = ${sql(`${from}/`)}`,
  ],
  broker: { dialect: "openai", keys: ["OPENAI_API_KEY"], baseUrl: OPENAI_URL },
  resumesElsewhere: false,
  promptOption: null,
  exitCodes: {},
  readStderr: () => null,
  plan,
  read,
}

function plan({ model = AGENTS.opencode.defaultModel, baseUrl, extraArgs, secrets, resume }: AgentInput): AgentPlan {
  const zen = secrets["OPENAI_API_KEY"] === undefined && baseUrl === undefined
  const key = secrets["OPENAI_API_KEY"] === undefined ? "OPENCODE_API_KEY" : "OPENAI_API_KEY"
  const name = zen ? `opencode/${model}` : `${PROVIDER}/${model}`
  const provider = {
    [PROVIDER]: {
      npm: "@ai-sdk/openai-compatible",
      name: "Viberglass",
      // The key itself stays in the environment.
      options: { baseURL: baseUrl ?? OPENAI_URL, apiKey: `{env:${key}}` },
      models: { [model]: { name: model } },
    },
  }
  const config = { ...(zen ? {} : { provider }), model: name, small_model: name, permission: "allow", autoupdate: false, share: "disabled" }
  return {
    // The prompt comes by standard input, which it reads to its end.
    args: ["run", "--format", "json", "-m", name, ...(resume === null ? [] : ["-s", resume]), ...extraArgs],
    env: {
      ...secrets,
      // Inline configuration wins over the user's and the repository's.
      OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    },
    // There is no setting for its retries, which took 80 s for a 429 or 500 in the captures: our clocks decide.
    files: {},
  }
}

const sql = (text: string): string => `'${text.replaceAll("'", "''")}'`

const count = z.number().int().min(0).catch(0)
const tokensSchema = z.object({
  input: count,
  output: count,
  reasoning: count,
  cache: z.object({ read: count, write: count }).catch({ read: 0, write: 0 }),
})
const toolStateSchema = z.object({
  status: z.string(),
  input: z.unknown().optional(),
  output: z.string().optional(),
  error: z.string().optional(),
  metadata: z
    .object({ exit: z.number().int().nullish().catch(null) })
    .optional()
    .catch(undefined),
})
const lineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("step_start"), sessionID: z.string() }),
  z.object({ type: z.literal("text"), part: z.object({ text: z.string() }) }),
  z.object({ type: z.literal("reasoning"), part: z.object({ text: z.string() }) }),
  z.object({ type: z.literal("tool_use"), part: z.object({ tool: z.string(), callID: z.string(), state: toolStateSchema }) }),
  z.object({
    type: z.literal("step_finish"),
    part: z.object({ reason: z.string(), tokens: tokensSchema.optional(), cost: z.number().min(0).nullish() }),
  }),
  z.object({
    type: z.literal("error"),
    error: z.object({
      name: z.string().catch("Error"),
      data: z.union([
        z.object({ message: words, statusCode: z.number().optional().catch(undefined), responseBody: words }),
        words.transform((message) => ({ message, statusCode: undefined, responseBody: "" })),
      ]),
    }),
  }),
])
type Line = z.infer<typeof lineSchema>

function read(state: AgentState, text: string): Reading {
  const line = lineSchema.safeParse(parseLine(text))
  if (!line.success) return unknownLine(state, text, SLUG)
  switch (line.data.type) {
    case "step_start":
      return { state: { ...state, sessionId: line.data.sessionID }, events: [] }
    case "text":
      return { state: { ...state, lastMessage: line.data.part.text }, events: [{ kind: "text", delta: line.data.part.text }] }
    case "reasoning":
      return { state, events: [{ kind: "reasoning", delta: line.data.part.text }] }
    case "tool_use":
      return { state, events: readTool(line.data.part) }
    case "step_finish":
      return readStepEnd(state, line.data.part)
    case "error":
      return readError(state, line.data.error)
  }
}

/** A tool is told of once, when it has ended. */
function readTool({ tool, callID, state }: Extract<Line, { type: "tool_use" }>["part"]): EventBody[] {
  const exitCode = state.metadata?.exit
  const ended: EventBody = {
    kind: "tool",
    id: callID,
    name: tool,
    state: state.status === "error" ? "failed" : "finished",
    input: state.input,
    output: state.output ?? state.error ?? "",
    ...(typeof exitCode === "number" ? { exitCode } : {}),
  }
  return [ended, ...planOfTool("todowrite", { name: tool, input: state.input })]
}

/** Reason "stop" is the end of the whole run; "tool-calls" is followed by another step. */
function readStepEnd(state: AgentState, { reason, tokens, cost }: Extract<Line, { type: "step_finish" }>["part"]): Reading {
  const terminal = reason === "stop" ? "success" : state.terminal
  if (tokens === undefined) return { state: { ...state, terminal }, events: [] }
  const spent = { inputTokens: tokens.input, outputTokens: tokens.output + tokens.reasoning }
  // A provider without prices reports 0: unknown, not free.
  const costUsd = cost ? { costUsd: cost } : {}
  const usage = {
    inputTokens: state.usage.inputTokens + spent.inputTokens,
    outputTokens: state.usage.outputTokens + spent.outputTokens,
    costUsd: cost ? (state.usage.costUsd ?? 0) + cost : state.usage.costUsd,
  }
  return {
    state: { ...state, terminal, usage, ...(terminal === "success" ? { error: null } : {}) },
    events: [
      { kind: "usage", model: state.model, ...spent, cacheReadTokens: tokens.cache.read, cacheWriteTokens: tokens.cache.write, ...costUsd },
    ],
  }
}

function readError(state: AgentState, { name, data }: Extract<Line, { type: "error" }>["error"]): Reading {
  const words = [data.message || name, data.responseBody].filter((part) => part !== "").join("\n")
  return {
    state: { ...state, terminal: "error", error: { status: data.statusCode ?? null, text: words } },
    events: [{ kind: "log", level: "error", source: SLUG, text: words }],
  }
}
