import type { JSX } from "solid-js"
import { AGENTS, type AgentSlug } from "#contract/agents.ts"
import "./agent-icon.css"

const MARKS = {
  "claude-code": "Cl",
  codex: "Cx",
  "qwen-cli": "Qw",
  "gemini-cli": "Ge",
  opencode: "Oc",
  "kimi-code": "Ki",
  "mistral-vibe": "Mi",
} as const satisfies Record<AgentSlug, string>

/** A monogram in the agent's own hue: makers' logos are not ours to ship. Its name belongs beside it. */
export function AgentIcon(props: { agent: AgentSlug; size?: "s" | "l" | undefined }): JSX.Element {
  return (
    <span class="agent-icon" data-agent={props.agent} data-size={props.size} title={AGENTS[props.agent].name} aria-hidden="true">
      {MARKS[props.agent]}
    </span>
  )
}
