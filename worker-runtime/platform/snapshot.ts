import { mkdtemp, rm } from "node:fs/promises"
import { join } from "node:path"
import { unchangedAmong } from "./lfs.ts"
import { type LocalGit, localGit, TooMuch } from "./local-git.ts"

export interface SnapshotOptions {
  /** Where a fresh folder may be made. */
  folder: string
  path: string
  signal: AbortSignal
  /** The clone's objects as they were before anybody else had it. */
  baseObjects: string
  startCommit: string
  /** Written by somebody else while this runs; its `.git` is never looked into. */
  workTree: string
  output: string
  message: string
  /** Where a change, as a patch, holds what may not be kept; null when nowhere. */
  secretIn: (patch: string) => string | null
  limitBytes: number
  /** The work tree has the content of files that the repository keeps in Git LFS: only what was changed of it is kept. */
  lfs: boolean
}

export type Snapshot =
  | { kind: "made"; commit: string; bundle: Buffer }
  | { kind: "too-large" }
  /** `where` names the file. */
  | { kind: "secret"; where: string }

/** Refs of the bundle: the work tree as a commit on the start, and the output folder as one without a parent. */
export const WORK_REF = "refs/checkpoint/work"
export const OUTPUT_REF = "refs/checkpoint/output"

/**
 * The work tree and the output folder as a bundle on the start commit, ignored files left out. Made in a git directory that
 * exists for this alone, by plumbing that starts no program of anybody's and writes nothing where the agent works.
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const own = await mkdtemp(join(options.folder, "checkpoint-"))
  try {
    return await snapshotIn(own, options)
  } catch (error) {
    if (error instanceof TooMuch) return { kind: "too-large" }
    throw error
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

async function snapshotIn(own: string, options: SnapshotOptions): Promise<Snapshot> {
  const { startCommit, output, workTree, message, secretIn, limitBytes, path, signal, baseObjects, lfs } = options
  const gitDirectory = join(own, "checkpoint.git")
  const shared = { gitDirectory, own, path, signal, alsoObjects: baseObjects }
  const git = localGit({ ...shared, workTree, index: join(own, "work.index") })
  await git(["init", "--quiet", "--template="])
  const trees = { own, shared, startCommit }
  const work = await commitOf(git, await writeWorkTree(git, { ...trees, workTree, lfs }), message, startCommit)
  const kept = await commitOf(localGit({ ...shared, workTree: output }), await writeOutput({ ...trees, output }), "output")
  const where = secretIn(await patchOf(git, [startCommit, work])) ?? secretIn(await patchOf(git, ["--root", kept]))
  if (where !== null) return { kind: "secret", where }
  await git(["update-ref", WORK_REF, work])
  await git(["update-ref", OUTPUT_REF, kept])
  const bundle = await git(["bundle", "create", "--quiet", "-", WORK_REF, OUTPUT_REF, `^${startCommit}`], { limitBytes })
  return { kind: "made", commit: work, bundle }
}

interface Trees {
  own: string
  shared: Omit<Parameters<typeof localGit>[0], "workTree" | "index">
  startCommit: string
}

type WorkTree = Trees & { workTree: string; lfs: boolean }

async function writeWorkTree(git: LocalGit, { own, shared, startCommit, workTree, lfs }: WorkTree): Promise<string> {
  await git(["read-tree", startCommit])
  const submodules = (await records(git, ["ls-files", "--stage", "-z"])).filter((line) => line.startsWith("160000 "))
  const paths = new Set(submodules.map((line) => line.slice(line.indexOf("\t") + 1)))
  // Out of the index while it is compared: git would look into them.
  await git(["update-index", "-z", "--force-remove", "--stdin"], { input: joined([...paths]) })
  const changed = await records(git, ["ls-files", "--modified", "--deleted", "-z"])
  const unchanged = lfs ? await unchangedAmong(git, workTree, changed) : new Set<string>()
  const list = ["ls-files", "--others", "--exclude-standard", "-z"]
  const others = await listFiles({ own, shared, root: workTree, index: "work.index", list, not: paths })
  await git(UPDATE_INDEX, { input: joined([...changed.filter((path) => !unchanged.has(path)), ...others]) })
  await git(["update-index", "-z", "--index-info"], { input: joined(submodules) })
  return text(await git(["write-tree"]))
}

async function writeOutput({ own, shared, output }: Trees & { output: string }): Promise<string> {
  const git = localGit({ ...shared, workTree: output, index: join(own, "output.index") })
  const files = await listFiles({ own, shared, root: output, index: "output.index", list: ["ls-files", "--others", "-z"], not: new Set() })
  await git(UPDATE_INDEX, { input: joined(files) })
  return text(await git(["write-tree"]))
}

/** What has vanished since it was listed is left out; what has become a folder makes room. */
const UPDATE_INDEX = ["update-index", "-z", "--add", "--remove", "--replace", "--stdin"]

interface Listing extends Pick<Trees, "own" | "shared"> {
  root: string
  index: string
  list: readonly string[]
  /** Folders that are left out. */
  not: ReadonlySet<string>
}
/** Repositories within repositories within …: deeper than anybody's work. */
const MOST_NESTED = 200

/** Files that the index lacks. git does not list what lies in a repository of its own: that is listed as a tree by itself. */
async function listFiles({ own, shared, root, index, list, not }: Listing): Promise<string[]> {
  const found: string[] = []
  const folders = [""]
  for (let at = 0; at < folders.length; at++) {
    if (at > MOST_NESTED) throw new Error(`There are more than ${MOST_NESTED} repositories in the work tree.`)
    const folder = folders[at] ?? ""
    const git = localGit({ ...shared, workTree: join(root, folder), index: join(own, folder === "" ? index : "nothing.index") })
    for (const path of await records(git, list)) if (!isIn(not, folder + path)) (path.endsWith("/") ? folders : found).push(folder + path)
  }
  return found
}

async function commitOf(git: LocalGit, tree: string, message: string, parent?: string): Promise<string> {
  return text(await git(["commit-tree", tree, ...(parent === undefined ? [] : ["-p", parent]), "-F", "-"], { input: message }))
}

async function patchOf(git: LocalGit, range: readonly string[]): Promise<string> {
  const patch = ["diff-tree", "-r", "-p", "--no-commit-id", "--text", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color"]
  return (await git([...patch, "--unified=0", ...range], { limitBytes: PATCH_BYTES })).toString()
}
/** A change whose text is longer is not kept: it has to be held to be searched. */
const PATCH_BYTES = 128 * 1024 * 1024

const isIn = (folders: ReadonlySet<string>, path: string): boolean =>
  path.split("/").some((_part, index, parts) => folders.has(parts.slice(0, index + 1).join("/")))
const joined = (paths: readonly string[]): string => paths.map((path) => `${path}\0`).join("")
const text = (printed: Buffer): string => printed.toString().trim()
const records = async (git: LocalGit, args: readonly string[]): Promise<string[]> =>
  (await git(args))
    .toString()
    .split("\0")
    .filter((record) => record !== "")
