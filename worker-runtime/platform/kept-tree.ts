import { createWriteStream } from "node:fs"
import { open } from "node:fs/promises"
import type { FileHandle } from "node:fs/promises"
import { join } from "node:path"
import { pipeline } from "node:stream/promises"
import type { LocalGit } from "./local-git.ts"

/** A file that outlives its name. */
export interface KeptFile {
  handle: FileHandle
}

/** A tree that outlives its git directory while programs run that may not touch it. */
export interface KeptTree {
  tree: string
  /** A bundle with the objects that the start commit lacks. */
  bundle: KeptFile
  /** What Git LFS holds of it, by the SHA-256 of the content. */
  lfs: ReadonlyMap<string, KeptFile>
  close(): Promise<void>
}

interface Keeping {
  git: LocalGit
  /** A folder of ours for files in between. */
  folder: string
  startCommit: string
}

/** The files have no name any more once the folder is gone. `lfs`: content's SHA-256 → its file. */
export async function keepTree({
  git,
  folder,
  startCommit,
  tree,
  lfs,
}: Keeping & { tree: string; lfs: ReadonlyMap<string, string> }): Promise<KeptTree> {
  const commit = (await git(["commit-tree", tree, "-p", startCommit, "-m", "kept"])).toString().trim()
  await git(["update-ref", KEPT, commit])
  const file = join(folder, "kept.bundle")
  await git(["bundle", "create", "--quiet", file, KEPT, `^${startCommit}`])
  const opened: KeptFile[] = []
  const keep = async (path: string): Promise<KeptFile> => {
    const kept = { handle: await open(path) }
    opened.push(kept)
    return kept
  }
  const bundle = await keep(file)
  const objects = new Map<string, KeptFile>()
  for (const [oid, path] of lfs) objects.set(oid, await keep(path))
  return {
    tree,
    bundle,
    lfs: objects,
    async close() {
      for (const { handle } of opened) await handle.close()
    },
  }
}
const KEPT = "refs/kept"

/** git names every object of a bundle by its content, so what comes back under the tree's hash is that tree. */
export async function restoreTree({
  git,
  folder,
  startCommit,
  kept: { tree, bundle },
}: Keeping & { kept: Pick<KeptTree, "tree" | "bundle"> }): Promise<void> {
  const file = join(folder, "kept.bundle")
  await writeBack(bundle, file)
  // A bundle is only taken when its start is the history of some ref.
  await git(["update-ref", "refs/started", startCommit])
  await git(["bundle", "unbundle", file])
  await git(["cat-file", "-e", `${tree}^{tree}`])
}

export async function writeBack({ handle }: KeptFile, file: string): Promise<void> {
  await pipeline(handle.createReadStream({ start: 0, autoClose: false }), createWriteStream(file, { flags: "wx", mode: 0o600 }))
}
