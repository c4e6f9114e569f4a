import { createWriteStream } from "node:fs"
import { open } from "node:fs/promises"
import type { FileHandle } from "node:fs/promises"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import type { Git } from "./git.ts"

/** A tree that outlives its git directory while programs run that may not touch it. */
export interface KeptTree {
  tree: string
  /** A bundle with the objects that the start commit lacks; its file has no name any more once the folder is gone. */
  bundle: FileHandle
  close(): Promise<void>
}

interface Keeping {
  git: Git
  /** A folder of ours for files in between. */
  folder: string
  startCommit: string
}

export async function keepTree({ git, folder, startCommit, tree }: Keeping & { tree: string }): Promise<KeptTree> {
  const commit = (await git("commit-tree", tree, "-p", startCommit, "-m", "kept")).trim()
  await git("update-ref", KEPT, commit)
  const file = join(folder, "kept.bundle")
  await git("bundle", "create", "--quiet", file, KEPT, `^${startCommit}`)
  const bundle = await open(file)
  return { tree, bundle, close: () => bundle.close() }
}
const KEPT = "refs/kept"

/** git names every object of a bundle by its content, so what comes back under the tree's hash is that tree. */
export async function restoreTree({ git, folder, startCommit, kept: { tree, bundle } }: Keeping & { kept: KeptTree }): Promise<void> {
  const file = join(folder, "kept.bundle")
  await pipeline(bundle.createReadStream({ start: 0, autoClose: false }), createWriteStream(file, { flags: "wx", mode: 0o600 }))
  // A bundle is only taken when its start is the history of some ref.
  await git("update-ref", "refs/started", startCommit)
  await git("bundle", "unbundle", file)
  await git("cat-file", "-e", `${tree}^{tree}`)
}
