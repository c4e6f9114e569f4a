// What the parts of the forge know together: who may do what, and which repositories there are.
import { gitText } from "./git.ts"
import type { Replay } from "./forge-replay.ts"

export type ForgeUser = Readonly<{ login: string; token: string; access: "write" | "read" }>

export type Repository = Readonly<{
  name: string
  /** Name of what it was forked from, whose objects it reads. */
  forkOf: string | null
  /** Path of the bare repository. */
  bare: string
  /** Logins for which this repository does not exist. */
  protectedFrom: readonly string[]
  replay: Replay
}>

/** The repository as this user sees it: a private one that is not theirs is simply not there. */
export function visibleRepository(repositories: ReadonlyMap<string, Repository>, name: string, user: ForgeUser): Repository | null {
  const repository = repositories.get(name)
  return repository === undefined || repository.protectedFrom.includes(user.login) ? null : repository
}

export async function branchHead(bare: string, branch: string): Promise<string | null> {
  const head = await gitText(bare, "for-each-ref", "--format=%(objectname)", `refs/heads/${branch}`)
  return head === "" ? null : head
}

export async function countCommits(bare: string, base: string, head: string): Promise<number> {
  return Number(await gitText(bare, "rev-list", "--count", `${base}..${head}`))
}
