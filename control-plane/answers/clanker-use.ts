import { templatesUsingClanker } from "../claws/template-store.ts"
import type { Context } from "../context.ts"
import { unfinishedJobs } from "../jobs/store.ts"
import { projectsUsingClanker } from "../projects/store.ts"

/** What keeps a clanker from being deleted. */
export async function clankerBlockers(
  context: Context,
  clankerId: string,
): Promise<{ jobs: string[]; projects: { id: string; name: string }[]; templates: { id: string; name: string }[] }> {
  const [jobs, projects, templates] = await context.db.batch([
    unfinishedJobs(context, "clankerId", clankerId),
    projectsUsingClanker(context, clankerId),
    templatesUsingClanker(context, clankerId),
  ])
  return { jobs: jobs.map(({ id }) => id), projects, templates }
}
