import { accessSync, constants } from "node:fs"
import { delimiter, dirname, isAbsolute, join } from "node:path"

/** What the worker runs by itself, or what those run. The first comes first in their PATH. */
const TOOLS = ["git", "git-lfs", "tar", "sh", "sed"] as const

/** The first executable of that name on a PATH, as an absolute path; null when there is none. */
export function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not in this folder.
    }
  }
  return null
}

/**
 * A PATH of only those folders in which the worker's own tools lie now. Asked before anything of the agent's has run: it
 * may write to other folders of the PATH, and a `git` of its own that the worker ran would get the forge's token.
 */
export function toolPathOf(path: string): string {
  const folders = TOOLS.map((name) => findProgram(name, path)).flatMap((file) => (file === null ? [] : [dirname(file)]))
  return [...new Set(folders)].join(delimiter)
}
