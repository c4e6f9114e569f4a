import { AGENTS } from "#contract/agents.ts"
import { agentListSchema } from "#contract/agents.schema.ts"
import { imagesWith } from "../clankers/images.ts"
import { type App, route } from "./route.ts"

/** The agents are a table of the contract: no noun, no store. */
export function mountAgents(app: App): void {
  route(
    app,
    { method: "get", path: "/api/agents", caller: "read", summary: "List the agents that a clanker can drive", reply: agentListSchema },
    async () => ({
      body: { items: Object.values(AGENTS).map((agent) => ({ ...agent, images: imagesWith(agent.slug) })), nextCursor: null },
    }),
  )
}
