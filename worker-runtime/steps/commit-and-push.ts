import { setTimeout as sleep } from "node:timers/promises"
import type { Doors } from "../doors.ts"
import type { Change, Pushed, TestRun, Worked } from "../facts.ts"
import { StepFailure } from "../failure.ts"
import { endMarked } from "../platform/descendants.ts"
import { GitFailed } from "../platform/git.ts"
import { LfsRefused } from "../platform/lfs.ts"
import { TooMuch } from "../platform/local-git.ts"
import { openPublication, WorkTreeGone } from "../platform/publication.ts"
import type { Publication } from "../platform/publication.ts"
import { isTransient } from "../platform/push.ts"
import type { PushAnswer } from "../platform/push.ts"
import { checkChange, tooLarge } from "./check-change.ts"
import { freshToken } from "./fetch-credentials.ts"
import { runProjectCommand } from "./project-command.ts"
import { commitMessage, describeChange } from "./wording.ts"
import type { DescriptionSource } from "./wording.ts"

/** Step 7: the agent's work tree, checked, becomes one commit of ours on the job's own branch. */
export async function commitAndPush(facts: Worked, doors: Doors, signal: AbortSignal): Promise<Pushed> {
  const { kind } = facts.payload.job
  if (kind !== "execution" && kind !== "claw") return { ...facts, change: { kind: "none-wanted" } }
  try {
    return { ...facts, change: await publish(facts, doors, signal) }
  } catch (error) {
    // Reading the remote failed; pushing has its own answers.
    if (error instanceof GitFailed) throw new StepFailure({ kind: "push-rejected", detail: error.said })
    if (error instanceof LfsRefused) throw new StepFailure({ kind: "lfs-failed", reason: "upload", detail: error.message })
    if (error instanceof TooMuch) throw tooLarge()
    if (error instanceof WorkTreeGone) throw new StepFailure({ kind: "agent-failed", detail: error.message })
    throw error
  }
}

async function publish(facts: Worked, doors: Doors, signal: AbortSignal): Promise<Change> {
  const { payload, startCommit, baseCommit, branchExisted } = facts
  const { branch } = payload.repository
  const first = await openOwn(facts, doors, signal)
  const tree = await first.writeTree()
  const startTree = await first.treeOf(startCommit)
  if (tree === startTree) return withoutChanges(facts, first)
  const { publication, tests } = await afterTests({ facts, doors, signal, publication: first, tree })
  const files = await publication.changedFiles(startTree, tree)
  await checkChange({ facts, doors, publication, from: startTree, to: tree, files })
  const { clean } = doors.redactor
  const message = clean(commitMessage(describeChange(cleanSource(facts, clean)), originOf(facts)))
  const commit = await publication.commit(tree, message)
  await pushPatiently({ facts, doors, signal, publication, commit, expected: branchExisted ? startCommit : null })
  doors.teller.tell({ kind: "pushed", branch, commit })
  const patch = clean(await publication.patch(baseCommit, commit, 3))
  return { kind: "pushed", branch, commit, files: await publication.changedFiles(baseCommit, commit), patch, tests }
}

/** From here on nothing of the agent's may run: as the same user it could rewrite our helper and take the token. */
async function openOwn(facts: Worked, doors: Doors, signal: AbortSignal): Promise<Publication> {
  const { payload, workspace, startCommit, mark } = facts
  const { url, branch, baseBranch } = payload.repository
  await endMarked(mark, doors.env.alone)
  const options = {
    folder: workspace.root,
    path: doors.env.toolPath,
    signal,
    access: { url, token: await freshToken(facts, doors, signal) },
    workTree: workspace.repo,
    startCommit,
    branches: [branch, baseBranch],
    author: { name: payload.clanker.name, email: `${payload.clanker.slug}@viberglass.invalid` },
    lfs: payload.project.settings.lfs ?? false,
  }
  for (let tries = 0; ; tries++) {
    try {
      return await openPublication(options)
    } catch (error) {
      const pause = PAUSES_MS[tries]
      if (!(error instanceof GitFailed) || !isTransient(error.said) || pause === undefined) throw error
      await sleep(pause, undefined, { signal })
    }
  }
}

interface Testing {
  facts: Worked
  doors: Doors
  signal: AbortSignal
  publication: Publication
  tree: string
}

/**
 * Tests are the agent's own code. So the publication that saw the change is gone before they run, and everything that
 * counts (scan, commit, push) is done in another one that is made when they have ended. The tree itself is kept: what the
 * tests leave behind is no part of the change.
 */
