import { GitFailed, remoteHeads } from "./git.ts"
import type { Git } from "./git.ts"

export type PushAnswer =
  | { kind: "done" }
  /** The remote branch is not where the work began any more. */
  | { kind: "moved" }
  | { kind: "refused"; words: string; transient: boolean }

interface Pushing {
  commit: string
  branch: string
  /** The head that the branch should have now; null when there should be none. */
  expected: string | null
  git: Git
  url: string
}

/** One branch, fast-forward only. Throws the signal's reason. */
export async function pushBranch({ git, url, commit, branch, expected }: Pushing): Promise<PushAnswer> {
  try {
    // Without --porcelain, which says on standard output why a branch was refused.
    await git("push", "--quiet", "--no-verify", "--no-recurse-submodules", url, `${commit}:refs/heads/${branch}`)
    return { kind: "done" }
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error
    const head = await headAfter({ git, url, branch })
    // The answer was lost, not the push.
    if (head === commit) return { kind: "done" }
    if (head !== "unknown" && head !== expected) return { kind: "moved" }
    return { kind: "refused", words: error.said, transient: isTransient(error.said) }
  }
}

async function headAfter({ git, url, branch }: { git: Git; url: string; branch: string }): Promise<string | null> {
  try {
    return (await remoteHeads(git, url, [branch])).get(branch) ?? null
  } catch (error) {
    if (error instanceof GitFailed) return "unknown"
    throw error
  }
}

/** Whether git's words are about a remote that was away or busy for the moment. With a status, that decides: "RPC failed" says a 403 as well. */
export function isTransient(said: string): boolean {
  const [, status] = /returned error: (\d{3})/.exec(said) ?? []
  return status === undefined ? TRANSIENT.test(said) : /^(?:408|429|5\d\d)$/.test(status)
}
const TRANSIENT =
  /Could not resolve host|Failed to connect|Connection (?:refused|timed out|reset)|RPC failed|early EOF|unexpected disconnect|hung up|Empty reply/i
