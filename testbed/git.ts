import { spawn } from "node:child_process"

type GitOptions = Readonly<{ input?: string | Buffer; env?: Readonly<Record<string, string>> }>

/** The machine's own configuration (hooks, credential helpers, signing) must not decide what the forge does. */
export const gitEnvironment = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
} as const

/** Runs git in a folder and gives its standard output; a non-zero exit is an error with what git said. */
export function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: folder, env: { ...gitEnvironment, ...options.env } })
    const out: Buffer[] = []
    const said: Buffer[] = []
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk))
    child.on("error", reject)
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out))
      else reject(new Error(`git ${args.join(" ")} exited with ${code}: ${Buffer.concat(said).toString().trim()}`))
    })
    // git may exit before it has read everything; its exit code then says what happened, the broken pipe says nothing.
    child.stdin.on("error", () => child.stdin.destroy())
    child.stdin.end(options.input)
  })
}

export async function gitText(folder: string, ...args: string[]): Promise<string> {
  return (await git(folder, args)).toString().trim()
}
