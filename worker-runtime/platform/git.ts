import { chmod, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { GitError, simpleGit } from "simple-git"

/** git ended with another code than 0; `said` is its standard error, and its output where that is empty. */
export class GitFailed extends GitError {
  readonly exitCode: number
  readonly said: string
  constructor(exitCode: number, said: string) {
    // simple-git hands on its own kind of error and turns every other into text.
    super(undefined, said)
    this.exitCode = exitCode
    this.said = said
  }
}

/** Runs one git command and answers its output. Throws GitFailed, or the signal's reason. */
export type Git = (...args: string[]) => Promise<string>

export interface GitOptions {
  directory: string
  /** An empty folder of ours as HOME, where the askpass helper lies. */
  own: string
  path: string
  signal: AbortSignal
  /** The remote that the token is for, and the token. Only these processes have it, in their environment. */
  access?: { url: string; token: string | null }
  /** A git directory of ours with a work tree that somebody else wrote. */
  separate?: { gitDirectory: string; workTree: string }
}

/**
 * git that knows no configuration but the repository's own: no global or system file, no hooks from templates, no
 * question on a terminal. Credentials come from the askpass helper and are in no URL, file or argument.
 */
export async function openGit({ directory, own, path, signal, access, separate }: GitOptions): Promise<Git> {
  const env: Record<string, string> = {
    PATH: path,
    HOME: own,
    LC_ALL: "C",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: await askpass(own),
    // Above every configuration: no command, no ssh, no path of this machine is ever a remote.
    GIT_ALLOW_PROTOCOL: access === undefined ? "none" : new URL(gitUrl(access.url)).protocol.slice(0, -1),
    ...(access?.token ? { VIBERATOR_GIT_TOKEN: access.token, ...originOf(access.url) } : {}),
    ...(separate ? { GIT_DIR: separate.gitDirectory, GIT_WORK_TREE: separate.workTree } : {}),
  }
  const git = simpleGit({
    baseDir: directory,
    abort: signal,
    maxConcurrentProcesses: 1,
    allowEnvironment: Object.keys(env).filter((name) => name.startsWith("GIT_")),
    // These guard against values from outside; ours are constants and files that we wrote.
    unsafe: { allowUnsafeAskPass: true, allowUnsafeConfigPaths: true, allowUnsafeTemplateDir: true },
    errors: (error, { exitCode, stdErr, stdOut }) => {
      if (exitCode === 0) return error
      const said = Buffer.concat(stdErr).toString().trim() || Buffer.concat(stdOut).toString().trim()
      return new GitFailed(exitCode, said)
    },
  }).env(env)
  return async (...args) => {
    signal.throwIfAborted()
    try {
      return await git.raw(args)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }
}

/**
 * The address as git must be given it: its questions repeat the host as written, and the askpass helper compares it with
 * the normalised one (lower case, no default port).
 */
export function gitUrl(url: string): string {
  return new URL(url).href
}

function originOf(url: string): Record<string, string> {
  const { protocol, host } = new URL(gitUrl(url))
  return { VIBERATOR_GIT_SCHEME: protocol, VIBERATOR_GIT_HOST: host }
}

/**
 * Answers the two questions of git (`Username for 'https://host': `) and of git-lfs (`Username for "https://host"`) from the
 * environment, and only for scheme and host that the token is for: a redirect or a submodule elsewhere gets nothing.
 */
const ASKPASS = `#!/bin/sh
[ -n "$VIBERATOR_GIT_TOKEN" ] || exit 1
asked=\${1#* for }
asked=\${asked%: }
asked=\${asked#[\\'\\"]}
case "\${asked%[\\'\\"]}" in
  "$VIBERATOR_GIT_SCHEME//$VIBERATOR_GIT_HOST" | "$VIBERATOR_GIT_SCHEME//x-access-token@$VIBERATOR_GIT_HOST") ;;
  *) exit 1 ;;
esac
case "$1" in
  Username*) echo x-access-token ;;
  *) printf '%s\\n' "$VIBERATOR_GIT_TOKEN" ;;
esac
`

async function askpass(own: string): Promise<string> {
  const file = join(own, "askpass.sh")
  await writeFile(file, ASKPASS, { mode: 0o700 })
  await chmod(file, 0o700)
  return file
}

export type RemoteTrouble = "auth" | "not-found" | "network" | "branch"

/** What kept git from a remote, read from its own words (in the C locale). */
export function remoteTrouble(said: string): RemoteTrouble {
  if (/Remote branch .* not found|couldn't find remote ref/i.test(said)) return "branch"
  if (
    /Authentication failed|could not read (Username|Password)|Invalid username or|Access denied|returned error: 40[13]|Permission to .* denied/i.test(
      said,
    )
  )
    return "auth"
  if (
    /Repository not found|repository .* not found|not our ref|did not contain |returned error: 404|does not (exist|appear to be a git repository)|not valid: is this a git repository/i.test(
      said,
    )
  )
    return "not-found"
  return "network"
}

/** Heads of the named branches on the remote; a branch that is not there is not in the map. */
export async function remoteHeads(git: Git, url: string, branches: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const refs = branches.map((branch) => `refs/heads/${branch}`)
  const listing = await git("ls-remote", "--quiet", url, ...refs)
  const heads = new Map<string, string>()
  for (const line of listing.split("\n")) {
    const [sha = "", ref = ""] = line.split("\t")
    const branch = branches.find((name) => ref === `refs/heads/${name}`)
    if (branch !== undefined) heads.set(branch, sha)
  }
  return heads
}
