// Git LFS: large files stand in the repository as pointers, and their content is kept beside it.
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { lstat, mkdir, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { findProgram } from "./tools.ts"
import { GitFailed, gitUrl } from "./git.ts"
import type { Git } from "./git.ts"
import { writeBack } from "./kept-tree.ts"
import type { KeptFile } from "./kept-tree.ts"
import type { LocalGit } from "./local-git.ts"
import { blobSizes, isFile } from "./tree-changes.ts"
import type { TreeChange } from "./tree-changes.ts"

export const hasLfs = (toolPath: string): boolean => findProgram("git-lfs", toolPath) !== null

/** What makes git put files through LFS by itself. */
export const LFS_FILTER = {
  "filter.lfs.clean": "git-lfs clean -- %f",
  "filter.lfs.smudge": "git-lfs smudge --skip -- %f",
  "filter.lfs.process": "git-lfs filter-process --skip",
  "filter.lfs.required": "true",
} as const

/**
 * The repository's own `.lfsconfig` may name a server; ours, which the token is for, stands above it. Locks are another
 * server's matter, and so are programs that transfer in other ways.
 */
export function transferSettings(url: string): Record<string, string> {
  const endpoint = lfsUrl(url)
  return {
    "lfs.url": endpoint,
    "lfs.pushurl": endpoint,
    [`lfs.${endpoint}.locksverify`]: "false",
    "lfs.basictransfersonly": "true",
    "lfs.transfer.maxretries": "3",
  }
}

/** Where the content of a repository's files is, by GitHub's and git-lfs's own rule. */
function lfsUrl(url: string): string {
  const plain = gitUrl(url).replace(/\/+$/, "")
  return `${plain.endsWith(".git") ? plain : `${plain}.git`}/info/lfs`
}

const given = (url: string): string[] => Object.entries(transferSettings(url)).flatMap(([name, value]) => ["-c", `${name}=${value}`])

/**
 * Fetches the content of the files at HEAD into a clone that nobody else has had, and makes its own git put files through
 * LFS (other commits' files stay pointers: there are no credentials for them later). Throws GitFailed.
 */
export async function fetchLfsFiles(git: Git, url: string): Promise<void> {
  await git("lfs", "install", "--local", "--skip-repo", "--skip-smudge")
  await git(...given(url), "lfs", "pull")
}

export interface Pointer {
  oid: string
  size: number
}

/** The pointer that a small file is, or null. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
export function readPointer(text: string): Pointer | null {
  if (text.length > POINTER_BYTES || !text.startsWith("version https://git-lfs.github.com/spec/v1\n")) return null
  const [, oid] = /^oid sha256:([0-9a-f]{64})$/m.exec(text) ?? []
  const [, size] = /^size (\d+)$/m.exec(text) ?? []
  return oid === undefined || size === undefined ? null : { oid, size: Number(size) }
}
const POINTER_BYTES = 1024

/** Those of the changed files that LFS should keep, as the attributes of the new tree say, which is in the index. */
export async function lfsAmong(git: LocalGit, changes: readonly TreeChange[]): Promise<TreeChange[]> {
  const files = changes.filter(({ mode }) => isFile(mode))
  if (files.length === 0) return []
  const input = files.map(({ path }) => `${path}\0`).join("")
  const printed = (await git(["check-attr", "--cached", "-z", "--stdin", "filter"], { input })).toString().split("\0")
  return files.filter((_file, index) => printed[index * 3 + 2] === "lfs")
}

/** The pointers among some blobs, by blob. */
export async function pointersOf(
  git: LocalGit,
  blobs: readonly string[],
  sizes: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, Pointer>> {
  const small = [...new Set(blobs)].filter((blob) => (sizes.get(blob) ?? POINTER_BYTES + 1) <= POINTER_BYTES)
  if (small.length === 0) return new Map()
  const printed = await git(["cat-file", "--batch=%(objectname) %(objectsize)"], { input: small.map((blob) => `${blob}\n`).join("") })
  const pointers = new Map<string, Pointer>()
  for (let at = 0; at < printed.length;) {
    const end = printed.indexOf("\n", at)
    const [blob = "", size = ""] = printed.toString("latin1", at, end).split(" ")
    const pointer = readPointer(printed.toString("latin1", end + 1, end + 1 + Number(size)))
    if (pointer !== null) pointers.set(blob, pointer)
    at = end + Number(size) + 2
  }
  return pointers
}

/** Those of some paths of the index that are pointers there and the very content in the work tree. */
export async function unchangedAmong(git: LocalGit, workTree: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const wanted = new Set(paths)
  const entries = (await git(["ls-files", "--stage", "-z"])).toString().split("\0")
  const files = entries.flatMap((entry) => {
    const [mode = "", blob = ""] = entry.split(" ")
    const path = entry.slice(entry.indexOf("\t") + 1)
    return isFile(mode) && wanted.has(path) ? [{ path, mode, blob }] : []
  })
  const blobs = files.map(({ blob }) => blob)
  const pointers = await pointersOf(git, blobs, await blobSizes(git, files))
  const unchanged = new Set<string>()
  for (const { path, blob } of files) {
    const pointer = pointers.get(blob)
    if (pointer !== undefined && (await isContent(join(workTree, path), pointer))) unchanged.add(path)
  }
  return unchanged
}

/** Somebody else may change or remove the file meanwhile: then it is not. */
async function isContent(file: string, { oid, size }: Pointer): Promise<boolean> {
  try {
    const found = await lstat(file)
    return found.isFile() && found.size === size && (await sha256Of(file)) === oid
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return false
    throw error
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256")
  await pipeline(createReadStream(file), hash)
  return hash.digest("hex")
}

/** Where a git directory has the content of a pointer. */
export const objectPath = (gitDirectory: string, oid: string): string =>
  join(gitDirectory, "lfs/objects", oid.slice(0, 2), oid.slice(2, 4), oid)

/** Puts kept content where git-lfs looks for it. Throws when it is not what its name says. */
export async function restoreObject({ gitDirectory, oid, kept }: { gitDirectory: string; oid: string; kept: KeptFile }): Promise<void> {
  const target = objectPath(gitDirectory, oid)
  await mkdir(dirname(target), { recursive: true })
  const written = `${target}.new`
  await rm(written, { force: true })
  await writeBack(kept, written)
  if ((await sha256Of(written)) !== oid) throw new Error(`The kept content of ${oid} is another.`)
  await rename(written, target)
}

/** Uploads the content of pointers that are about to be pushed. Throws LfsRefused. */
export async function uploadObjects({ git, url, oids }: { git: Git; url: string; oids: readonly string[] }): Promise<void> {
  try {
    for (let at = 0; at < oids.length; at += AT_ONCE)
      await git(...given(url), "lfs", "push", "--object-id", gitUrl(url), ...oids.slice(at, at + AT_ONCE))
  } catch (error) {
    throw error instanceof GitFailed ? new LfsRefused(error.said) : error
  }
}
/** Their names are arguments of one command. */
const AT_ONCE = 500

/** The forge did not take the content of a file. */
export class LfsRefused extends Error {}
