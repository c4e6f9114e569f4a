import type { AgentSlug } from "#contract/agents.ts"
import type { EventBody } from "../line.ts"
import { claudeCode } from "./claude-code.ts"
import { openCode } from "./opencode.ts"

/** Our adapter for one agent CLI: pure data and functions; steps do the work. */
export interface Agent {
  slug: AgentSlug
  /** Name of the program on the PATH. */
  binary: string
  versionArgs: readonly string[]
  /** Where this CLI reads instructions and skills at user level, below HOME. */
  instructionsFile: string
  skillsFolder: string
  /** Clanker files that belong to this CLI: their name → where it reads them, below HOME. */
  configFiles: Readonly<Record<string, string>>
  /** Command, environment and files of one run. */
  plan(input: AgentInput): AgentPlan
  /** One line of its output. A line it does not know is kept as it is: see `unknownLine`. */
  read(state: AgentState, line: string): Reading
}

export interface AgentInput {
  model?: string
  baseUrl?: string
  extraArgs: readonly string[]
  /** The secrets that the clanker ticked for its agent, by name. */
  secrets: Readonly<Record<string, string>>
  isRoot: boolean
  sessionId: string
}

export interface AgentPlan {
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** Path below HOME → content. Written before the agent starts; never holds a secret. */
  files: Readonly<Record<string, string>>
}

export interface Reading {
  state: AgentState
  events: readonly EventBody[]
}

/** What the output has told so far. */
export interface AgentState {
  /** The stream's own last word: success needs it *and* exit code 0. */
  terminal: "none" | "success" | "error"
  lastMessage: string
  model: string
  error: AgentTrouble | null
  /** Names of tools that have started and not finished, by id. */
  openTools: Readonly<Record<string, string>>
  usage: { inputTokens: number; outputTokens: number; costUsd: number | null }
  /** Lines that the parser did not know; the first one is announced. */
  unknownLines: number
}

export interface AgentTrouble {
  /** HTTP status of the model's provider, when there was one. */
  status: number | null
  text: string
}

export const NOTHING_READ: AgentState = {
  terminal: "none",
  lastMessage: "",
  model: "",
  error: null,
  openTools: {},
  usage: { inputTokens: 0, outputTokens: 0, costUsd: null },
  unknownLines: 0,
}

/** A new agent does not build without its row. `not-yet`: known to the product, not driven by this release. */
export const HARNESSES = {
  "claude-code": claudeCode,
  opencode: openCode,
  codex: "not-yet",
  "qwen-cli": "not-yet",
  "gemini-cli": "not-yet",
  "kimi-code": "not-yet",
  "mistral-vibe": "not-yet",
} as const satisfies Record<AgentSlug, Agent | "not-yet">
