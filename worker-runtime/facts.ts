// What is known after each step. A step takes the type of the one before it, so that they cannot be reordered.
import type { SecretDelivery, Payload } from "#contract/worker.ts"
import type { Agent } from "./agents/agent.ts"
import type { Work } from "./line.ts"
import type { OpenBroker } from "./steps/broker.ts"
import type { Workspace } from "./workspace.ts"

export interface Received {
  payload: Payload
  secrets: readonly SecretDelivery[]
  stateKeys: Work["stateKeys"]
  workspace: Workspace
  limitMs: number
  startedAt: number
}

export interface Configured extends Received {
  agent: Agent
  /** Absolute path of the agent's program. */
  binary: string
  agentVersion: string
}

export interface Credentialed extends Configured {
  /** What the agent may have; its own model key is among them. */
  agentSecrets: Readonly<Record<string, string>>
  /** For git and the forge; renewed before each use when there is somebody who can. */
  scmToken: string | null
  tokenAt: number
}

export interface Prepared extends Credentialed {
  /** Between the agent and its model; null: the agent has the key. */
  broker: OpenBroker | null
  prompt: string
  /** The whole environment of the agent and of the project's own commands. */
  childEnv: Readonly<Record<string, string>>
  args: readonly string[]
  /** The arguments with which it goes on with a session. */
  argsToResume: (sessionId: string) => readonly string[]
  /** In the environment of everything that the agent starts, so that it can be found and ended. */
  mark: string
}

export interface Cloned extends Prepared {
  /** Where the work begins: the head of the ticket's branch when it existed, else of the base branch. */
  startCommit: string
  /** Where the branch left the base branch. */
  baseCommit: string
  branchExisted: boolean
  beginning: Beginning
}

/** What of an earlier attempt's work is here: its files laid into the tree, or on the branch already; or only its words. */
export interface Restored {
  lastMessage: string
  tree: "laid" | "there" | "left"
  startCommit: string
}

export type Beginning =
  | { kind: "fresh" | "checkpoint" | "session"; args: readonly string[]; prompt: string }
  /** What is left to do needs no agent. */
  | { kind: "skip"; lastMessage: string }

export interface AgentUsage {
  inputTokens: number
  outputTokens: number
  costUsd: number | null
}

export interface Worked extends Cloned {
  lastMessage: string
  usage: AgentUsage
  /** What research and planning are for. */
  document: string | null
  /** What the agent wrote to describe its change. */
  pullRequestText: string | null
}

/** What became of the change: nothing was asked for, nothing was there, or the branch's head outside. */
export type Change =
  | { kind: "none-wanted" }
  | { kind: "nothing"; note: string }
  | { kind: "pushed"; branch: string; commit: string; files: readonly string[]; patch: string; tests: TestRun | null }

export interface TestRun {
  command: string
  exitCode: number
}

export interface Pushed extends Worked {
  change: Change
}

export interface Opened extends Pushed {
  pullRequest: { url: string; number: number } | null
}
