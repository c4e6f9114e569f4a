import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Doors } from "../doors.ts"
import type { Prepared, Restored } from "../facts.ts"
import { GitFailed } from "../platform/git.ts"
import type { Git } from "../platform/git.ts"
import { localGit } from "../platform/local-git.ts"
import { OUTPUT_REF, WORK_REF } from "../platform/snapshot.ts"

interface Restoring {
  facts: Prepared
  doors: Doors
  signal: AbortSignal
  /** git in the fresh clone: nothing of the agent's has been there yet. */
  git: Git
  branchExisted: boolean
}

/**
 * Lays the work of an earlier attempt or job into the fresh clone, as changes that nobody has committed. Null when there is
 * none, or none that fits; then the clone is as it was, and a notice says why.
 */
export async function restoreCheckpoint(restoring: Restoring): Promise<Restored | null> {
  const { facts, doors, signal, git } = restoring
  const { resume } = facts.payload
  if (resume?.checkpoint === undefined) return null
  const bytes = await doors.line.resumeFile("checkpoint", signal)
  const bundle = bytes === null ? null : readBundle(Buffer.from(bytes))
  if (bytes === null || bundle === null) return unusable(doors, bytes === null ? "it is not there any more" : "it cannot be read")
  const file = join(facts.workspace.own, "checkpoint.bundle")
  const head = (await git("rev-parse", "HEAD")).trim()
  try {
    await writeFile(file, bytes, { mode: 0o600 })
    const wanted = await decide({ ...restoring, head, start: bundle.start })
    if (wanted.kind === "no") return unusable(doors, wanted.why)
    if (wanted.kind === "from-start" && head !== bundle.start)
      await git("checkout", "--quiet", "-B", facts.payload.repository.branch, bundle.start)
    await git("bundle", "unbundle", file)
    return await apply({ ...restoring, head, bundle, wordsOnly: wanted.kind === "words" })
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error
    await backTo(restoring, head)
    return unusable(doors, `git refused it: ${error.said.slice(0, 300)}`)
  } finally {
    await rm(file, { force: true })
  }
}

function unusable({ teller, redactor }: Doors, why: string): null {
  teller.tell({ kind: "notice", code: "checkpoint-unusable", text: redactor.clean(`The earlier work is not used: ${why}.`) })
  return null
}

interface Bundle {
  /** What the bundle builds on. */
  start: string
  work: string
  output: string
}

/** The head of a bundle as we make it: one commit that it builds on, and two refs. Null for anything else. */
function readBundle(bytes: Buffer): Bundle | null {
  const lines = bytes.subarray(0, bytes.indexOf("\n\n")).toString("latin1").split("\n")
  const find = (pattern: RegExp) => lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined)
  const start = find(/^-([0-9a-f]{40,64})(?: |$)/)
  const work = find(new RegExp(`^([0-9a-f]{40,64}) ${WORK_REF}$`))
  const output = find(new RegExp(`^([0-9a-f]{40,64}) ${OUTPUT_REF}$`))
  return start === undefined || work === undefined || output === undefined ? null : { start, work, output }
}

type Decision = { kind: "from-start" } | { kind: "compare" } | { kind: "words" } | { kind: "no"; why: string }

/**
 * The work goes on where it began. A base branch that has grown since does not matter: the branch is made where it would have
 * been. The ticket's own branch does: what is on it now is another one's work, or this very work, pushed.
 */
async function decide({ facts, git, branchExisted, head, start }: Restoring & { head: string; start: string }): Promise<Decision> {
  const { repository, resume } = facts.payload
  const isOwnBranch = branchExisted && repository.branch !== repository.baseBranch
  if (isOwnBranch && resume?.startAt === "open-pull-request") return { kind: "words" }
  if (head === start) return { kind: "from-start" }
  if (!(await isAncestor(git, start, head))) return { kind: "no", why: "the commit that it builds on is not in the branch any more" }
  return isOwnBranch ? { kind: "compare" } : { kind: "from-start" }
}

async function isAncestor(git: Git, commit: string, of: string): Promise<boolean> {
  try {
    await git("merge-base", "--is-ancestor", commit, of)
    return true
  } catch (error) {
    // 1 is its no; anything else means that there is no such commit.
    if (error instanceof GitFailed) return false
    throw error
  }
}

interface Applying extends Restoring {
  head: string
  bundle: Bundle
  wordsOnly: boolean
}

async function apply({ facts, doors, signal, git, head, bundle: { start, work, output }, wordsOnly }: Applying): Promise<Restored | null> {
  const { workspace } = facts
  const now = (await git("rev-parse", "HEAD")).trim()
  const treeOf = async (commit: string) => (await git("rev-parse", `${commit}^{tree}`)).trim()
  const isThere = now !== start && (await treeOf(head)) === (await treeOf(work))
  if (!wordsOnly && now !== start && !isThere) return unusable(doors, "the branch has moved since")
  const own = { own: workspace.own, path: doors.env.toolPath, signal, index: join(workspace.own, "output.index") }
  const laid = localGit({ ...own, gitDirectory: join(workspace.repo, ".git"), workTree: workspace.output })
  await laid(["read-tree", "--reset", "-u", output])
  if (now === start && !wordsOnly) {
    await git("read-tree", "-m", "-u", "HEAD", work)
    await git("reset", "--quiet")
  }
  const lastMessage = (await git("log", "-1", "--format=%B", work)).trim()
  return { lastMessage, tree: wordsOnly ? "left" : isThere ? "there" : "laid", startCommit: now }
}

/** As if nothing had been tried. */
async function backTo({ facts, git }: Restoring, head: string): Promise<void> {
  await git("checkout", "--quiet", "--force", "-B", facts.payload.repository.branch, head)
  await git("clean", "-d", "--force", "--quiet", "-x")
}
