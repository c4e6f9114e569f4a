// Qwen Code 0.24.4, read off its real output (reference/captures/qwen).
import { z } from "zod"
import { AGENTS } from "#contract/agents.ts"
import type { Agent, AgentInput, AgentPlan, AgentState, Reading } from "./agent.ts"
import {
  addUsage,
  contentText,
  count,
  endTool,
  exitCodeIn,
  keepLine,
  planOfTool,
  readEach,
  retrying,
  sayText,
  startTool,
  troubleIn,
  words,
  wordsOf,
} from "./reading.ts"
import { parseLine, unknownLine } from "./unknown-line.ts"

const SLUG = "qwen-cli"
const [QWEN_URL] = AGENTS[SLUG].baseUrlPresets

export const qwenCli: Agent = {
  slug: SLUG,
  binary: "qwen",
  versionArgs: ["--version"],
  instructionsFile: ".qwen/QWEN.md",
  skillsFolder: ".agents/skills",
  configFiles: {},
  sessionFolders: [".qwen/projects"],
  broker: { dialect: "openai", keys: ["QWEN_CLI_API_KEY", "DASHSCOPE_API_KEY"], baseUrl: QWEN_URL },
  resumesElsewhere: false,
  promptOption: null,
  exitCodes: {},
  readStderr: () => null,
  plan,
  read,
}

const SETTINGS = {
  general: { enableAutoUpdate: false },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  security: { auth: { selectedType: "openai" } },
  // A rate limit is waited for 60 s and longer, ten times; our clocks decide. Its seven tries of a 5xx have no setting.
  model: { generationConfig: { maxRetries: 1, retryInitialDelayMs: 2_000, retryMaxDelayMs: 30_000 } },
  // It would ask the model after each run what to remember, in a HOME that ends with the job.
  memory: { enableManagedAutoMemory: false, enableManagedAutoDream: false },
}

function plan(input: AgentInput): AgentPlan {
  const { model = AGENTS[SLUG].defaultModel, baseUrl = QWEN_URL, extraArgs, secrets, sessionId, resume } = input
  const key = secrets["QWEN_CLI_API_KEY"] ?? secrets["DASHSCOPE_API_KEY"]
  return {
    // The prompt comes by standard input.
    args: [
      "--yolo",
      "-o",
      "stream-json",
      "--auth-type",
      "openai",
      "-m",
      model,
      ...(resume === null ? ["--session-id", sessionId] : ["--resume", resume]),
      ...extraArgs,
    ],
    env: {
      ...secrets,
      ...(key === undefined ? {} : { OPENAI_API_KEY: key }),
      // Always set: an .env file of the repository may set what the environment does not.
      OPENAI_BASE_URL: baseUrl,
      OPENAI_MODEL: model,
      QWEN_CODE_SUPPRESS_YOLO_WARNING: "1",
      QWEN_DISABLE_AUTO_TITLE: "1",
    },
    files: { ".qwen/settings.json": JSON.stringify(SETTINGS) },
  }
}

const contentSchema = z.union([z.string(), z.array(z.unknown())])
const usageSchema = z.object({ input_tokens: count, output_tokens: count, cache_read_input_tokens: count })
const retrySchema = z.object({
  attempt: z.number().optional().catch(undefined),
  maxRetries: z.number().optional().catch(undefined),
  delayMs: z.number().optional().catch(undefined),
})
const lineSchema = z.union([
  z.object({
    type: z.literal("system"),
    subtype: z.literal("init"),
    session_id: z.string(),
    model: z.string().optional().catch(undefined),
  }),
  z.object({ type: z.literal("system"), subtype: z.literal("retry"), data: retrySchema }),
  z.object({ type: z.enum(["system", "stream_event"]) }),
  z.object({
    type: z.literal("assistant"),
    message: z.object({ content: contentSchema, usage: usageSchema.nullish().catch(null), model: z.string().optional().catch(undefined) }),
  }),
  z.object({ type: z.literal("user"), message: z.object({ content: contentSchema }) }),
  z.object({
    type: z.literal("result"),
    subtype: z.string().optional().catch(undefined),
    is_error: z.boolean().optional().catch(undefined),
    result: words,
    error: z.unknown().optional(),
  }),
])
type Line = z.infer<typeof lineSchema>