async function afterTests({
  facts,
  doors,
  signal,
  publication,
  tree,
}: Testing): Promise<{ publication: Publication; tests: TestRun | null }> {
  const { testCommand: command = "" } = facts.payload.project.settings
  if (command.trim() === "") return { publication, tests: null }
  const kept = await publication.endKeeping(tree)
  try {
    const tests = await runTests(command, facts, doors, signal)
    const fresh = await openOwn(facts, doors, signal)
    await fresh.restore(kept)
    return { publication: fresh, tests }
  } finally {
    await kept.close()
  }
}

/** Judged against where the branch left its base: a branch that is already ahead may still lack its pull request. */
async function withoutChanges(facts: Worked, publication: Publication): Promise<Change> {
  const { startCommit, baseCommit, branchExisted, payload } = facts
  const files = branchExisted && startCommit !== baseCommit ? await publication.changedFiles(baseCommit, startCommit) : []
  if (files.length > 0 && publication.heads.get(payload.repository.branch) === startCommit) {
    return { kind: "pushed", branch: payload.repository.branch, commit: startCommit, files, patch: "", tests: null }
  }
  if (payload.job.kind === "claw") return { kind: "nothing", note: "The agent changed nothing." }
  throw new StepFailure({ kind: "no-changes" })
}

async function runTests(command: string, facts: Worked, doors: Doors, signal: AbortSignal): Promise<TestRun> {
  const { requirePassingTests = false } = facts.payload.project.settings
  const { exitCode, lastLines, ranOut } = await runProjectCommand({ command, source: "tests", facts, doors, signal })
  doors.teller.tell({ kind: "notice", code: exitCode === 0 ? "tests-passed" : "tests-failed", text: `${command}: exit code ${exitCode}` })
  if (exitCode !== 0 && requirePassingTests && ranOut)
    throw new StepFailure({ kind: "out-of-memory", detail: command, lastLines: [...lastLines] })
  if (exitCode !== 0 && requirePassingTests) throw new StepFailure({ kind: "tests-failed", command, lastLines: [...lastLines] })
  return { command, exitCode }
}

/** Cleaned before any of it is cut to a title or a summary. */
export function cleanSource({ pullRequestText, lastMessage, payload }: Worked, clean: (text: string) => string): DescriptionSource {
  const { ticketKey, title = "" } = payload.task
  return {
    pullRequestText: pullRequestText === null ? null : clean(pullRequestText),
    lastMessage: clean(lastMessage),
    ticket: { ticketKey, title: clean(title) },
  }
}

export function originOf({ payload }: Pick<Worked, "payload">) {
  const { task, job, clanker } = payload
  return { ticketKey: task.ticketKey, jobId: job.id, clanker: clanker.slug, requestedBy: task.requestedBy }
}

interface Pushing {
  facts: Worked
  doors: Doors
  signal: AbortSignal
  publication: Publication
  commit: string
  /** The branch's head when the work began. */
  expected: string | null
}

const PAUSES_MS = [1_000, 4_000] as const

async function pushPatiently(pushing: Pushing): Promise<void> {
  const { facts, doors, signal, publication, commit, expected } = pushing
  const { branch } = facts.payload.repository
  for (let tries = 0; ; tries++) {
    const answer = await doors.outside("commit-and-push", (lease) => publication.push({ commit, branch, expected, lease }))
    if (answer.kind === "done") return
    if (answer.kind === "moved") return saveBeside(pushing)
    const pause = PAUSES_MS[tries]
    if (!answer.transient || pause === undefined) throw rejected(answer)
    await sleep(pause, undefined, { signal })
  }
}

/** Somebody else pushed meanwhile: their work stays, ours goes beside it. */
async function saveBeside({ facts, doors, publication, commit }: Pushing): Promise<never> {
  const { repository, job } = facts.payload
  const savedAs = `${repository.branch}--${job.id.slice(-8)}`
  const answer = await doors.outside("commit-and-push", (lease) => publication.push({ commit, branch: savedAs, expected: null, lease }))
  if (answer.kind === "refused") throw rejected(answer)
  // Moved: an earlier attempt of this job has saved something else under that name. Its work is not overwritten.
  if (answer.kind === "moved")
    throw new StepFailure({ kind: "push-rejected", detail: `${repository.branch} has moved, and ${savedAs} exists already.` })
  doors.teller.tell({ kind: "pushed", branch: savedAs, commit })
  throw new StepFailure({ kind: "branch-diverged", savedAs })
}

function rejected({ words }: Extract<PushAnswer, { kind: "refused" }>): StepFailure {
  return new StepFailure({ kind: "push-rejected", detail: words })
}
