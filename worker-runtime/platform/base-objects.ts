import { link, mkdir, readdir } from "node:fs/promises"
import { join } from "node:path"

/**
 * The objects of a fresh clone under other names (hard links), for the checkpoints that are made while somebody else has
 * the clone: what is repacked, removed or linked to in there afterwards is not seen here. (git
 * renews the time of a pack that it finds something in: of the other name too.)
 */
export async function keepBaseObjects({ repository, folder }: { repository: string; folder: string }): Promise<void> {
  await linkAll(join(repository, ".git", "objects"), folder)
}

async function linkAll(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [here, there] = [join(from, entry.name), join(to, entry.name)]
    // `info` holds only what git can do without, and the names of further folders.
    if (entry.isDirectory() && entry.name !== "info") await linkAll(here, there)
    else if (entry.isFile()) await link(here, there)
  }
}
