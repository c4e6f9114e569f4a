import type { Octokit } from "@octokit/rest"
import { ForgeRefused, refusal } from "./forge-refused.ts"
import { mergeBody } from "./pull-request-body.ts"

export interface PullRequestSpec {
  title: string
  body: string
  baseBranch: string
  /** The repository that the branch was pushed to: another one for a fork. */
  head: RepositoryName
  branch: string
  draft: boolean
  labels: readonly string[]
  reviewers: readonly string[]
  /** The ticket's pull request, when it has one. */
  existing?: number
}

export interface PullRequestDone {
  url: string
  number: number
  action: "created" | "updated"
  /** What the forge did not take of it (that it is a draft); the pull request itself stands. */
  complaints: readonly string[]
}

/** Words of a forge: one pull request of a branch is found or made. Throws ForgeRefused. */
export interface Forge {
  upsertPullRequest(spec: PullRequestSpec, signal: AbortSignal): Promise<PullRequestDone>
  /** Labels and reviewers; may be repeated. Answers what of them the forge did not take. */
  decorate(number: number, spec: PullRequestSpec, signal: AbortSignal): Promise<readonly string[]>
}

export interface GitHubOptions {
  apiUrl: string
  /** URL of the repository that gets the pull request. */
  repository: string
  token: string | null
  userAgent: string
  /** Milliseconds since 1970, for limits that end at a time of day. */
  now: () => number
}

export function gitHub({ apiUrl, repository, token, userAgent, now }: GitHubOptions): Forge {
  const target = repositoryName(repository)
  const auth = token === null ? {} : { auth: token }
  const callOf = async (spec: PullRequestSpec, signal: AbortSignal): Promise<Call> => {
    const { Octokit } = await import("@octokit/rest")
    const options = { baseUrl: apiUrl.replace(/\/+$/, ""), userAgent, ...auth, request: { signal }, log: SILENT }
    return { octokit: new Octokit(options), target, spec, asked: (request) => refusal(request, now) }
  }
  return {
    async upsertPullRequest(spec, signal) {
      const call = await callOf(spec, signal)
      const open = await findOpen(call)
      return open === null ? createOrFind(call) : update(call, open)
    },
    decorate: async (number, spec, signal) => decorate(await callOf(spec, signal), number),
  }
}

/** octokit prints refused requests by itself; who asked decides what is logged. */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

export interface RepositoryName {
  owner: string
  repo: string
}

/** `https://host/owner/repo(.git)` → its two names. Throws ForgeRefused when the URL names no repository. */
export function repositoryName(url: string): RepositoryName {
  const [owner, repo, ...rest] = new URL(url).pathname.split("/").filter((part) => part !== "")
  if (owner === undefined || repo === undefined || rest.length > 0) throw new ForgeRefused(0, `${url} is not the address of a repository.`)
  return { owner, repo: repo.replace(/\.git$/, "") }
}

/** GitHub's own API, or that of an Enterprise server beside the repository. */
export function apiUrlOf(repositoryUrl: string): string {
  const { protocol, host, hostname } = new URL(repositoryUrl)
  return hostname === "github.com" || hostname === "www.github.com" ? "https://api.github.com" : `${protocol}//${host}/api/v3`
}

interface Call {
  octokit: Octokit
  target: RepositoryName
  spec: PullRequestSpec
  /** Runs a request; throws ForgeRefused. */
  asked: <T>(request: () => Promise<T>) => Promise<T>
}

interface Open {
  number: number
  body: string | null
}

async function findOpen({ octokit, target, spec, asked }: Call): Promise<Open | null> {
  const { existing, head: own, branch, baseBranch } = spec
  const { data } = await asked(() =>
    octokit.pulls.list({ ...target, state: "open", head: `${own.owner}:${branch}`, base: baseBranch, per_page: 100 }),
  )
  // A forge that ignores the filter must not make us rewrite somebody else's pull request; nor must another fork of the owner.
  const found = data.find(({ head, base }) => head.ref === branch && base.ref === baseBranch && isRepository(head.repo, own))
  if (found !== undefined || existing === undefined) return found ?? null
  const known = await getOrNull(() => octokit.pulls.get({ ...target, pull_number: existing }), asked)
  if (known === null) return null
  const { state, head } = known.data
  return state === "open" && head.ref === branch && isRepository(head.repo, own) ? known.data : null
}

