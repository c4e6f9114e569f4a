import { constants } from "node:fs"
import { access, mkdir, open, rm } from "node:fs/promises"
import { join } from "node:path"

/** The folders of one job. `repo` has siblings: what an agent writes for us, and what it is given to look at, is never part of the change. */
export interface Workspace {
  root: string
  repo: string
  output: string
  /** The ticket's pictures and videos. */
  attachments: string
  /** HOME of the agent. */
  home: string
  tmp: string
  /** The clone's objects before the agent had them: read by git alone, in processes that hold no secret. */
  baseObjects: string
  /**
   * Ours: HOME and askpass helper of the clone; journal and transcript, which lose their names at once. Same user, so an
   * agent could write here: nothing is read from it by a path once something of the agent's has run.
   */
  own: string
}

/** Before anything is claimed: the folder for all jobs must be there and ours to write. Throws when it is not. */
export async function ensureWorkDirectory(workDirectory: string): Promise<void> {
  await mkdir(workDirectory, { recursive: true, mode: 0o700 })
  await access(workDirectory, constants.W_OK)
}

/** Makes the job's folder anew and empty, readable by this user only. What is no plain name is refused. */
export async function makeWorkspace(workDirectory: string, name: string): Promise<Workspace> {
  if (!/^[\w-]{1,100}$/.test(name)) throw new Error(`"${name}" cannot name a folder.`)
  const root = join(workDirectory, name)
  await rm(root, { recursive: true, force: true })
  const space = {
    root,
    repo: join(root, "repo"),
    output: join(root, "output"),
    attachments: join(root, "attachments"),
    home: join(root, "home"),
    tmp: join(root, "tmp"),
    baseObjects: join(root, "base-objects"),
    own: join(root, "own"),
  }
  for (const folder of [space.output, space.attachments, space.home, space.tmp, space.own])
    await mkdir(folder, { recursive: true, mode: 0o700 })
  return space
}

export async function removeWorkspace({ root }: Workspace): Promise<void> {
  await rm(root, { recursive: true, force: true, maxRetries: 2 })
}

/**
 * Text that the agent left for us, at most `limit` bytes, or null when there is none. A link is not followed: it could
 * name any file that this user may read.
 */
export async function readOutput({ output }: Workspace, name: string, limit: number): Promise<string | null> {
  try {
    const file = await open(join(output, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, limit)), 0, Math.min(size, limit), 0)
      const text = buffer.subarray(0, bytesRead).toString().trim()
      return text === "" ? null : text
    } finally {
      await file.close()
    }
  } catch (error) {
    // Not there, a link or a folder: the agent has written nothing that counts.
    if (error instanceof Error && "code" in error && ["ENOENT", "ELOOP", "EISDIR", "ENOTDIR"].includes(String(error.code))) return null
    throw error
  }
}
