import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { GitFailed } from "./git.ts"

const execute = promisify(execFile)

/** What git printed is more than anybody wants to hold. */
export class TooMuch extends Error {}

/** Runs one git command on files of this machine and answers what it printed. Throws GitFailed, TooMuch, or the signal's reason. */
export type LocalGit = (args: readonly string[], more?: { input?: string; limitBytes?: number }) => Promise<Buffer>

export interface LocalGitOptions {
  gitDirectory: string
  workTree: string
  /** An empty folder of ours as HOME. */
  own: string
  path: string
  signal: AbortSignal
  index?: string
  /** Folder of objects to read besides its own. */
  alsoObjects?: string
  /** Further settings, or others. */
  settings?: Readonly<Record<string, string>>
}

const PRINTED_BYTES = 64 * 1024 * 1024

/**
 * git without a remote and without a secret, for trees that somebody else writes meanwhile. The settings stand in its
 * arguments, where no file wins over them: no hooks, no file watchers, no transports, no attributes or excludes from elsewhere.
 */
export function localGit({ gitDirectory, workTree, own, path, signal, index, alsoObjects, settings = {} }: LocalGitOptions): LocalGit {
  const env = {
    PATH: path,
    HOME: own,
    LC_ALL: "C",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_DIR: gitDirectory,
    GIT_WORK_TREE: workTree,
    ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
    ...(alsoObjects === undefined ? {} : { GIT_ALTERNATE_OBJECT_DIRECTORIES: alsoObjects }),
  }
  const given = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  return async (args, { input = "", limitBytes = PRINTED_BYTES } = {}) => {
    signal.throwIfAborted()
    const options = { cwd: workTree, env, signal, killSignal: "SIGKILL", encoding: "buffer", maxBuffer: limitBytes } as const
    const running = execute("git", [...given, ...args], options)
    // One that ends without reading breaks the pipe; its exit code says what happened.
    running.child.stdin?.on("error", () => {})
    running.child.stdin?.end(input)
    try {
      return (await running).stdout
    } catch (error) {
      signal.throwIfAborted()
      throw reasonOf(error, args)
    }
  }
}

const SETTINGS = {
  "core.hooksPath": "/dev/null",
  "core.fsmonitor": "false",
  "core.untrackedCache": "false",
  "core.attributesFile": "/dev/null",
  "core.excludesFile": "/dev/null",
  "core.autocrlf": "false",
  "core.safecrlf": "false",
  "protocol.allow": "never",
  "submodule.recurse": "false",
  "diff.ignoreSubmodules": "all",
  "commit.gpgSign": "false",
  "gc.auto": "0",
  "user.name": "Viberator",
  "user.email": "viberator@viberglass.invalid",
}

function reasonOf(error: unknown, [command = ""]: readonly string[]): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return new TooMuch(`git ${command} printed too much.`)
  if (typeof error.code !== "number") return error
  return new GitFailed(error.code, "stderr" in error ? String(error.stderr).trim() : error.message)
}