function isRepository(found: { full_name: string } | null, { owner, repo }: RepositoryName): boolean {
  return found?.full_name.toLowerCase() === `${owner}/${repo}`.toLowerCase()
}

/** A pull request that the forge does not know (deleted, or of a repository that has moved) is none. */
async function getOrNull<T>(request: () => Promise<T>, asked: Call["asked"]): Promise<T | null> {
  try {
    return await asked(request)
  } catch (error) {
    if (error instanceof ForgeRefused && error.status === 404) return null
    throw error
  }
}

/** What was just opened may not be listed yet: then the forge refuses a second one, and the list is asked again. */
async function createOrFind(call: Call): Promise<PullRequestDone> {
  try {
    return await create(call, call.spec.draft)
  } catch (error) {
    if (!(error instanceof ForgeRefused) || error.status !== 422) throw error
    if (call.spec.draft && /draft pull requests are not supported/i.test(error.message))
      return { ...(await create(call, false)), complaints: [`draft: ${error.message}`] }
    const open = /already exists/i.test(error.message) ? await findOpen(call) : null
    if (open === null) throw error
    return update(call, open)
  }
}

async function create({ octokit, target, spec, asked }: Call, draft: boolean): Promise<PullRequestDone> {
  const { owner, repo } = spec.head
  const same = owner.toLowerCase() === target.owner.toLowerCase()
  // A fork of the same owner is told from the repository by its name alone.
  const sibling = same && repo.toLowerCase() !== target.repo.toLowerCase() ? { head_repo: repo } : {}
  const { data } = await asked(() =>
    octokit.pulls.create({
      ...target,
      ...sibling,
      title: spec.title,
      body: mergeBody(null, spec.body),
      base: spec.baseBranch,
      head: same ? spec.branch : `${owner}:${spec.branch}`,
      draft,
    }),
  )
  return { ...whole(data), action: "created", complaints: [] }
}

/** The title stays: a person may have written a better one. So does what people wrote around our part of the text. */
async function update({ octokit, target, spec, asked }: Call, { number, body }: Open): Promise<PullRequestDone> {
  const { data } = await asked(() => octokit.pulls.update({ ...target, pull_number: number, body: mergeBody(body, spec.body) }))
  return { ...whole(data), action: "updated", complaints: [] }
}

/** octokit hands on as nothing an answer that was cut. */
function whole({ html_url: url, number }: { html_url?: string; number?: number }): { url: string; number: number } {
  if (typeof url !== "string" || typeof number !== "number") throw new ForgeRefused(0, "The forge's answer names no pull request.")
  return { url, number }
}

async function decorate(call: Call, number: number): Promise<string[]> {
  const { octokit, target, spec, asked } = call
  const complaints: string[] = []
  const attempt = async (what: string, request: () => Promise<unknown>) => {
    try {
      await asked(request)
    } catch (error) {
      if (!(error instanceof ForgeRefused) || isPassing(error)) throw error
      complaints.push(`${what}: ${error.message}`)
    }
  }
  if (spec.labels.length > 0)
    await attempt("labels", () => octokit.issues.addLabels({ ...target, issue_number: number, labels: [...spec.labels] }))
  // One by one: the forge refuses them all for the sake of one.
  for (const reviewer of spec.reviewers) {
    const [, team] = /^[^/]+\/(.+)$/.exec(reviewer) ?? []
    const who = team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] }
    await attempt(`reviewer ${reviewer}`, () => octokit.pulls.requestReviewers({ ...target, pull_number: number, ...who }))
  }
  return complaints
}

/** Whether the same request may well be answered a little later. */
export function isPassing({ status, waitMs }: ForgeRefused): boolean {
  return status === 0 || status >= 500 || waitMs !== null
}
