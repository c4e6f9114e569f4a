// Codex 0.169.0, read off its real output (reference/captures/codex).
import { z } from "zod"
import { AGENTS } from "#contract/agents.ts"
import type { Agent, AgentInput, AgentPlan, AgentState, Reading } from "./agent.ts"
import { addUsage, count, endTool, planOf, retrying, sayText, startTool, troubleIn, words, wordsOf } from "./reading.ts"
import { parseLine, unknownLine } from "./unknown-line.ts"

const SLUG = "codex"
/** Its built-in provider takes neither a base URL from the environment nor fewer retries: ours is the same with both. */
const PROVIDER = "viberglass"
const OPENAI_URL = "https://api.openai.com/v1"

export const codex: Agent = {
  slug: SLUG,
  binary: "codex",
  versionArgs: ["--version"],
  instructionsFile: ".codex/AGENTS.md",
  skillsFolder: ".agents/skills",
  configFiles: {},
  sessionFolders: [".codex/sessions"],
  broker: { dialect: "openai", keys: ["CODEX_API_KEY", "OPENAI_API_KEY"], baseUrl: OPENAI_URL },
  resumesElsewhere: true,
  promptOption: null,
  exitCodes: {},
  readStderr: () => null,
  plan,
  read,
}

function plan({ model = AGENTS.codex.defaultModel, baseUrl = OPENAI_URL, extraArgs, secrets, resume }: AgentInput): AgentPlan {
  const key = secrets["CODEX_API_KEY"] ?? secrets["OPENAI_API_KEY"]
  const provider = `model_providers.${PROVIDER}`
  const settings = {
    [`${provider}.name`]: "Viberglass",
    [`${provider}.base_url`]: baseUrl,
    // The key itself stays in the environment.
    [`${provider}.env_key`]: "CODEX_API_KEY",
    [`${provider}.wire_api`]: "responses",
    [`${provider}.request_max_retries`]: 2,
    [`${provider}.stream_max_retries`]: 2,
    model_provider: PROVIDER,
    check_for_update_on_startup: false,
    "analytics.enabled": false,
    "feedback.enabled": false,
  }
  return {
    args: [
      "exec",
      "--json",
      "--dangerously-bypass-approvals-and-sandbox",
      "--skip-git-repo-check",
      // The plugins' catalogue is fetched from elsewhere; without the other one it never gives up a refused connection.
      ...["plugins", "unbounded_connection_retries"].flatMap((feature) => ["--disable", feature]),
      // A value is TOML, of which JSON's strings, numbers and booleans are a part.
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${JSON.stringify(value)}`]),
      "-m",
      model,
      ...extraArgs,
      ...(resume === null ? [] : ["resume", resume]),
      // The prompt comes by standard input.
      "-",
    ],
    env: { ...secrets, ...(key === undefined ? {} : { CODEX_API_KEY: key }) },
    files: {},
  }
}

const itemSchema = z.looseObject({ id: z.string(), type: z.string() })
type Item = z.infer<typeof itemSchema>
const lineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("thread.started"), thread_id: z.string() }),
  z.object({ type: z.literal("turn.started") }),
  z.object({
    type: z.literal("turn.completed"),
    usage: z.object({ input_tokens: count, cached_input_tokens: count, output_tokens: count }).nullish().catch(null),
  }),
  z.object({ type: z.literal("turn.failed"), error: z.unknown() }),
  z.object({ type: z.literal("error"), message: words }),
  z.object({ type: z.literal("item.started"), item: itemSchema }),
  z.object({ type: z.literal("item.updated"), item: itemSchema }),
  z.object({ type: z.literal("item.completed"), item: itemSchema }),
])

function read(state: AgentState, text: string): Reading {
  const line = lineSchema.safeParse(parseLine(text))
  if (!line.success) return unknownLine(state, text, SLUG)
  switch (line.data.type) {
    case "thread.started":
      return { state: { ...state, sessionId: line.data.thread_id }, events: [] }
    case "turn.started":
      return { state: { ...state, terminal: "none" }, events: [] }
    case "turn.completed":
      return readEnd({ ...state, terminal: "success", error: null }, line.data.usage ?? null)
    case "turn.failed":
      return readFailure(state, line.data.error)
    case "error":
      return readError(state, line.data.message)
    case "item.started":
    case "item.updated":
    case "item.completed":
      return readItem(state, line.data.item, { done: line.data.type === "item.completed", raw: text })
  }
}

function readEnd(state: AgentState, usage: { input_tokens: number; cached_input_tokens: number; output_tokens: number } | null): Reading {
  if (usage === null) return { state, events: [] }
  return addUsage(state, {
    model: state.model,
    // Its input counts what came from the cache as well.
    inputTokens: Math.max(0, usage.input_tokens - usage.cached_input_tokens),
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cached_input_tokens,
  })
}

const failureSchema = z.object({ message: z.string() })

function readFailure(state: AgentState, error: unknown): Reading {
  const named = failureSchema.safeParse(error)
  const said = named.success ? named.data.message : wordsOf(error)
  const { events } = readError(state, said)
  return { state: { ...state, terminal: "error", error: limitOf(said) }, events: said === state.error?.text ? [] : events }
}

/** "Reconnecting…" passes; another error is what the turn's failure will repeat. */
function readError(state: AgentState, said: string): Reading {
  const [, why] = /^Reconnecting\.\.\. (.*)$/s.exec(said) ?? []
  if (why !== undefined) return retrying(state, why)
  return { state: { ...state, error: limitOf(said) }, events: [{ kind: "log", level: "error", source: SLUG, text: said }] }
}

/** It names no status when the account's own limit is reached. */
function limitOf(said: string) {
  const trouble = troubleIn(said)
  return trouble.status === null && /usage limit/i.test(said) ? { ...trouble, status: 429 } : trouble
}

const todosSchema = z.array(z.object({ text: words, completed: z.boolean().catch(false) }))

function readItem(state: AgentState, item: Item, { done, raw }: { done: boolean; raw: string }): Reading {
  switch (item.type) {
    case "agent_message":
      return done ? sayText(state, wordsOf(item["text"])) : { state, events: [] }
    case "reasoning": {
      const delta = wordsOf(item["text"])
      return { state, events: done && delta !== "" ? [{ kind: "reasoning", delta }] : [] }
    }
    case "command_execution":
    case "file_change":
    case "mcp_tool_call":
    case "web_search":
    case "collab_tool_call":
      return readTool(state, item, done)
    case "todo_list": {
      const todos = todosSchema.safeParse(item["items"])
      const items = todos.success ? todos.data.map(({ text, completed }) => ({ text, status: completed ? "completed" : "pending" })) : []
      return items.length === 0 ? unknownLine(state, raw, SLUG) : { state, events: planOf(items) }
    }
    // An error among the items does not end anything: an unknown model's metadata is one.
    case "error":
      return { state, events: [{ kind: "log", level: "warn", source: SLUG, text: wordsOf(item["message"]) }] }
    default:
      return unknownLine(state, raw, SLUG)
  }
}

function readTool(state: AgentState, item: Item, done: boolean): Reading {
  const { id, type, status: _status, aggregated_output: printed, exit_code: code, result, error, ...input } = item
  const name = type === "mcp_tool_call" ? `${wordsOf(item["server"])}.${wordsOf(item["tool"])}` : type
  const started = state.openTools[id] === undefined ? startTool(state, { id, name, input }) : { state, events: [] }
  if (!done) return started
  const output = [printed, result, error].map(wordsOf).filter((part) => part !== "")
  const exitCode = z.number().int().safeParse(code)
  const ended = endTool(started.state, {
    id,
    output: output.join("\n"),
    failed: item["status"] === "failed" || item["status"] === "declined",
    exitCode: exitCode.success ? exitCode.data : null,
  })
  return { state: ended.state, events: [...started.events, ...ended.events] }
}
