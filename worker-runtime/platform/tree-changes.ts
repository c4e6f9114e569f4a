import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { lstat } from "node:fs/promises"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import type { LocalGit } from "./local-git.ts"

/** One path in which two trees differ. Modes as git prints them; a blob of zeros is none. */
export interface TreeChange {
  path: string
  oldMode: string
  mode: string
  oldBlob: string
  blob: string
}

export async function changesBetween(git: LocalGit, from: string, to: string): Promise<TreeChange[]> {
  const printed = (await git(["diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--ignore-submodules=none", from, to]))
    .toString()
    .split("\0")
  const changes: TreeChange[] = []
  for (let at = 0; at + 1 < printed.length; at += 2) {
    const [oldMode = "", mode = "", oldBlob = "", blob = ""] = (printed[at] ?? "").slice(1).split(" ")
    changes.push({ path: printed[at + 1] ?? "", oldMode, mode, oldBlob, blob })
  }
  return changes
}

export const isFile = (mode: string): boolean => mode.startsWith("100")

/** The sizes of files in bytes, by blob. */
export async function blobSizes(
  git: LocalGit,
  changes: readonly Pick<TreeChange, "mode" | "blob">[],
): Promise<ReadonlyMap<string, number>> {
  const blobs = [...new Set(changes.filter(({ mode }) => isFile(mode)).map(({ blob }) => blob))]
  const printed = await git(["cat-file", "--batch-check=%(objectname) %(objectsize)"], { input: blobs.map((blob) => `${blob}\n`).join("") })
  const sizes = new Map<string, number>()
  for (const line of printed.toString().split("\n")) {
    const [blob = "", size = ""] = line.split(" ")
    if (/^\d+$/.test(size)) sizes.set(blob, Number(size))
  }
  return sizes
}

interface Keeping {
  git: LocalGit
  workTree: string
  from: string
  to: string
}

/**
 * A file with the very bytes that are recorded stays as it is recorded. git would write it anew where attributes speak of
 * line endings or filters that it was never put through: a change that nobody has made. Answers the tree after that.
 */
export async function keepUntouched({ git, workTree, from, to }: Keeping): Promise<string> {
  const untouched: TreeChange[] = []
  for (const change of await changesBetween(git, from, to))
    if (isFile(change.oldMode) && isFile(change.mode) && (await hasBytesOf(join(workTree, change.path), change.oldBlob)))
      untouched.push(change)
  if (untouched.length === 0) return to
  const input = untouched.map(({ mode, oldBlob, path }) => `${mode} ${oldBlob}\t${path}\0`).join("")
  await git(["update-index", "-z", "--index-info"], { input })
  return (await git(["write-tree"])).toString().trim()
}

async function hasBytesOf(file: string, blob: string): Promise<boolean> {
  const found = await lstat(file).catch(notThere)
  if (found === null || !found.isFile()) return false
  const hash = createHash(blob.length === 40 ? "sha1" : "sha256").update(`blob ${found.size}\0`)
  await pipeline(createReadStream(file), hash)
  return hash.digest("hex") === blob
}

/** A name that is no UTF-8 has become another one on its way here. */
function notThere(error: unknown): null {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return null
  throw error
}
