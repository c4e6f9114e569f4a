import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { GitFailed, gitUrl, openGit, remoteHeads } from "./git.ts"
import type { Git, GitOptions } from "./git.ts"
import { keepTree, restoreTree } from "./kept-tree.ts"
import type { KeptTree } from "./kept-tree.ts"

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
}

export type PushAnswer =
  | { kind: "done" }
  /** The remote branch is not where the work began any more. */
  | { kind: "moved" }
  | { kind: "refused"; words: string; transient: boolean }

/**
 * A fresh git directory of ours over the agent's work tree. The agent could have written anything into its own `.git`:
 * hooks, filters, fsmonitor, a credential helper. None of it is configured here, so none of it runs; attributes in the
 * tree can only name drivers that a configuration defines, and ours defines none.
 */
export interface Publication {
  /** Heads of the wanted branches as fetched. */
  heads: ReadonlyMap<string, string>
  /** Writes the work tree as a tree object, new files included, ignored ones not. */
  writeTree(): Promise<string>
  /** Ends this publication, its folder and all, and keeps one tree of it where no path leads. */
  endKeeping(tree: string): Promise<KeptTree>
  /** Brings a kept tree back under its own hash, or throws. */
  restore(kept: KeptTree): Promise<void>
  treeOf(commit: string): Promise<string>
  changedFiles(from: string, to: string): Promise<readonly string[]>
  /** The change as text, binary files too, without context lines. */
  patch(from: string, to: string, context: number): Promise<string>
  commit(tree: string, message: string): Promise<string>
  /** Fast-forward only. Ends with the lease. */
  push(wanted: PushWanted): Promise<PushAnswer>
}
export interface PushWanted {
  commit: string
  branch: string
  /** The head that the branch should have now; null when there should be none. */
  expected: string | null
  lease: AbortSignal
}

/** Throws GitFailed when the remote cannot be read. Nobody else's program may run from here to the last push: it could rewrite this folder. */
export async function openPublication(options: PublicationOptions): Promise<Publication> {
  const { workTree, startCommit, branches, author } = options
  const url = gitUrl(options.access.url)
  // Made now, so that nothing in it is from the agent: HOME, the askpass helper and the git directory.
  const own = await mkdtemp(join(options.folder, "publish-"))
  const gitDirectory = join(own, "publish.git")
  const bare = await openGit({ ...options, own, directory: own })
  await bare("init", "--quiet", "--bare", "--template=", gitDirectory)
  await writeFile(join(gitDirectory, "config"), configOf(author))
  const git = await openGit({ ...options, own, directory: own, separate: { gitDirectory, workTree } })
  const heads = await remoteHeads(git, url, branches)
  const refs = [...heads.keys()].map((branch) => `+refs/heads/${branch}:refs/viberator/${branch}`)
  await git("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", url, ...refs)
  await ensureCommit(git, url, startCommit)
  return {
    heads,
    async writeTree() {
      await removeNestedGit(workTree)
      await git("read-tree", startCommit)
      await git("add", "--all")
      return (await git("write-tree")).trim()
    },
    async endKeeping(tree) {
      const kept = await keepTree({ git, folder: own, startCommit, tree })
      await rm(own, { recursive: true, force: true })
      return kept
    },
    restore: (kept) => restoreTree({ git, folder: own, startCommit, kept }),
    treeOf: async (commit) => (await git("rev-parse", `${commit}^{tree}`)).trim(),
    changedFiles: async (from, to) =>
      (await git("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--ignore-submodules=dirty", from, to))
        .split("\0")
        .filter((path) => path !== ""),
    patch: (from, to, context) =>
      git(
        "diff-tree",
        "-r",
        "-p",
        "--text",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        `--unified=${context}`,
        from,
        to,
      ),
    async commit(tree, message) {
      const file = join(own, "message.txt")
      await writeFile(file, message)
      return (await git("commit-tree", tree, "-p", startCommit, "-F", file)).trim()
    },
    push: async ({ lease, ...wanted }) => {
      const pushing = await openGit({ ...options, own, directory: own, separate: { gitDirectory, workTree }, signal: lease })
      return push({ ...wanted, git: pushing, url })
    },
  }
}

function configOf({ name, email }: { name: string; email: string }): string {
  const quoted = (text: string) =>
    `"${text
      .replaceAll(/[\n\r<>\0]/g, " ")
      .replaceAll("\\", "\\\\")
      .replaceAll('"', '\\"')}"`
  return `[core]
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
[user]
\tname = ${quoted(name)}
\temail = ${quoted(email)}
`
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

interface Pushing extends Omit<PushWanted, "lease"> {
  git: Git
  url: string
}

async function push({ git, url, commit, branch, expected }: Pushing): Promise<PushAnswer> {
  try {
    await git("push", "--quiet", "--porcelain", "--no-verify", "--no-recurse-submodules", url, `${commit}:refs/heads/${branch}`)
    return { kind: "done" }
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error
    const head = await headAfter({ git, url, branch })
    // The answer was lost, not the push.
    if (head === commit) return { kind: "done" }
    if (head !== "unknown" && head !== expected) return { kind: "moved" }
    return { kind: "refused", words: error.said, transient: TRANSIENT.test(error.said) }
  }
}

const TRANSIENT =
  /returned error: 5\d\d|Could not resolve host|Failed to connect|Connection (?:refused|timed out|reset)|RPC failed|early EOF|unexpected disconnect|hung up/i

async function headAfter({ git, url, branch }: { git: Git; url: string; branch: string }): Promise<string | null> {
  try {
    return (await remoteHeads(git, url, [branch])).get(branch) ?? null
  } catch (error) {
    if (error instanceof GitFailed) return "unknown"
    throw error
  }
}
