import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { AGENT_SLUGS, type AgentSlug } from "#contract/agents.ts"

/** The wanted agent, else one that is on the PATH, else the open-source one, pinned. */
export function chooseAgent(wanted: string | undefined): AgentSlug {
  const onPath = (binary: string) => (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, binary)))
  const fallback = onPath("claude") ? "claude-code" : "opencode"
  const found = AGENT_SLUGS.find((slug) => slug === (wanted ?? fallback))
  if (!found) throw new Error(`--agent must be one of ${AGENT_SLUGS.join(", ")}`)
  return found
}
