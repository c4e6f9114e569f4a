import type { Doors } from "../doors.ts"
import type { Cloned, Prepared } from "../facts.ts"
import { openGit } from "../platform/git.ts"

/** A self-test has no repository: it gets one with a single empty commit, and asks nobody outside for it. */
export async function emptyRepository(facts: Prepared, { env }: Doors, signal: AbortSignal): Promise<Cloned> {
  const { workspace, payload, args, prompt } = facts
  const options = { own: workspace.own, path: env.path, signal }
  const outside = await openGit({ ...options, directory: workspace.root })
  await outside("init", "--quiet", "--template=", `--initial-branch=${payload.repository.branch}`, "--", workspace.repo)
  const git = await openGit({ ...options, directory: workspace.repo })
  const author = ["-c", "user.name=Viberator", "-c", "user.email=viberator@viberglass.invalid"]
  await git(...author, "commit", "--quiet", "--allow-empty", "-m", "An empty repository for a self-test")
  const commit = (await git("rev-parse", "HEAD")).trim()
  return { ...facts, startCommit: commit, baseCommit: commit, branchExisted: false, beginning: { kind: "fresh", args, prompt } }
}
