// The environment of everything that runs on behalf of the agent or the project: an allow-list.
import type { WorkerEnv } from "../env.ts"
import { MARK_VARIABLE } from "../platform/descendants.ts"
import type { Workspace } from "../workspace.ts"

export function markOf({ id, attempt }: { id: string; attempt: number }): string {
  return `${id}-${attempt}`
}

/** PATH, HOME, locale, TMPDIR, the marker, and what the agent was given. Nothing else of ours is inherited. */
export function childEnvironment({
  env,
  workspace,
  mark,
  given,
}: {
  env: WorkerEnv
  workspace: Workspace
  mark: string
  given: Readonly<Record<string, string>>
}): Record<string, string> {
  return {
    ...given,
    ...env.locale,
    PATH: env.path,
    HOME: workspace.home,
    TMPDIR: workspace.tmp,
    // Agents are told this name by the prompts; the prompt itself carries the path.
    VIBERATOR_OUTPUT: workspace.output,
    VIBERATOR_ATTACHMENTS: workspace.attachments,
    [MARK_VARIABLE]: mark,
  }
}
