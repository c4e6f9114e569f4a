// Kimi Code 2.1.0, read off its real output (reference/captures/kimi).
import { z } from "zod"
import { AGENTS } from "#contract/agents.ts"
import type { Agent, AgentInput, AgentPlan, AgentState, AgentTrouble, Reading } from "./agent.ts"
import { endTool, exitCodeIn, keepLine, planOfTool, readEach, retrying, sayText, startTool, troubleIn, words, wordsOf } from "./reading.ts"
import { parseLine, unknownLine } from "./unknown-line.ts"

const SLUG = "kimi-code"
const [KIMI_URL] = AGENTS[SLUG].baseUrlPresets
/** It names its session only when a run ends well; until then this stands for the last one in this folder. */
const LAST_SESSION = "last"

export const kimiCode: Agent = {
  slug: SLUG,
  binary: "kimi",
  versionArgs: ["--version"],
  instructionsFile: ".agents/AGENTS.md",
  skillsFolder: ".agents/skills",
  configFiles: {},
  sessionFolders: [".kimi-code/sessions"],
  broker: { dialect: "openai", keys: ["KIMI_API_KEY", "MOONSHOT_API_KEY"], baseUrl: KIMI_URL },
  resumesElsewhere: false,
  promptOption: "--prompt",
  exitCodes: {},
  readStderr,
  plan,
  read,
}

function plan({ model = AGENTS[SLUG].defaultModel, baseUrl = KIMI_URL, extraArgs, secrets, resume }: AgentInput): AgentPlan {
  const key = secrets["KIMI_API_KEY"] ?? secrets["MOONSHOT_API_KEY"]
  const session = resume === null ? [] : resume === LAST_SESSION ? ["--continue"] : ["-S", resume]
  return {
    args: ["--output-format", "stream-json", ...session, ...extraArgs],
    env: {
      ...secrets,
      ...(key === undefined ? {} : { KIMI_MODEL_API_KEY: key }),
      KIMI_MODEL_BASE_URL: baseUrl,
      KIMI_MODEL_NAME: model,
      // The default of ten attempts lasts three minutes; our clocks decide.
      KIMI_LOOP_MAX_ATTEMPTS_PER_STEP: "3",
      KIMI_CODE_NO_AUTO_UPDATE: "1",
      KIMI_DISABLE_TELEMETRY: "1",
      KIMI_DISABLE_CRON: "1",
    },
    files: {},
  }
}

const callSchema = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.unknown().optional() }) })
const lineSchema = z.union([
  z.object({ role: z.literal("assistant"), content: words, tool_calls: z.array(z.unknown()).nullish() }),
  z.object({ role: z.literal("tool"), tool_call_id: z.string(), content: words }),
  z.object({
    role: z.literal("meta"),
    type: z.literal("turn.step.retrying"),
    error_name: words,
    error_message: words,
    status_code: words,
  }),
  z.object({ role: z.literal("meta"), type: z.literal("session.resume_hint"), session_id: z.string() }),
  z.object({ role: z.literal("meta"), type: z.literal("system.version") }),
])
type Line = z.infer<typeof lineSchema>

function read(state: AgentState, text: string): Reading {
  const line = lineSchema.safeParse(parseLine(text))
  if (!line.success) return unknownLine(state, text, SLUG)
  switch (line.data.role) {
    case "assistant":
      return readAssistant(state, line.data)
    case "tool":
      return readToolEnd(state, line.data)
    case "meta":
      return readMeta(state, line.data, text)
  }
}

function readAssistant(state: AgentState, { content, tool_calls }: Extract<Line, { role: "assistant" }>): Reading {
  const said = sayText(state, content)
  const called = readEach(said.state, tool_calls ?? [], readCall)
  return { state: called.state, events: [...said.events, ...called.events] }
}

function readCall(state: AgentState, part: unknown): Reading {
  const call = callSchema.safeParse(part)
  if (!call.success) return keepLine(state, SLUG, wordsOf(part))
  const { id, function: called } = call.data
  const input = typeof called.arguments === "string" ? (parseLine(called.arguments) ?? called.arguments) : called.arguments
  const started = startTool(state, { id, name: called.name, input })
  return { state: started.state, events: [...started.events, ...planOfTool("TodoList", { name: called.name, input })] }
}

/** Only a command says whether it went well, as the last of its words. */
function readToolEnd(state: AgentState, { tool_call_id: id, content: output }: Extract<Line, { role: "tool" }>): Reading {
  if (state.openTools[id] !== "Bash") return endTool(state, { id, output })
  const exitCode = output.endsWith("Command executed successfully.") ? 0 : exitCodeIn(output, /Command failed with exit code: (\d+)\.$/g)
  return endTool(state, { id, output, failed: exitCode !== null && exitCode !== 0, exitCode })
}

function readMeta(state: AgentState, line: Extract<Line, { role: "meta" }>, text: string): Reading {
  switch (line.type) {
    case "turn.step.retrying":
      return retrying(state, line.error_message || [line.status_code, line.error_name].filter(Boolean).join(" "))
    case "session.resume_hint":
      return keepLine({ ...state, terminal: "success", sessionId: line.session_id }, SLUG, text)
    case "system.version":
      return keepLine({ ...state, sessionId: state.sessionId ?? LAST_SESSION }, SLUG, text)
  }
}

/** "error: failed to run prompt: provider.auth_error: 401 Invalid API key" */
function readStderr(lines: readonly string[]): AgentTrouble | null {
  const [, said] = lines.map((line) => /^error: (?:failed to run prompt: )?(.+)$/.exec(line)).findLast((match) => match !== null) ?? []
  return said === undefined ? null : troubleIn(said)
}
