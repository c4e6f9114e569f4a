import { stat } from "node:fs/promises"
import { lfsAmong, objectPath, pointersOf } from "./lfs.ts"
import type { LocalGit } from "./local-git.ts"
import { blobSizes, changesBetween } from "./tree-changes.ts"
import type { TreeChange } from "./tree-changes.ts"

/** What a change adds, besides its text. */
export interface Added {
  files: readonly (TreeChange & { bytes: number })[]
  /** Content that the pointers among them stand for and that is here: path → file. */
  lfs: readonly { path: string; oid: string; file: string }[]
  /** Files that the attributes give to LFS and that are no pointers, though they were or are new. */
  notPointers: readonly string[]
}

interface Adding {
  git: LocalGit
  gitDirectory: string
  from: string
  /** Is in the index. */
  to: string
}

export async function addedBetween({ git, gitDirectory, from, to }: Adding): Promise<Added> {
  const changes = await changesBetween(git, from, to)
  const sizes = await blobSizes(git, changes)
  const files = changes.flatMap((change) => {
    const bytes = sizes.get(change.blob)
    return bytes === undefined ? [] : [{ ...change, bytes }]
  })
  const large = await lfsAmong(git, files)
  const pointers = await pointersOf(
    git,
    files.map(({ blob }) => blob),
    sizes,
  )
  const before = await pointersBefore(git, large)
  const lfs: Added["lfs"][number][] = []
  for (const { path, blob } of files) {
    const oid = pointers.get(blob)?.oid
    const file = oid === undefined ? "" : objectPath(gitDirectory, oid)
    if (oid !== undefined && (await isThere(file))) lfs.push({ path, oid, file })
  }
  const notPointers = large.filter(({ blob, oldMode, oldBlob }) => !pointers.has(blob) && (!isOld(oldMode) || before.has(oldBlob)))
  return { files, lfs, notPointers: notPointers.map(({ path }) => path) }
}

const isOld = (mode: string): boolean => mode !== "000000"

async function pointersBefore(git: LocalGit, changes: readonly TreeChange[]): Promise<ReadonlyMap<string, unknown>> {
  const old = changes.filter(({ oldMode }) => isOld(oldMode)).map((change) => ({ ...change, mode: change.oldMode, blob: change.oldBlob }))
  return pointersOf(
    git,
    old.map(({ blob }) => blob),
    await blobSizes(git, old),
  )
}

async function isThere(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile()
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false
    throw error
  }
}
