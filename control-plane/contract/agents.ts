import type { z } from "zod"
import type { agentSchema } from "./agents.schema.ts"

export const AGENT_SLUGS = ["claude-code", "codex", "qwen-cli", "gemini-cli", "opencode", "kimi-code", "mistral-vibe"] as const
export type AgentSlug = (typeof AGENT_SLUGS)[number]
export const DEFAULT_AGENT: AgentSlug = "claude-code"
export type Agent = z.infer<typeof agentSchema>

/**
 * What the product knows of each agent CLI. `requiredSecrets` is a list of any-of groups: the job needs one name of each
 * group. Read off the real programs, of Mistral Vibe off its source; their versions are pinned in `infra/workers/images.json`.
 * `broker` is the part of the secrets that the worker keeps: see `heldByAgent`.
 */
export const AGENTS = {
  "claude-code": {
    slug: "claude-code",
    name: "Claude Code",
    description: "Anthropic's general-purpose coding agent, the default.",
    distribution: "npm: @anthropic-ai/claude-code",
    requiredSecrets: [["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]],
    broker: {
      keys: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
      note: "A CLAUDE_CODE_OAUTH_TOKEN works with Anthropic's own address alone: the agent holds it, and its calls are not counted.",
    },
    models: ["sonnet", "opus", "haiku"],
    baseUrlPresets: [],
  },
  codex: {
    slug: "codex",
    name: "OpenAI Codex",
    description: "OpenAI's coding agent, strong at reasoning.",
    distribution: "npm: @openai/codex",
    requiredSecrets: [["CODEX_API_KEY", "OPENAI_API_KEY"]],
    broker: { keys: ["CODEX_API_KEY", "OPENAI_API_KEY"] },
    models: ["gpt-5.1-codex"],
    defaultModel: "gpt-5.1-codex",
    baseUrlPresets: [],
  },
  "qwen-cli": {
    slug: "qwen-cli",
    name: "Qwen CLI",
    description: "Alibaba's agent, for any endpoint that speaks the Qwen-compatible API.",
    distribution: "npm: @qwen-code/qwen-code",
    requiredSecrets: [["QWEN_CLI_API_KEY", "DASHSCOPE_API_KEY"]],
    broker: { keys: ["QWEN_CLI_API_KEY", "DASHSCOPE_API_KEY"] },
    models: ["qwen3-coder-plus"],
    defaultModel: "qwen3-coder-plus",
    baseUrlPresets: ["https://dashscope.aliyuncs.com/compatible-mode/v1", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"],
  },
  "gemini-cli": {
    slug: "gemini-cli",
    name: "Gemini CLI",
    description: "Google's agent with a choice of Gemini models.",
    distribution: "npm: @google/gemini-cli",
    requiredSecrets: [["GEMINI_API_KEY", "GOOGLE_API_KEY"]],
    broker: { keys: ["GEMINI_API_KEY", "GOOGLE_API_KEY"] },
    models: ["gemini-3-pro", "gemini-2.5-pro", "gemini-2.5-flash"],
    defaultModel: "gemini-2.5-pro",
    baseUrlPresets: [],
  },
  opencode: {
    slug: "opencode",
    name: "OpenCode",
    description: "Open-source agent for OpenAI-compatible endpoints, with your own base URL and model.",
    distribution: "npm: opencode-ai",
    requiredSecrets: [["OPENAI_API_KEY", "OPENCODE_API_KEY"]],
    broker: {
      keys: ["OPENAI_API_KEY"],
      note: "An OPENCODE_API_KEY is for OpenCode's own service, which speaks several dialects: the agent holds it, and its calls are not counted.",
    },
    models: ["gpt-5.1", "gpt-5.1-codex"],
    defaultModel: "gpt-5.1",
    baseUrlPresets: ["https://api.openai.com/v1", "https://openrouter.ai/api/v1"],
  },
  "kimi-code": {
    slug: "kimi-code",
    name: "Kimi Code",
    description: "Moonshot's agent, tuned for long context.",
    distribution: "npm: @moonshot-ai/kimi-code",
    requiredSecrets: [["KIMI_API_KEY", "MOONSHOT_API_KEY"]],
    broker: { keys: ["KIMI_API_KEY", "MOONSHOT_API_KEY"] },
    models: ["kimi-k2.5"],
    defaultModel: "kimi-k2.5",
    baseUrlPresets: ["https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1"],
  },
  "mistral-vibe": {
    slug: "mistral-vibe",
    name: "Mistral Vibe",
    description: "Mistral's own coding agent.",
    distribution: "uv: mistral-vibe",
    requiredSecrets: [["MISTRAL_API_KEY"]],
    broker: { keys: ["MISTRAL_API_KEY"] },
    models: ["mistral-vibe-cli-latest", "devstral-small-latest"],
    baseUrlPresets: [],
  },
} as const satisfies Record<AgentSlug, Omit<Agent, "images">>

/** The any-of groups of which no name is among `names`: what a clanker still lacks. */
export function missingSecretGroups(agent: AgentSlug, names: readonly string[]): readonly (readonly string[])[] {
  const groups: readonly (readonly string[])[] = AGENTS[agent].requiredSecrets
  return groups.filter((group) => !group.some((name) => names.includes(name)))
}

/** The repository's own name of an image: `123.dkr.ecr.eu-west-1.amazonaws.com/worker:dev` → `worker`. */
export const repositoryOfImage = (image: string): string => (image.split("@")[0] ?? "").replace(/^.*\//, "").replace(/:.*$/, "")

/** Whether this image is one of the known ones, and known to be without this agent. `known` says for each agent which repositories carry it. */
export function lacksAgent(image: string, agent: AgentSlug, known: readonly Pick<Agent, "slug" | "images">[]): boolean {
  const carries = known.filter(({ images }) => images.includes(repositoryOfImage(image))).map(({ slug }) => slug)
  return carries.length > 0 && !carries.includes(agent)
}

/** Why some keys of this agent, or all, do not stay with the worker. Undefined: all do. */
export function brokerNote(agent: AgentSlug): string | undefined {
  const broker: Agent["broker"] = AGENTS[agent].broker
  return broker.note
}

/** Which of these secrets are model keys that the agent itself gets to hold: the worker's broker cannot stand in for them. */
export function heldByAgent(agent: AgentSlug, names: readonly string[]): readonly string[] {
  const keys: readonly string[] = AGENTS[agent].broker.keys
  const groups: readonly (readonly string[])[] = AGENTS[agent].requiredSecrets
  return groups.flat().filter((name) => names.includes(name) && !keys.includes(name))
}
