// GitHub's REST API as GitHub Enterprise serves it (/api/v3): a strict proxy before emulate, which accepts any token,
// missing branches and duplicate pull requests.
import { z } from "zod"
import { bringHomeMerge, correctPull, pullSchema, refuseMerge, refuseNewPull, refuseReviewers } from "./forge-pulls.ts"
import type { Pull } from "./forge-pulls.ts"
import { visibleRepository } from "./forge-state.ts"
import type { ForgeUser, Repository } from "./forge-state.ts"
import { jsonReply } from "./http.ts"
import type { Incoming, Reply } from "./http.ts"

export type Api = Readonly<{
  url: string
  apiUrl: string
  emulatorUrl: string
  repositories: ReadonlyMap<string, Repository>
  users: readonly ForgeUser[]
}>

type Call = Readonly<{ api: Api; user: ForgeUser; method: string; path: string; search: string; body: Buffer }>

export function apiToken(authorization: string | undefined): string | null {
  const [, token] = /^(?:bearer|token) (\S+)$/i.exec(authorization ?? "") ?? []
  return token ?? null
}

/** Answers one API request. `user` is null when the token is missing or nobody's. */
export async function answerApi(api: Api, incoming: Incoming, user: ForgeUser | null): Promise<Reply> {
  if (user === null) return told(401, apiToken(incoming.headers.authorization) === null ? "Requires authentication" : "Bad credentials")
  const { method, url, body } = incoming
  const call = { api, user, method, path: url.pathname.replace(/^\/api\/v3/, ""), search: url.search, body }
  const [, owner, repo, rest = ""] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(call.path) ?? []
  if (owner === undefined || repo === undefined) return forward(call)
  const repository = visibleRepository(api.repositories, `${owner}/${repo}`, user)
  if (repository === null) return told(404, "Not Found")
  if (method !== "GET" && method !== "HEAD" && user.access === "read") return told(403, "Resource not accessible by personal access token")
  if (beyondTheStandIn(method, rest)) return told(501, `The forge stand-in does not do ${method} ${rest}.`)
  // A fork's commits are looked for by its pull requests here.
  for (const known of api.repositories.values()) if (known === repository || known.forkOf === repository.name) await known.replay.sync()
  return answerPulls(call, repository, rest)
}

function told(status: number, message: string): Reply {
  return jsonReply(status, { message, documentation_url: "https://docs.github.com/rest", status: String(status) })
}

/** Calls that emulate would answer with made-up files, or whose effect would never reach the bare repository. */
function beyondTheStandIn(method: string, rest: string): boolean {
  if (/^\/pulls\/\d+\/(files|commits)$/.test(rest)) return true
  if (method === "GET" || method === "HEAD") return false
  return (
    /^\/(git|contents|merges|forks|transfer)(\/|$)/.test(rest) ||
    /^\/pulls\/\d+\/update-branch$/.test(rest) ||
    (method === "DELETE" && rest === "")
  )
}

async function answerPulls(call: Call, repository: Repository, rest: string): Promise<Reply> {
  if (call.method === "POST" && rest === "/pulls") {
    const open = await listOpen(call, repository)
    const { repositories } = call.api
    const refusal = await refuseNewPull({ repositories, repository, input: parseJson(call.body), open })
    if (refusal !== null) return refusal
  }
  if (call.method === "POST" && /^\/pulls\/\d+\/requested_reviewers$/.test(rest)) {
    const members = call.api.users.map(({ login }) => login).filter((login) => !repository.protectedFrom.includes(login))
    const refusal = refuseReviewers(repository, parseJson(call.body), { author: call.user.login, members })
    if (refusal !== null) return refusal
  }
  const [, number] = /^\/pulls\/(\d+)\/merge$/.exec(rest) ?? []
  if (call.method === "PUT" && number !== undefined) return merge(call, repository, number)
  const reply = await forward(call)
  return reply.status < 300 && /^\/pulls(\/\d+)?$/.test(rest) ? correct(call.api, repository, reply) : reply
}

async function correct({ repositories }: Api, repository: Repository, reply: Reply): Promise<Reply> {
  const content = z.union([pullSchema, z.array(pullSchema)]).parse(JSON.parse(String(reply.body)))
  const fix = (pull: Pull) => correctPull(repositories, repository, pull)
  const corrected = Array.isArray(content) ? await Promise.all(content.map(fix)) : await fix(content)
  return { ...reply, body: JSON.stringify(corrected) }
}

async function listOpen(call: Call, repository: Repository): Promise<Pull[]> {
  const path = `/repos/${repository.name}/pulls`
  const reply = await forward({ ...call, method: "GET", path, search: "?state=open&per_page=100", body: Buffer.alloc(0) })
  return z.array(pullSchema).parse(JSON.parse(String(reply.body)))
}

async function merge(call: Call, repository: Repository, number: string): Promise<Reply> {
  const read = (path: string) =>
    forward({ ...call, method: "GET", path: `/repos/${repository.name}${path}`, search: "", body: Buffer.alloc(0) })
  const found = await read(`/pulls/${number}`)
  if (found.status !== 200) return found
  const pull = pullSchema.parse(JSON.parse(String(found.body)))
  const refusal = pull.state === "open" ? await refuseMerge(repository, pull) : null
  if (refusal !== null) return refusal
  const reply = await forward(call)
  if (reply.status !== 200) return reply
  const { sha } = z.looseObject({ sha: z.string() }).parse(JSON.parse(String(reply.body)))
  await bringHomeMerge(repository, pull.base.ref, JSON.parse(String((await read(`/git/commits/${sha}`)).body)))
  return reply
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    // Not JSON has no fields; the rules then name the first one that is missing, as GitHub's 422 does.
    return {}
  }
}

async function forward({ api, user, method, path, search, body }: Call): Promise<Reply> {
  const carriesBody = method !== "GET" && method !== "HEAD"
  const response = await fetch(`${api.emulatorUrl}${path}${search}`, {
    method,
    headers: { authorization: `Bearer ${user.token}`, ...(carriesBody ? { "content-type": "application/json" } : {}) },
    // GitHub takes an empty body where all fields are optional, emulate wants an object.
    ...(carriesBody ? { body: body.length > 0 ? body.toString() : "{}" } : {}),
    redirect: "manual",
  })
  const headers: Record<string, string> = {}
  for (const [name, value] of response.headers) {
    if (/^(content-type|location|x-ratelimit-.*)$/.test(name)) headers[name] = value
    if (name === "link") headers[name] = value.replaceAll(`${api.emulatorUrl}/`, `${api.apiUrl}/`)
  }
  return { status: response.status, headers, body: enterpriseUrls(api, await response.text()) }
}

/** emulate has one root for pages and API; GitHub Enterprise serves the API below /api/v3 of the same host. */
function enterpriseUrls({ url, apiUrl }: Api, body: string): string {
  return body.replaceAll(new RegExp(`"${url}/(repos|users|orgs|teams|repositories|user|app)(?=[/"])`, "g"), `"${apiUrl}/$1`)
}
