// Claude Code 2.1.328, read off its real output (reference/captures/claude).
import { z } from "zod"
import type { EventBody } from "../line.ts"
import type { Agent, AgentInput, AgentPlan, AgentState, Reading } from "./agent.ts"
import { contentText, endTool, keepLine, planOfTool, readEach, retrying, startTool, words } from "./reading.ts"
import { parseLine, unknownLine } from "./unknown-line.ts"

const SLUG = "claude-code"

export const claudeCode: Agent = {
  slug: SLUG,
  binary: "claude",
  versionArgs: ["--version"],
  // A repository's own AGENTS.md is read by the CLI itself, but only when it has no CLAUDE.md.
  instructionsFile: ".claude/CLAUDE.md",
  skillsFolder: ".claude/skills",
  configFiles: {},
  sessionFolders: [".claude/projects"],
  broker: { dialect: "anthropic", keys: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"], baseUrl: "https://api.anthropic.com" },
  resumesElsewhere: true,
  promptOption: null,
  exitCodes: {},
  readStderr: () => null,
  plan,
  read,
}

function plan({ model, baseUrl, extraArgs, secrets, isRoot, sessionId, resume }: AgentInput): AgentPlan {
  const session = resume === null ? ["--session-id", sessionId] : ["--resume", resume]
  return {
    // The prompt comes by standard input: an argument ends at 128 KiB.
    args: [
      "-p",
      "--output-format",
      "stream-json",
      "--verbose",
      "--dangerously-skip-permissions",
      ...session,
      ...(model === undefined ? [] : ["--model", model]),
      ...extraArgs,
    ],
    env: {
      ...secrets,
      ...(baseUrl === undefined ? {} : { ANTHROPIC_BASE_URL: baseUrl }),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      // The default of ten retries lasts minutes without a word; our clocks decide.
      CLAUDE_CODE_MAX_RETRIES: "2",
      // It refuses to skip permissions as root unless told that it is in a sandbox.
      ...(isRoot ? { IS_SANDBOX: "1" } : {}),
    },
    files: {},
  }
}

const blockSchema = z.union([
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("thinking"), thinking: z.string() }),
  z.object({ type: z.literal("tool_use"), id: z.string(), name: z.string(), input: z.unknown() }),
  z.object({ type: z.literal("tool_result"), tool_use_id: z.string(), content: z.unknown().optional(), is_error: z.boolean().nullish() }),
  z.looseObject({ type: z.string() }),
])
type Block = z.infer<typeof blockSchema>

const count = z.number().int().min(0).catch(0)
const modelUsageSchema = z.record(
  z.string(),
  z.object({
    inputTokens: count,
    outputTokens: count,
    cacheReadInputTokens: count,
    cacheCreationInputTokens: count,
    costUSD: z.number().min(0).catch(0),
  }),
)
const lineSchema = z.union([
  z.object({ type: z.literal("system"), subtype: z.literal("init"), model: z.string(), session_id: z.string() }),
  z.object({
    type: z.literal("system"),
    subtype: z.literal("api_retry"),
    attempt: z.number(),
    error_status: z.number().nullish(),
    error: z.string().nullish(),
  }),
  z.object({ type: z.literal("system"), subtype: z.string() }),
  z.object({
    type: z.literal("assistant"),
    message: z.object({ content: z.array(blockSchema) }),
    is_api_error_message: z.boolean().optional(),
  }),
  z.object({ type: z.literal("user"), message: z.object({ content: z.union([z.string(), z.array(blockSchema)]) }) }),
  z.object({
    type: z.literal("result"),
    is_error: z.boolean(),
    result: words,
    api_error_status: z.number().nullish().catch(null),
    subtype: z.string().catch(""),
    total_cost_usd: z.number().min(0).nullish().catch(null),
    modelUsage: modelUsageSchema.catch({}),
  }),
])
type Line = z.infer<typeof lineSchema>

function read(state: AgentState, text: string): Reading {
  const line = lineSchema.safeParse(parseLine(text))
  if (!line.success) return unknownLine(state, text, SLUG)
  switch (line.data.type) {
    case "system":
      return readSystem(state, line.data, text)
    case "assistant":
      // The result says it again.
      return line.data.is_api_error_message === true ? keepLine(state, SLUG, text) : readBlocks(state, line.data.message.content)
    case "user":
      return typeof line.data.message.content === "string" ? keepLine(state, SLUG, text) : readBlocks(state, line.data.message.content)
    case "result":
      return readResult(state, line.data)
  }
}

/** System lines come and go with every version; those without a meaning for us are not worth a notice. */
function readSystem(state: AgentState, line: Extract<Line, { type: "system" }>, text: string): Reading {
  if ("model" in line) return { state: { ...state, model: line.model, sessionId: line.session_id }, events: [] }
  if (!("attempt" in line)) return keepLine(state, SLUG, text)
  const why = [line.error_status, line.error].filter((part) => part !== null && part !== undefined).join(" ")
  return retrying(state, why)
}

function readBlocks(state: AgentState, blocks: readonly Block[]): Reading {
  return readEach(state, blocks, readBlock)
}

function readBlock(state: AgentState, block: Block): Reading {
  if ("text" in block && typeof block.text === "string" && block.type === "text") {
    return { state: { ...state, lastMessage: block.text }, events: [{ kind: "text", delta: block.text }] }
  }
  if ("thinking" in block && typeof block.thinking === "string") return { state, events: [{ kind: "reasoning", delta: block.thinking }] }
  if ("name" in block && typeof block.name === "string" && "id" in block && typeof block.id === "string") {
    const { id, name, input } = block
    const started = startTool(state, { id, name, input })
    return { state: started.state, events: [...started.events, ...planOfTool("TodoWrite", { name, input })] }
  }
  if ("tool_use_id" in block && typeof block.tool_use_id === "string") {
    return endTool(state, { id: block.tool_use_id, output: contentText(block.content), failed: block.is_error === true })
  }
  return keepLine(state, SLUG, JSON.stringify(block))
}

/** `subtype` says "success" even when the provider refused: `is_error` decides. */
function readResult(state: AgentState, line: Extract<Line, { type: "result" }>): Reading {
  const models = Object.entries(line.modelUsage)
  const events = models.map(([model, usage]): EventBody => ({
    kind: "usage",
    model,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadInputTokens,
    cacheWriteTokens: usage.cacheCreationInputTokens,
    costUsd: usage.costUSD,
  }))
  const sum = (pick: (usage: (typeof models)[number][1]) => number) => models.reduce((total, [, usage]) => total + pick(usage), 0)
  const usage = {
    inputTokens: sum((one) => one.inputTokens),
    outputTokens: sum((one) => one.outputTokens),
    costUsd: line.total_cost_usd ?? null,
  }
  if (line.is_error) {
    const error = { status: line.api_error_status ?? null, text: line.result || line.subtype }
    return { state: { ...state, terminal: "error", error, usage }, events }
  }
  return { state: { ...state, terminal: "success", error: null, usage, lastMessage: line.result || state.lastMessage }, events }
}
