import { setTimeout as sleep } from "node:timers/promises"
import { StepFailure } from "../failure.ts"
import type { Doors } from "../doors.ts"
import type { Cloned, Prepared } from "../facts.ts"
import { GitFailed, gitUrl, openGit, remoteHeads, remoteTrouble } from "../platform/git.ts"
import type { Git } from "../platform/git.ts"
import { fetchLfsFiles, hasLfs } from "../platform/lfs.ts"
import { fetchSubmodules } from "../platform/submodules.ts"
import { keepBaseObjects } from "../platform/base-objects.ts"
import { beginningOf } from "./beginning.ts"
import { emptyRepository } from "./empty-repository.ts"
import { runProjectCommand } from "./project-command.ts"
import { freshToken } from "./fetch-credentials.ts"
import { restoreCheckpoint } from "./restore.ts"

/** A forge that is briefly away is asked again; a refusal is not. */
const PAUSES_MS = [1_000, 4_000] as const

/** Step 5: the repository on the ticket's branch, the work of an earlier attempt in it, and the project's setup command. A self-test has an empty one. */
export async function clone(facts: Prepared, doors: Doors, signal: AbortSignal): Promise<Cloned> {
  const { payload, workspace } = facts
  if (payload.job.kind === "self-test") return emptyRepository(facts, doors, signal)
  const { url } = payload.repository
  const { lfs = false } = payload.project.settings
  if (lfs && !hasLfs(doors.env.toolPath)) throw new StepFailure({ kind: "lfs-failed", reason: "not-installed" })
  const token = await freshToken(facts, doors, signal)
  const options = { own: workspace.own, path: doors.env.toolPath, signal, access: { url, token } }
  const outside = await openGit({ ...options, directory: workspace.root })
  const { branchExisted } = await withPatience(signal, () => fetchRepository(outside, facts))
  const inside = await openGit({ ...options, directory: workspace.repo })
  const settled = await withPatience(signal, () => settleBranch(inside, facts, branchExisted))
  const restored = await restoreCheckpoint({ facts, doors, signal, git: inside, branchExisted })
  await fetchRest({ facts, doors, signal, gitIn: (directory) => openGit({ ...options, directory }) })
  // The work began on an older commit of the base branch: so does the branch.
  const older = restored !== null && restored.startCommit !== settled.startCommit
  const commits = older ? { startCommit: restored.startCommit, baseCommit: restored.startCommit } : settled
  if (doors.line.keepsArtifacts) await keepBaseObjects({ repository: workspace.repo, folder: workspace.baseObjects })
  const { setupCommand } = payload.project.settings
  if (setupCommand !== undefined) {
    const { exitCode, lastLines, ranOut } = await runProjectCommand({ command: setupCommand, source: "setup", facts, doors, signal })
    if (exitCode !== 0 && ranOut) throw new StepFailure({ kind: "out-of-memory", detail: setupCommand, lastLines: [...lastLines] })
    if (exitCode !== 0) throw new StepFailure({ kind: "setup-failed", exitCode, detail: setupCommand, lastLines: [...lastLines] })
  }
  const beginning = await beginningOf({ facts, doors, signal, restored, branchExisted })
  return { ...facts, ...commits, branchExisted, beginning }
}

async function fetchRepository(git: Git, { payload, workspace }: Prepared): Promise<{ branchExisted: boolean }> {
  const { branch, baseBranch } = payload.repository
  const url = gitUrl(payload.repository.url)
  const { blobless = false } = payload.project.settings
  const heads = await remoteHeads(git, url, [branch, baseBranch])
  if (!heads.has(baseBranch))
    throw new StepFailure({ kind: "clone-failed", hint: "branch", detail: `The repository has no branch ${baseBranch}.` })
  const branchExisted = heads.has(branch)
  const extra = blobless ? ["--filter=blob:none"] : []
  // Without a template there are no hooks from this machine in the clone.
  await git(
    "clone",
    "--quiet",
    "--template=",
    "--single-branch",
    "--branch",
    branchExisted ? branch : baseBranch,
    ...extra,
    "--",
    url,
    workspace.repo,
  )
  return { branchExisted }
}

async function settleBranch(git: Git, { payload }: Prepared, branchExisted: boolean): Promise<{ startCommit: string; baseCommit: string }> {
  const { branch, baseBranch } = payload.repository
  if (branchExisted) await git("fetch", "--quiet", "--no-tags", "origin", `+refs/heads/${baseBranch}:refs/remotes/origin/${baseBranch}`)
  else await git("checkout", "--quiet", "-b", branch)
  const startCommit = (await git("rev-parse", "HEAD")).trim()
  const baseCommit = branchExisted ? await mergeBase(git, baseBranch) : startCommit
  return { startCommit, baseCommit }
}

async function mergeBase(git: Git, baseBranch: string): Promise<string> {
  try {
    return (await git("merge-base", "HEAD", `refs/remotes/origin/${baseBranch}`)).trim()
  } catch (error) {
    // Histories without a common commit: everything on the branch counts as its own.
    if (error instanceof GitFailed && error.exitCode === 1) return (await git("rev-parse", `refs/remotes/origin/${baseBranch}`)).trim()
    throw error
  }
}

interface Fetching {
  facts: Prepared
  doors: Doors
  signal: AbortSignal
  gitIn: (directory: string) => Promise<Git>
}

/** What is no object of the repository itself, as far as the project wants it. */
async function fetchRest({ facts: { payload, workspace }, doors, signal, gitIn }: Fetching): Promise<void> {
  const { submodules = false, lfs = false } = payload.project.settings
  const { url } = payload.repository
  if (submodules) {
    const patiently = (run: () => Promise<unknown>) => withPatience(signal, run)
    const leftOut = await fetchSubmodules({ gitIn, directory: workspace.repo, url: gitUrl(url), patiently })
    for (const { path, why } of leftOut.slice(0, 20))
      doors.teller.tell({
        kind: "notice",
        code: "submodule-left-out",
        text: `The submodule ${path} is not fetched: ${why}.`.slice(0, 1000),
      })
  }
  if (!lfs) return
  const git = await gitIn(workspace.repo)
  try {
    await withPatience(signal, () => fetchLfsFiles(git, url))
  } catch (error) {
    if (error instanceof StepFailure) throw new StepFailure({ kind: "lfs-failed", reason: "download", ...detailOf(error) })
    throw error
  }
}

const detailOf = ({ failure: { detail } }: StepFailure): { detail?: string } => (detail === undefined ? {} : { detail })

async function withPatience<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof GitFailed)) throw error
      const hint = remoteTrouble(error.said)
      const pause = PAUSES_MS[tries]
      if (hint !== "network" || pause === undefined) throw new StepFailure({ kind: "clone-failed", hint, detail: error.said })
      await sleep(pause, undefined, { signal })
    }
  }
}
