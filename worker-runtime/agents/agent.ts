import type { AgentSlug } from "#contract/agents.ts"
import type { EventBody } from "../line.ts"
import { claudeCode } from "./claude-code.ts"
import { codex } from "./codex.ts"
import { geminiCli } from "./gemini-cli.ts"
import { kimiCode } from "./kimi-code.ts"
import { mistralVibe } from "./mistral-vibe.ts"
import { openCode } from "./opencode.ts"
import { qwenCli } from "./qwen-cli.ts"

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
  /** Folders below HOME without which this CLI cannot go on with a session; null: it cannot at all. */
  sessionFolders: readonly string[] | null
  /** Arguments with which it takes its sessions from one folder to another, when it would not find them there by itself. */
  moveSession?: (from: string, to: string) => readonly string[]
  /** How its model calls go through the worker, which then holds the key; or why they cannot. */
  broker: Broker | { none: string }
  /** Whether a session can be gone on with in a repository's folder of another path than the one it began in. */
  resumesElsewhere: boolean
  /** The option that takes the prompt as its value, for a CLI that reads none from standard input; null: it does read it there. */
  promptOption: string | null
  /** Exit codes that say more than the output does. */
  exitCodes: Readonly<Record<number, AgentTrouble>>
  /** What the last lines of standard error tell of a failure, for a CLI that says it nowhere else. */
  readStderr(lines: readonly string[]): AgentTrouble | null
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
  /** Outside of the repository and needed all the same, for documents and attachments; some CLIs have to be allowed. */
  folders: readonly string[]
  /** A new id for a session, for a CLI that takes one. */
  sessionId: string
  /** The session to go on with, as its own output named it; null: a new one. */
  resume: string | null
}

/** What a stand-in for the model's provider has to know. */
export interface Broker {
  dialect: "anthropic" | "openai" | "gemini"
  /** Names of secrets that are keys of the provider, the one that counts first. */
  keys: readonly string[]
  /** Where calls go when the clanker names no base URL. */
  baseUrl: string
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
  /** As the output names it: what a later run resumes. */
  sessionId: string | null
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
  sessionId: null,
  model: "",
  error: null,
  openTools: {},
  usage: { inputTokens: 0, outputTokens: 0, costUsd: null },
  unknownLines: 0,
}

/** A new agent does not build without its row. */
export const HARNESSES = {
  "claude-code": claudeCode,
  codex,
  "qwen-cli": qwenCli,
  "gemini-cli": geminiCli,
  opencode: openCode,
  "kimi-code": kimiCode,
  "mistral-vibe": mistralVibe,
} as const satisfies Record<AgentSlug, Agent>