function read(state: AgentState, text: string): Reading {
  const line = lineSchema.safeParse(parseLine(text))
  if (!line.success) return unknownLine(state, text, SLUG)
  switch (line.data.type) {
    case "system":
      if ("session_id" in line.data)
        return { state: { ...state, sessionId: line.data.session_id, model: line.data.model ?? state.model }, events: [] }
      return "data" in line.data ? readRetry(state, line.data.data) : keepLine(state, SLUG, text)
    case "stream_event":
      return keepLine(state, SLUG, text)
    case "assistant":
      return readAssistant(state, line.data.message)
    case "user":
      return typeof line.data.message.content === "string"
        ? keepLine(state, SLUG, text)
        : readEach(state, line.data.message.content, readBlock)
    case "result":
      return readResult(state, line.data)
  }
}

/** The second of its two lines for a retry has no numbers: it is the retry itself. Why is on standard error. */
function readRetry(state: AgentState, { attempt, maxRetries, delayMs }: z.infer<typeof retrySchema>): Reading {
  if (attempt === undefined) return { state, events: [] }
  const seconds = delayMs === undefined ? "" : ` in ${Math.round(delayMs / 1000)} s`
  return retrying(state, `attempt ${attempt}${maxRetries === undefined ? "" : ` of ${maxRetries}`}${seconds}`)
}

function readAssistant(state: AgentState, { content, usage, model }: Extract<Line, { type: "assistant" }>["message"]): Reading {
  const said = typeof content === "string" ? sayText(state, content) : readEach(state, content, readBlock)
  if (!usage || usage.input_tokens + usage.output_tokens === 0) return said
  const spent = addUsage(said.state, {
    model: model ?? state.model,
    // Its input counts what came from the cache as well.
    inputTokens: Math.max(0, usage.input_tokens - usage.cache_read_input_tokens),
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens,
  })
  return { state: spent.state, events: [...said.events, ...spent.events] }
}

const blockSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: words }),
  z.object({ type: z.literal("thinking"), thinking: words }),
  z.object({ type: z.literal("tool_use"), id: z.string(), name: z.string(), input: z.unknown().optional() }),
  z.object({ type: z.literal("tool_result"), tool_use_id: z.string(), content: z.unknown().optional(), is_error: z.unknown().optional() }),
])

function readBlock(state: AgentState, part: unknown): Reading {
  const block = blockSchema.safeParse(part)
  if (!block.success) return keepLine(state, SLUG, wordsOf(part))
  switch (block.data.type) {
    case "text":
      return sayText(state, block.data.text)
    case "thinking":
      return { state, events: block.data.thinking === "" ? [] : [{ kind: "reasoning", delta: block.data.thinking }] }
    case "tool_use": {
      const started = startTool(state, { id: block.data.id, name: block.data.name, input: block.data.input })
      return { state: started.state, events: [...started.events, ...planOfTool("todo_write", block.data)] }
    }
    case "tool_result": {
      const { tool_use_id: id, content, is_error: failed } = block.data
      const output = contentText(content)
      const exitCode = state.openTools[id] === "run_shell_command" ? exitCodeIn(output, /^Exit Code: (\d+)$/gm) : null
      return endTool(state, { id, output, failed: failed === true, exitCode })
    }
  }
}

const errorSchema = z.object({ message: z.string() })

/** Its own sum is of the whole session, a resumed one's former runs included: only the single answers are counted. */
function readResult(state: AgentState, line: Extract<Line, { type: "result" }>): Reading {
  const succeeded = line.is_error === undefined ? line.subtype === "success" : !line.is_error
  if (succeeded) return { state: { ...state, terminal: "success", error: null, lastMessage: line.result || state.lastMessage }, events: [] }
  const named = errorSchema.safeParse(line.error)
  const said = named.success ? named.data.message : wordsOf(line.error)
  const text = said || line.result || line.subtype || ""
  return { state: { ...state, terminal: "error", error: troubleIn(text) }, events: [] }
}
