import { lstat, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { GitFailed, gitUrl, openGit, remoteHeads } from "./git.ts"
import type { Git, GitOptions } from "./git.ts"
import { keepTree, restoreTree } from "./kept-tree.ts"
import type { KeptTree } from "./kept-tree.ts"
import { addedBetween } from "./added.ts"
import type { Added } from "./added.ts"
import { LFS_FILTER, restoreObject, uploadObjects } from "./lfs.ts"
import { localGit } from "./local-git.ts"
import type { LocalGit } from "./local-git.ts"
import { pushBranch } from "./push.ts"
import type { PushAnswer } from "./push.ts"
import { changesBetween, keepUntouched } from "./tree-changes.ts"

export interface PublicationOptions extends Pick<GitOptions, "path" | "signal"> {
  /** Where a fresh folder may be made. */
  folder: string
  access: { url: string; token: string | null }
  /** Somebody else's work tree; its `.git` is never looked into. */
  workTree: string
  /** The commit that the work began from, as the worker saw it before the agent ran. */
  startCommit: string
  /** Branches of the remote whose history is wanted; those that are not there are left out. */
  branches: readonly string[]
  author: { name: string; email: string }
  /** Files that the attributes give to Git LFS become pointers, and their content is uploaded with the push. */
  lfs: boolean
}

/**
 * A fresh git directory of ours over the agent's work tree. The agent could have written anything into its own `.git`:
 * hooks, filters, fsmonitor, a credential helper. None of it is configured here, so none of it runs; attributes in the
 * tree can only name drivers that a configuration defines, and ours defines none but LFS where the project has it.
 */
export interface Publication {
  /** Heads of the wanted branches as fetched. */
  heads: ReadonlyMap<string, string>
  /** Writes the work tree as a tree object, new files included, ignored ones not. Throws WorkTreeGone. */
  writeTree(): Promise<string>
  /** Ends this publication, its folder and all, and keeps one tree of it where no path leads. */
  endKeeping(tree: string): Promise<KeptTree>
  /** Brings a kept tree back under its own hash, or throws. */
  restore(kept: KeptTree): Promise<void>
  treeOf(commit: string): Promise<string>
  changedFiles(from: string, to: string): Promise<readonly string[]>
  added(from: string, to: string): Promise<Added>
  /** The change as text, binary files too, with so many lines of context. Throws TooMuch. */
  patch(from: string, to: string, context: number): Promise<string>
  commit(tree: string, message: string): Promise<string>
  /** Fast-forward only. Ends with the lease. Throws LfsRefused. */
  push(wanted: PushWanted): Promise<PushAnswer>
}
export interface PushWanted {
  commit: string
  branch: string
  /** The head that the branch should have now; null when there should be none. */
  expected: string | null
  lease: AbortSignal
}

/** The work tree is no folder any more, or a link to another one. */
export class WorkTreeGone extends Error {}

/** A longer change cannot be looked through: it has to be held for that. */
export const PATCH_BYTES = 256 * 1024 * 1024

/** Throws GitFailed when the remote cannot be read. Nobody else's program may run from here to the last push: it could rewrite this folder. */
export async function openPublication(options: PublicationOptions): Promise<Publication> {
  const { startCommit, workTree } = options
  const open = await openOwnGit(options)
  const { own, git, remote, gitDirectory, heads } = open
  const added = (from: string, to: string) => addedBetween({ git, gitDirectory, from, to })
  return {
    heads,
    async writeTree() {
      await ensureFolder(workTree)
      await removeNestedGit(workTree)
      await git(["read-tree", startCommit])
      await git(["add", "--all"])
      const from = (await git(["rev-parse", `${startCommit}^{tree}`])).toString().trim()
      return keepUntouched({ git, workTree, from, to: (await git(["write-tree"])).toString().trim() })
    },
    async endKeeping(tree) {
      const { lfs } = await added(startCommit, tree)
      const kept = await keepTree({ git, folder: own, startCommit, tree, lfs: new Map(lfs.map(({ oid, file }) => [oid, file])) })
      await rm(own, { recursive: true, force: true })
      return kept
    },
    async restore(kept) {
      await restoreTree({ git, folder: own, startCommit, kept })
      await git(["read-tree", kept.tree])
      for (const [oid, file] of kept.lfs) await restoreObject({ gitDirectory, oid, kept: file })
    },
    treeOf: async (commit) => (await git(["rev-parse", `${commit}^{tree}`])).toString().trim(),
    changedFiles: async (from, to) => (await changesBetween(git, from, to)).map(({ path }) => path),
    added,
    patch: async (from, to, context) =>
      (await git(["diff-tree", "-r", ...PATCH, `--unified=${context}`, from, to], { limitBytes: PATCH_BYTES })).toString(),
    commit: async (tree, message) => (await git(["commit-tree", tree, "-p", startCommit, "-F", "-"], { input: message })).toString().trim(),
    push: async ({ lease, ...wanted }) => {
      const pushing = await remote(lease)
      const { lfs } = await added(startCommit, wanted.commit)
      await uploadObjects({ git: pushing, url: options.access.url, oids: [...new Set(lfs.map(({ oid }) => oid))] })
      return pushBranch({ ...wanted, git: pushing, url: gitUrl(options.access.url) })
    },
  }
}
const PATCH = ["-p", "--ignore-submodules=none", "--text", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"]

interface Own {
  own: string
  gitDirectory: string
  /** Without a secret. */
  git: LocalGit
  /** With the token, for what is asked of the remote. */
  remote: (signal: AbortSignal) => Promise<Git>
  heads: ReadonlyMap<string, string>
}

async function openOwnGit(options: PublicationOptions): Promise<Own> {
  const { workTree, startCommit, branches, author, path, signal, lfs, access } = options
  const url = gitUrl(access.url)
  // Made now, so that nothing in it is from the agent: HOME, the askpass helper and the git directory.
  const own = await mkdtemp(join(options.folder, "publish-"))
  const gitDirectory = join(own, "publish.git")
  const settings = {
    "user.name": plain(author.name),
    "user.email": plain(author.email),
    ...(lfs ? LFS_FILTER : {}),
  }
  const git = localGit({ gitDirectory, workTree, own, path, signal, settings })
  await localGit({ gitDirectory, workTree: own, own, path, signal })(["init", "--quiet", "--template="])
  await writeFile(join(gitDirectory, "config"), CONFIG)
  const remote = (until: AbortSignal) => openGit({ path, access, own, directory: own, separate: { gitDirectory, workTree }, signal: until })
  const reading = await remote(signal)
  const heads = await remoteHeads(reading, url, branches)
  const refs = [...heads.keys()].map((branch) => `+refs/heads/${branch}:refs/viberator/${branch}`)
  await reading("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", url, ...refs)
  await ensureCommit(reading, url, startCommit)
  return { own, gitDirectory, git, remote, heads }
}

const plain = (text: string): string => text.replaceAll(/[\n\r<>\0]/g, " ")

const CONFIG = `[core]
\trepositoryformatversion = 0
\tbare = false
\tfilemode = true
\thooksPath = /dev/null
\tfsmonitor = false
\tuntrackedCache = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
[protocol "ext"]
\tallow = never
[protocol "file"]
\tallow = never
[diff]
\tignoreSubmodules = dirty
[submodule]
\trecurse = false
[commit]
\tgpgSign = false
[gc]
\tauto = 0
`

/** A link in its place would lead to somebody's other files. */
async function ensureFolder(workTree: string): Promise<void> {
  const found = await lstat(workTree).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null
    throw error
  })
  if (found === null || !found.isDirectory()) throw new WorkTreeGone("The folder of the repository is gone, or a link stands in its place.")
}

/**
 * Below its root the tree must hold no git directory: git would start itself in there, with the configuration that it
 * finds. What a nested repository holds is then added as plain files; a submodule stays at its recorded commit.
 */
async function removeNestedGit(folder: string, isRoot = true): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.name.toLowerCase() === ".git") {
      if (!isRoot) await rm(path, { recursive: true, force: true })
    } else if (entry.isDirectory()) await removeNestedGit(path, false)
  }
}

/** The base may have been rewritten since; then the commit itself is asked for. */
async function ensureCommit(git: Git, url: string, commit: string): Promise<void> {
  try {
    await git("cat-file", "-e", `${commit}^{commit}`)
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error
    await git("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", url, commit)
  }
}
