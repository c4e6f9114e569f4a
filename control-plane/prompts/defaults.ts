import type { PromptKey } from "#contract/prompts.ts"
import claw from "./defaults/claw_scheduled_task.md"
import developing from "./defaults/ticket_developing.md"
import planningRevision from "./defaults/ticket_planning_revision_task.md"
import planningWithResearch from "./defaults/ticket_planning_with_research.md"
import planningWithoutResearch from "./defaults/ticket_planning_without_research.md"
import research from "./defaults/ticket_research.md"
import researchRevision from "./defaults/ticket_research_revision_task.md"

/** What the system ships with; a project or the installation may override each. */
export const DEFAULT_TEMPLATES = {
  ticket_research: research,
  ticket_research_revision_task: researchRevision,
  ticket_planning_with_research: planningWithResearch,
  ticket_planning_without_research: planningWithoutResearch,
  ticket_planning_revision_task: planningRevision,
  ticket_developing: developing,
  claw_scheduled_task: claw,
} as const satisfies Record<PromptKey, string>
