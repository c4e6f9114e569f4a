// A GitHub on one machine: git over HTTP, the REST API and the pull requests' pages on one loopback port.
import { randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { answerApi, apiToken } from "./forge-api.ts"
import type { Api } from "./forge-api.ts"
import { parsePullPage, pullPage } from "./forge-page.ts"
import { correctPull, pullSchema } from "./forge-pulls.ts"
import type { Pull } from "./forge-pulls.ts"
import { createReplay } from "./forge-replay.ts"
import { createRestRepository, startRest } from "./forge-rest.ts"
import type { Rest } from "./forge-rest.ts"
import { visibleRepository } from "./forge-state.ts"
import type { ForgeUser, Repository } from "./forge-state.ts"
import { basicToken, parseGitCall, refuseGit, serveGit } from "./git-server.ts"
import type { GitAccess, GitCall } from "./git-server.ts"
import { answerLfs, parseLfsCall, storeLfsObject } from "./lfs-server.ts"
import { git, gitText } from "./git.ts"
import { jsonReply, openServer } from "./http.ts"
import type { Incoming, Reply } from "./http.ts"

export type ForgeRequest = Readonly<{ method: string; path: string; status: number; login: string | null }>
/** `path` is matched against path and query: a string as a part of it. */
export type FaultMatch = Readonly<{ method?: string; path: string | RegExp }>
export type Fault = Readonly<{ status: number; times?: number; body?: string; headers?: Readonly<Record<string, string>> }>
/** What matches is done; then the connection is cut instead of an answer. */
export type Cut = Readonly<{ cut: true; times?: number }>

export type Hold = Readonly<{ arrived: Promise<void>; release: () => void }>

export type NewRepository = Readonly<{
  name: string
  files: Readonly<Record<string, string>>
  /** Logins for which the repository is not there (404). */
  protectedFrom?: readonly string[]
  /** Begins as that repository is now; `files` are not looked at. */
  forkOf?: string
}>

export type Forge = Readonly<{
  url: string
  apiUrl: string
  /** A private repository "owner/name" with the files as its first commit on main; one that is on disk already is kept. */
  createRepository(options: NewRepository): Promise<void>
  cloneUrl(name: string): string
  /** Path of the bare repository. */
  bare(name: string): string
  /** Content that Git LFS keeps for the repository; answers the pointer to it. */
  storeLarge(name: string, content: string): Promise<string>
  /** Runs git inside the bare repository and gives its trimmed output. */
  git(name: string, ...args: string[]): Promise<string>
  pullRequests(name: string): Promise<Pull[]>
  /** Every API and git request so far, in the order in which they were answered. */
  requests: readonly ForgeRequest[]
  /** The next matching API or git requests are answered so, before anything else looks at them. */
  fault(match: FaultMatch, fault: Fault | Cut): void
  /** The next matching request waits until it is released; then it is answered like the others. */
  hold(match: FaultMatch): Hold
  close(): Promise<void>
}>

export type ForgeOptions = Readonly<{
  folder: string
  port?: number
  users: readonly ForgeUser[]
  /** Organizations that repositories may be created in; emulate cannot add one later. */
  owners?: readonly string[]
}>

type PlannedHold = Readonly<{ match: FaultMatch; arrive: () => void; released: Promise<void> }>
type PlannedFault = { match: FaultMatch; fault: Fault | Cut; left: number }

export async function startForge({ folder, port = 0, users, owners = ["acme"] }: ForgeOptions): Promise<Forge> {
  const root = join(folder, "git")
  const server = await openServer(port)
  const rest = await startRest({ publicUrl: server.url, adminToken: randomBytes(16).toString("hex"), users, owners })
  const repositories = new Map<string, Repository>()
  const requests: ForgeRequest[] = []
  const faults: PlannedFault[] = []
  const held: PlannedHold[] = []
  const state = {
    root,
    users,
    repositories,
    rest,
    api: { url: server.url, apiUrl: `${server.url}/api/v3`, emulatorUrl: rest.url, repositories, users },
  }
  const find = (name: string) => {
    const repository = repositories.get(name)
    if (repository === undefined) throw new Error(`The forge has no repository ${name}.`)
    return repository
  }
  server.serve(async (incoming) => {
    const user = identify(incoming, users)
    await passHold(held, incoming)
    const fault = takeFault(faults, incoming)
    const reply =
      fault === "cut" ? { ...(await answer(state, incoming, user)), cut: true } : (fault ?? (await answer(state, incoming, user)))
    requests.push({
      method: incoming.method,
      path: incoming.url.pathname + incoming.url.search,
      status: reply.status,
      login: user?.login ?? null,
    })
    return reply
  })
  return {
    url: server.url,
    apiUrl: state.api.apiUrl,
    createRepository: (options) => createRepository(state, options),
    cloneUrl: (name) => `${server.url}/${name}.git`,
    bare: (name) => find(name).bare,
    storeLarge: (repository, content) => storeLfsObject({ folder: join(root, "lfs"), repository, content }),
    git: (name, ...args) => gitText(find(name).bare, ...args),
    pullRequests: (name) => listPulls(state, find(name)),
    requests,
    fault(match, fault) {
      faults.push({ match, fault, left: fault.times ?? 1 })
    },
    hold(match) {
      const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      held.push({ match, arrive: arrived.resolve, released: released.promise })
      return { arrived: arrived.promise, release: released.resolve }
    },
    async close() {
      await server.close()
      await rest.close()
    },
  }
}

type State = Readonly<{ root: string; users: readonly ForgeUser[]; repositories: Map<string, Repository>; rest: Rest; api: Api }>

async function createRepository({ root, users, repositories, rest: { octokit } }: State, options: NewRepository): Promise<void> {
  const { name, files, protectedFrom = [], forkOf = null } = options
  const bare = join(root, `${name}.git`)
  const parent = forkOf === null ? undefined : repositories.get(forkOf)?.bare
  if (!existsSync(bare)) await createBare(bare, files, parent)
  const seen = users.filter((user) => !protectedFrom.includes(user.login))
  const known = await createRestRepository({ octokit, name, users: seen, forkOf })
  const repository = { name, bare, protectedFrom, forkOf, replay: createReplay({ name, bare, octokit, known }) }
  await repository.replay.sync()
  repositories.set(name, repository)
}

async function createBare(bare: string, files: Readonly<Record<string, string>>, parent: string | undefined): Promise<void> {
  await mkdir(bare, { recursive: true })
  await git(bare, ["init", "--quiet", "--bare", "--initial-branch=main"])
  await git(bare, ["config", "http.receivepack", "true"])
  await git(bare, ["config", "receive.denyNonFastForwards", "true"])
  if (parent !== undefined) {
    await writeFile(join(bare, "objects/info/alternates"), `${join(parent, "objects")}\n`)
    await git(bare, ["update-ref", "refs/heads/main", await gitText(parent, "rev-parse", "refs/heads/main")])
    return
  }
  // A fixed author and date: the same files are the same commit in every run.
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`
  const changes = Object.entries(files).map(([path, content]) => `M 100644 inline ${path}\n${data(content)}`)
  const commit = `commit refs/heads/main\ncommitter Demo <demo@example.com> 1767225600 +0000\n${data("Initial commit\n")}${changes.join("")}\n`
  await git(bare, ["fast-import", "--quiet"], { input: commit })
}

function identify(incoming: Incoming, users: readonly ForgeUser[]): ForgeUser | null {
  const { authorization } = incoming.headers
  const token = incoming.url.pathname.startsWith("/api/") ? apiToken(authorization) : basicToken(authorization)
  return users.find((user) => user.token === token) ?? null
}

function matches({ method, path: wanted }: FaultMatch, incoming: Incoming): boolean {
  const path = incoming.url.pathname + incoming.url.search
  return (method ?? incoming.method) === incoming.method && (typeof wanted === "string" ? path.includes(wanted) : wanted.test(path))
}

async function passHold(held: PlannedHold[], incoming: Incoming): Promise<void> {
  const index = held.findIndex(({ match }) => matches(match, incoming))
  const [hold] = index < 0 ? [] : held.splice(index, 1)
  hold?.arrive()
  await hold?.released
}

function takeFault(faults: readonly PlannedFault[], incoming: Incoming): Reply | "cut" | null {
  const planned = faults.find(({ match, left }) => left > 0 && matches(match, incoming))
  if (planned === undefined) return null
  planned.left -= 1
  if ("cut" in planned.fault) return "cut"
  const { status, body, headers } = planned.fault
  return {
    ...jsonReply(status, { message: `Injected ${status}` }),
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  }
}

async function answer(state: State, incoming: Incoming, user: ForgeUser | null): Promise<Reply> {
  const { pathname } = incoming.url
  if (pathname.startsWith("/api/v3/")) return answerApi(state.api, incoming, user)
  const large = parseLfsCall(incoming.url)
  if (large !== null)
    return answerLfs({ large, incoming, ...accessOf(state, large.repository, user), folder: join(state.root, "lfs"), url: state.api.url })
  const call = parseGitCall(incoming.url)
  if (call !== null) return answerGit(state, call, incoming, user)
  const page = incoming.method === "GET" ? parsePullPage(pathname) : null
  const repository = page === null ? undefined : state.repositories.get(page.name)
  const pulls = repository === undefined ? [] : await listPulls(state, repository)
  const pull = pulls.find((candidate) => candidate.number === page?.number)
  if (repository !== undefined && pull !== undefined) return pullPage(repository, pull)
  return { status: 404, headers: { "content-type": "text/plain" }, body: "Not Found\n" }
}

function accessOf(
  { repositories }: State,
  name: string,
  user: ForgeUser | null,
): { repository: Repository | null; access: GitAccess; login: string | null } {
  const repository = user === null ? null : visibleRepository(repositories, name, user)
  const access = user === null ? "anonymous" : repository === null ? "unknown" : user.access
  return { repository, access, login: user?.login ?? null }
}

async function answerGit(state: State, call: GitCall, incoming: Incoming, user: ForgeUser | null): Promise<Reply> {
  const { repository, access, login } = accessOf(state, call.repository, user)
  const refusal = refuseGit(call, access, login)
  if (refusal !== null || repository === null || user === null) return refusal ?? { status: 404 }
  const reply = await serveGit({ root: state.root, call, incoming, login: user.login })
  // The pusher's next request may already open a pull request for what was pushed.
  if (call.action === "git-receive-pack") await repository.replay.sync()
  return reply
}

async function listPulls(
  { rest: { octokit }, repositories }: Pick<State, "rest" | "repositories">,
  repository: Repository,
): Promise<Pull[]> {
  const [owner = "", repo = ""] = repository.name.split("/")
  const answer = await octokit.pulls.list({ owner, repo, state: "all", per_page: 100 })
  return Promise.all(answer.data.map((pull) => correctPull(repositories, repository, pullSchema.parse(pull))))
}
