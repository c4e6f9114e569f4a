import type { JobKind, JobStep } from "#contract/jobs.ts"
import type { Phase, Ticket } from "#contract/tickets.ts"
import type { Role } from "#contract/users.ts"

/** The product's words for closed lists, as people read them. A new value does not build without its word. */
export const PHASE_WORDS = { research: "Research", planning: "Planning", execution: "Execution" } as const satisfies Record<Phase, string>

export const KIND_WORDS = {
  research: "Research",
  planning: "Planning",
  execution: "Execution",
  claw: "Claw",
  "self-test": "Self-test",
} as const satisfies Record<JobKind, string>

export const STEP_WORDS = {
  receive: "Receive the job",
  "resolve-clanker": "Resolve the clanker",
  "fetch-credentials": "Fetch credentials",
  "prepare-agent": "Prepare the agent",
  clone: "Clone the repository",
  "run-agent": "Run the agent",
  "commit-and-push": "Commit and push",
  "open-pull-request": "Open the pull request",
  report: "Report the result",
} as const satisfies Record<JobStep, string>

export const SEVERITY_WORDS = { low: "Low", medium: "Medium", high: "High", critical: "Critical" } as const satisfies Record<
  Ticket["severity"],
  string
>

export const SOURCE_WORDS = {
  ui: "this site",
  api: "the API",
  slack: "Slack",
  github: "GitHub",
  jira: "Jira",
  shortcut: "Shortcut",
  linear: "Linear",
  gitlab: "GitLab",
  custom: "a webhook",
} as const satisfies Record<Ticket["source"], string>

export const ROLE_WORDS = { viewer: "Viewer", member: "Member", admin: "Admin" } as const satisfies Record<Role, string>
