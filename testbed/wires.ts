// How each agent reaches the scripted model: the key it is given and the dialect that it speaks.
import type { AgentSlug } from "#contract/agents.ts"
import type { Model } from "./model.ts"

export type Wires = Readonly<{ keyName: string; settings: Readonly<{ baseUrl: string; model?: string }> }>

const WIRES = {
  "claude-code": (model) => ({ keyName: "ANTHROPIC_API_KEY", settings: { baseUrl: model.anthropicBaseUrl } }),
  codex: (model) => ({ keyName: "OPENAI_API_KEY", settings: { baseUrl: model.openaiBaseUrl } }),
  "qwen-cli": (model) => ({ keyName: "QWEN_CLI_API_KEY", settings: { baseUrl: model.openaiBaseUrl } }),
  "gemini-cli": (model) => ({ keyName: "GEMINI_API_KEY", settings: { baseUrl: model.geminiBaseUrl } }),
  // For a model called gpt-… opencode offers apply_patch instead of its write tool, which the script plays.
  opencode: (model) => ({ keyName: "OPENAI_API_KEY", settings: { baseUrl: model.openaiBaseUrl, model: "scripted" } }),
  "kimi-code": (model) => ({ keyName: "KIMI_API_KEY", settings: { baseUrl: model.openaiBaseUrl } }),
  "mistral-vibe": (model) => ({ keyName: "MISTRAL_API_KEY", settings: { baseUrl: model.openaiBaseUrl } }),
} as const satisfies Record<AgentSlug, (model: Model) => Wires>

export const wiresOf = (slug: AgentSlug, model: Model): Wires => WIRES[slug](model)
