// Git over smart HTTP: `git http-backend` behind the answers that GitHub gives before git is asked at all.
import { spawn } from "node:child_process"
import { gitEnvironment } from "./git.ts"
import type { Incoming, Reply } from "./http.ts"

export type GitCall = Readonly<{ repository: string; action: string; write: boolean }>

/** What the caller may do with the repository; `unknown` is also the answer for one that the caller must not see. */
export type GitAccess = "anonymous" | "unknown" | "read" | "write"

/** Recognises the three addresses that a smart client uses; anything else is not a git request. */
export function parseGitCall(url: URL): GitCall | null {
  const found = /^\/([\w.-]+\/[\w.-]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(url.pathname)
  const [, repository, action] = found ?? []
  if (repository === undefined || action === undefined) return null
  const service = action === "info/refs" ? url.searchParams.get("service") : action
  if (service !== "git-upload-pack" && service !== "git-receive-pack") return null
  return { repository, action, write: service === "git-receive-pack" }
}

/** The login of a git client: user `x-access-token` and a token as the password, as installations and CI use it. */
export function basicToken(authorization: string | undefined): string | null {
  const [, encoded] = /^Basic (.+)$/i.exec(authorization ?? "") ?? []
  if (encoded === undefined) return null
  const [, token] = /^x-access-token:(.+)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? []
  return token ?? null
}

/** The refusal for this caller, or null when git itself may answer. */
export function refuseGit(call: GitCall, access: GitAccess, login: string | null): Reply | null {
  if (access === "anonymous")
    return {
      ...said(401, "Invalid username or token. Password authentication is not supported for Git operations."),
      headers: basicChallenge,
    }
  if (access === "unknown") return said(404, "Repository not found.")
  if (call.write && access === "read") return said(403, `Permission to ${call.repository}.git denied to ${login}.`)
  return null
}

// text/plain is what makes the git client show the sentence as "remote: …".
const plain = { "content-type": "text/plain; charset=utf-8" } as const
const basicChallenge = { ...plain, "www-authenticate": 'Basic realm="GitHub"' } as const

function said(status: number, sentence: string): Reply {
  return { status, headers: plain, body: `${sentence}\n` }
}

/** Lets `git http-backend` answer. Throws when it could not run or did not speak CGI. */
export async function serveGit({
  root,
  call,
  incoming,
  login,
}: {
  root: string
  call: GitCall
  incoming: Incoming
  login: string
}): Promise<Reply> {
  const header = (name: string) => String(incoming.headers[name] ?? "")
  const answer = await runBackend(incoming.body, {
    ...gitEnvironment,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${call.repository}.git/${call.action}`,
    QUERY_STRING: incoming.url.search.slice(1),
    REQUEST_METHOD: incoming.method,
    CONTENT_TYPE: header("content-type"),
    CONTENT_LENGTH: incoming.method === "POST" ? String(incoming.body.length) : "",
    HTTP_CONTENT_ENCODING: header("content-encoding"),
    HTTP_GIT_PROTOCOL: header("git-protocol"),
    REMOTE_USER: login,
    REMOTE_ADDR: "127.0.0.1",
  })
  return parseCgi(answer)
}

function runBackend(body: Buffer, env: Readonly<Record<string, string>>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "pipe"] })
    const out: Buffer[] = []
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk))
    child.stderr.resume()
    child.on("error", reject)
    // A refused push ends with an exit code of its own and still carries the answer for the client.
    child.on("close", () => resolve(Buffer.concat(out)))
    child.stdin.on("error", () => child.stdin.destroy())
    child.stdin.end(body)
  })
}

function parseCgi(answer: Buffer): Reply {
  const end = answer.indexOf("\r\n\r\n")
  if (end < 0) throw new Error("git http-backend gave no answer.")
  const headers: Record<string, string> = {}
  let status = 200
  for (const line of answer.subarray(0, end).toString().split("\r\n")) {
    const [, name = "", value = ""] = /^([^:]+): ?(.*)$/.exec(line) ?? []
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10)
    else headers[name.toLowerCase()] = value
  }
  return { status, headers, body: answer.subarray(end + 4) }
}
